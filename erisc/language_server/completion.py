"""What may be written here: keywords from the parser's own tables, names by what is due, units, fields, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lsprotocol import types

from erisc.base.record import record
from erisc.compiler.functions import describe, names
from erisc.compiler.kpis import TYPES as KPI_TYPES
from erisc.compiler.slos import SEVERITIES
from erisc.compiler.syntax import parser
from erisc.language_server.analysis import Analysis
from erisc.reference.fields import FIELDS, SELECTORS
from erisc.reference.library import entries, module_names

Kind = types.CompletionItemKind

_UNIT = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?[ \t]*([^\W\d][\w/]*|%)?$")
_WORD = re.compile(r"\w*\Z")
_IMPORT = re.compile(r"import\s+(std\.[\w.]*)$")
_IMPORT_NAMES = re.compile(r"import\s+(std\.[\w.]+)\s*\{[\w\s,]*$")
_MEMBER = re.compile(r"\b([^\W\d]\w*)(?:\[[^\[\]]*\])*\.\w*$")
_FILTER = re.compile(r"\b([^\W\d]\w*)(?:\.\w+)?\[(?:[^\[\]]*,)?\s*\w*$")
_WINDOW = re.compile(r"\b(?:during|before|after|between(?:\s+[\w.]+\s+and)?)\s+[\w.]*$")
_LIST = re.compile(r"\b(use|check|sweep|with|extends|on|of|severity|run|do|then|together\s*\{)\s+(?:[\w]+\s*,\s*)*\w*$")


@record
class Suggestion:
    """One thing that may be written. insert: what is put in, "" for the label itself."""

    label: str
    kind: Kind
    detail: str = ""
    doc: str = ""


def complete(analysis: Analysis, offset: int) -> list[Suggestion]:
    """Suggestions at a place, those that fit best first; none inside of comments and strings."""
    text = analysis.source.text[:offset]
    line = text[text.rfind("\n") + 1 :]
    if _in_comment_or_string(line):
        return []
    word = _WORD.search(text)
    cut = word.start() if word else offset
    unit = _UNIT.search(line)
    if unit:
        return list(_units())
    expected = set(_expected(text[:cut]))
    found = [*_names(analysis, text, _statement(text), "NAME" in expected), *_keywords(text[:cut], expected)]
    return list({one.label: one for one in reversed(found)}.values())[::-1]


def _in_comment_or_string(line: str) -> bool:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
    return "//" in bare or '"' in bare


def _statement(text: str) -> str:
    """The statement around the end of the text, from its keyword in column one."""
    starts = [match.start() for match in re.finditer(rf"^(?:{'|'.join(parser().tables.statements)})\b", text, re.M)]
    return text[starts[-1] :] if starts else text


# --- by the parser ----------------------------------------------------------------------------------------------------


def _expected(text: str) -> tuple[str, ...]:
    """The terminals that may come next, by what the parser says to one that may not."""
    for probe in ("]", ")", "->", ".."):
        _, problems = parser().parse(f"{text} {probe}")
        for problem in problems:
            if problem.start == len(text) + 1 and problem.expected:
                return problem.expected
    return ()


def _keywords(text: str, expected: set[str]) -> Iterator[Suggestion]:
    """Those that begin a statement stand in column one."""
    tables = parser().tables
    column_one = not text or text.endswith("\n")
    for word, terminal in tables.words.items():
        if terminal in expected and (word not in tables.statements or column_one):
            yield Suggestion(word, Kind.Keyword)


# --- by what stands before --------------------------------------------------------------------------------------------


def _names(analysis: Analysis, text: str, statement: str, due: bool) -> Iterator[Suggestion]:
    """due: whether the parser would take a name here."""
    line = text[text.rfind("\n") + 1 :]
    for pattern, suggest in _CONTEXTS:
        match = pattern.search(statement if pattern is _IMPORT_NAMES else line)
        if match:
            yield from suggest(analysis, match, statement)
            return
    if due:
        yield from _values(analysis, statement, line)


def _modules(analysis: Analysis, match: re.Match[str], statement: str) -> Iterator[Suggestion]:
    before = match[1].rpartition(".")[0]
    for name in module_names():
        if name.startswith(f"{before}.") and name not in ("std.tables", "std.events", "std.sources"):
            yield Suggestion(name.removeprefix(f"{before}.").split(".")[0], Kind.Module, name)


def _module_names(analysis: Analysis, match: re.Match[str], statement: str) -> Iterator[Suggestion]:
    if match[1] in module_names():
        for entry in entries(match[1]):
            yield Suggestion(entry.name, Kind.Function, entry.head, entry.doc)


def _windows(analysis: Analysis, match: re.Match[str], statement: str) -> Iterator[Suggestion]:
    path = match[0].split()[-1] if not match[0].endswith((" ", "\t")) else ""
    workload, dot, _ = path.partition(".")
    for name, stage in _stages(analysis):
        if dot and name == workload:
            yield Suggestion(stage, Kind.Event, f"stage of {name}")
        elif not dot:
            yield Suggestion(f"{name}.{stage}", Kind.Event, f"stage of {name}")
    if not dot:
        yield from (Suggestion(name, Kind.Event, "fault") for name in _faults(analysis))


def _members(analysis: Analysis, match: re.Match[str], statement: str) -> Iterator[Suggestion]:
    name = match[1]
    names_ = analysis.program.names
    if name in names_["workload"] or name in names_["table"]:
        yield from _columns(analysis, "iterations" if name in names_["workload"] else name)
        if name in names_["workload"]:
            yield Suggestion("rate", Kind.Field, "rate", "successful iterations per second")
    elif name in names_["topology"]:
        items = names_["topology"][name].node.items
        yield from (Suggestion(item.name.text, Kind.Field) for item in items if hasattr(item, "name"))
    elif name == "images" and "std.images" in module_names():
        yield from (Suggestion(entry.name, Kind.Constant, entry.head, entry.doc) for entry in entries("std.images"))


def _filters(analysis: Analysis, match: re.Match[str], statement: str) -> Iterator[Suggestion]:
    names_ = analysis.program.names
    if match[1] in names_["workload"] or match[1] in names_["table"]:
        yield from _columns(analysis, "iterations" if match[1] in names_["workload"] else match[1])


def _is_allowance(statement: str) -> bool:
    return " at most " in statement.rpartition("\n")[2]


def _after_word(analysis: Analysis, match: re.Match[str], statement: str) -> Iterator[Suggestion]:
    word, kind = match[1].split()[0], statement.split(None, 1)[0] if statement.split() else ""
    if word == "severity":
        yield from (Suggestion(level, Kind.EnumMember) for level in SEVERITIES)
    elif word == "on" and kind == "faults" and "{" in statement:
        yield from (Suggestion(name, Kind.Function, form, what) for name, (form, what) in SELECTORS.items())
        yield from _parts(analysis, "node")
    elif (word == "on" and kind == "architecture") or (word == "of" and kind == "faults" and _is_allowance(statement)):
        yield from _parts(analysis, "node")
    elif word in ("do", "then", "together"):
        yield from _top(analysis, "action")
    elif word == "run" and kind == "suite":
        yield from _top(analysis, "experiment", "limit")
    else:
        yield from _top(analysis, *_DUE[word])


_DUE = {
    "use": ("architecture", "topology", "workload", "mix", "faults", "metric"),
    "check": ("slo",),
    "sweep": ("param",),
    "with": ("workload", "mix"),
    "extends": ("architecture",),
    "on": ("architecture",),
    "of": ("workload",),
    "run": ("load",),
}

_CONTEXTS = (
    (_IMPORT, _modules),
    (_IMPORT_NAMES, _module_names),
    (_WINDOW, _windows),
    (_MEMBER, _members),
    (_FILTER, _filters),
    (_LIST, _after_word),
)


def _values(analysis: Analysis, statement: str, line: str) -> Iterator[Suggestion]:
    """Where a value or a field is due."""
    kind = statement.split(None, 1)[0] if statement.split() else ""
    if re.search(r"^\s*(?:param|kpi|metric)\s+\w+\s*:\s*\w*$", line):
        known = KPI_TYPES if kind == "kpi" else parser().tables.units["types"]
        yield from (Suggestion(name, Kind.TypeParameter, "type") for name in known)
        return
    if kind == "kpi":
        yield from _formula(analysis)
    elif kind == "slo":
        yield from _top(analysis, "kpi", "param")
    elif kind == "faults" and re.search(r"\bdo\b[^\n]*\(\s*\w*$", line):
        yield from _parts(analysis, "service")
        yield from _parts(analysis, "node")
    elif kind == "faults" and re.search(r"\bwhen\s+\w*$", line):
        yield from _top(analysis, "event")
    else:
        yield from _fields(statement)
        yield from (
            _top(analysis, "param")
            if re.search(r"[=+\-*/(,]\s*\w*$|\b(?:for|at|every|over|from|until)\s+\w*$", line)
            else ()
        )


def _formula(analysis: Analysis) -> Iterator[Suggestion]:
    for name in names():
        signature, _, doc = describe(name).partition("\n")
        yield Suggestion(name, Kind.Function, signature, doc)
    yield from _top(analysis, "workload", "table", "metric", "kpi", "param")


def _fields(statement: str) -> Iterator[Suggestion]:
    """The fields of the block that is open at the end of the statement."""
    depth, opened = 0, -1
    for index in range(len(statement) - 1, -1, -1):
        depth += {"}": 1, "{": -1}.get(statement[index], 0)
        if depth < 0:
            opened = index
            break
    words = statement[statement.rfind("\n", 0, opened) + 1 : opened].split() if opened >= 0 else []
    kind = statement.split(None, 1)[0] if statement.split() else ""
    block = next((w for w in words if w in ("node", "service", "network", "router", "server", "image")), "")
    for name, (type_, meaning) in FIELDS.get(f"{kind} {block}", FIELDS.get(block, {})).items():
        yield Suggestion(name, Kind.Property, type_, meaning)


# --- things -----------------------------------------------------------------------------------------------------------


def _top(analysis: Analysis, *kinds: str) -> Iterator[Suggestion]:
    for kind in kinds:
        for name, declared in analysis.program.names[kind].items():
            yield Suggestion(name, _KINDS.get(kind, Kind.Variable), _head(kind, declared.node, declared.source.text))


def _head(kind: str, node: object, text: str) -> str:
    written = text[node.start : node.end]  # type: ignore[attr-defined]
    return " ".join(written.split("{")[0].split("\n")[0].split())[:120] or kind


_KINDS = {
    "param": Kind.Variable,
    "workload": Kind.Class,
    "mix": Kind.Class,
    "table": Kind.Struct,
    "kpi": Kind.Value,
    "slo": Kind.Value,
    "action": Kind.Function,
    "load": Kind.Function,
    "event": Kind.Function,
    "architecture": Kind.Module,
    "topology": Kind.Module,
    "faults": Kind.Module,
    "experiment": Kind.Module,
}


def _columns(analysis: Analysis, table: str) -> Iterator[Suggestion]:
    declared = analysis.program.names["table"].get(table)
    for column in declared.node.columns if declared else ():
        yield Suggestion(column.name.text, Kind.Field, column.type.text)


def _parts(analysis: Analysis, what: str) -> Iterator[Suggestion]:
    seen: set[str] = set()
    for declared in analysis.program.names["architecture"].values():
        for item in declared.node.items:
            is_service = hasattr(item, "on")
            if (what == "service") == is_service and item.name.text not in seen and not _is_link(item):
                seen.add(item.name.text)
                yield Suggestion(item.name.text, Kind.Class if what == "service" else Kind.Struct, what)


def _is_link(item: object) -> bool:
    return type(item).__name__ == "Link"


def _stages(analysis: Analysis) -> Iterable[tuple[str, str]]:
    names_ = analysis.program.names
    for name, declared in (*names_["workload"].items(), *names_["mix"].items()):
        for item in declared.node.stages:
            if item.name is not None:
                yield name, item.name.text


def _faults(analysis: Analysis) -> Iterable[str]:
    return [item.name.text for one in analysis.program.names["faults"].values() for item in one.node.items]


def _units() -> Iterator[Suggestion]:
    for unit, entry in parser().tables.units["units"].items():
        yield Suggestion(unit, Kind.Unit, entry["type"])
