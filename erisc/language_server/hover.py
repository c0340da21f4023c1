"""What an editor shows about the thing under the pointer: its declaration, type, unit, value and comment."""

from __future__ import annotations

import json
import re

from erisc.base.home import data_file
from erisc.compiler.chance import DISTRIBUTIONS
from erisc.compiler.functions import describe
from erisc.compiler.mixes import parts_of
from erisc.compiler.plan import Cell, Stage
from erisc.compiler.program import Declared
from erisc.compiler.tables import load_tables
from erisc.language_server.analysis import Analysis
from erisc.language_server.occurrences import Key
from erisc.reference.comments import above, behind
from erisc.reference.fields import FIELDS, SELECTORS

_TOKEN = re.compile(
    r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|(\d[\d_]*(?:\.\d+)?)([ \t]*(?:%|per[ \t]+\w+|[^\W\d]+(?:/\w+)?))?|(\w+)'
)
_LONGEST = 14
"""Lines of a declaration that are shown."""


def hover(analysis: Analysis, offset: int) -> tuple[str, int, int] | None:
    """Markdown, and the stretch that it is about; None where there is nothing to say."""
    occurrence = analysis.at(offset)
    if occurrence is not None:
        text = of_key(analysis, occurrence.key)
        if text:
            return text, occurrence.start, occurrence.end
    return _of_token(analysis.source.text, offset)


def of_key(analysis: Analysis, key: Key) -> str:
    """About a thing, in Markdown; "" when nothing is known."""
    kind, name = key[0], key[-1]
    if kind == "function":
        return (
            _code(describe(name).split("\n")[0]) + "\n".join(describe(name).split("\n")[1:]) if describe(name) else ""
        )
    if kind == "type":
        return _type(name)
    if kind == "selector":
        return _selector(name)
    if kind == "stage":
        return _stage(analysis, key[1], name)
    if kind == "fault":
        return _fault(analysis, name)
    if kind == "column":
        return _column(analysis, key[1], name)
    if kind in ("top", "event", "source"):
        found = analysis.declared(name)
        return _declared(analysis, found[0], found[1]) if found else ""
    return _place(analysis, key)


def _code(text: str) -> str:
    return f"```eris\n{text}\n```\n"


def _declared(analysis: Analysis, kind: str, declared: Declared) -> str:
    text, node = declared.source.text, declared.node
    lines = text[node.start : node.end].split("\n")
    shown = lines if len(lines) <= _LONGEST else [*lines[:_LONGEST], "  …"]
    parts = [_code("\n".join(shown)), above(text, node.start), _value(analysis, kind, node.name.text, node)]
    where = "" if declared.source.name == analysis.name else f"from `{declared.source.name}`"
    return "\n\n".join(part for part in (*parts, where) if part)


def _value(analysis: Analysis, kind: str, name: str, node: object) -> str:
    if kind not in ("param", "kpi", "metric"):
        return ""
    type_ = node.type.text  # type: ignore[attr-defined]
    unit = load_tables().units["types"].get(type_, {}).get("unit", "")
    said = f"{type_}" + (f", in `{unit}`" if unit not in ("", "1") else "")
    plan = analysis.compilation.plan
    value = dict(plan.parameters).get(name) if plan is not None and kind == "param" else None
    return (
        f"{said}; the default is {_number(value)} {unit if unit != '1' else ''}".rstrip() if value is not None else said
    )


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _first_cell(analysis: Analysis) -> Cell | None:
    plan = analysis.compilation.plan
    return plan.cells[0] if plan is not None and len(plan.cells) else None


def _stage(analysis: Analysis, workload: str, name: str) -> str:
    cell = _first_cell(analysis)
    parts = parts_of(analysis.program, workload)
    stages = [s for w in cell.workloads if w.name in parts for s in w.stages if s.name == name] if cell else []
    if not stages:
        return f"stage `{name}` of workload `{workload}`"
    return f"stage `{workload}.{name}`: {_span(stages[0])}"


def _span(stage: Stage) -> str:
    start = "the run tells when" if stage.start is None else f"from {stage.start:g} s"
    length = "until it is done" if stage.duration is None else f"for {stage.duration:g} s"
    end = "" if stage.start is None or stage.duration is None else f" to {stage.start + stage.duration:g} s"
    level = f"{stage.level_from:g}" + (f" to {stage.level_to:g}" if stage.level_to != stage.level_from else "")
    return f"{stage.kind} {start}{end}, {length}, level {level}"


def _fault(analysis: Analysis, name: str) -> str:
    parts = [_place(analysis, ("fault", name))]
    cell = _first_cell(analysis)
    instants = [fault.at for fault in cell.faults if fault.name == name] if cell else []
    if instants:
        shown = ", ".join(f"{at:g} s" for at in instants[:8]) + (", …" if len(instants) > 8 else "")
        parts.append(f"strikes at {shown}" + (f" ({len(instants)} times)" if len(instants) > 1 else ""))
    return "\n\n".join(part for part in parts if part)


def _column(analysis: Analysis, table: str, name: str) -> str:
    if name == "rate" and table == "iterations":
        return "`rate`: the series of successful iterations per second (rate, in `1/s`)"
    declared = analysis.program.names["table"].get(table)
    for column in declared.node.columns if declared else ():
        if column.name.text == name:
            assert declared is not None
            doc = behind(declared.source.text, column.end)
            type_ = column.type.text
            unit = load_tables().units["types"].get(type_, {}).get("unit", "")
            shown = f", in `{unit}`" if unit not in ("", "1") else ""
            return f"`{table}.{name}`: {type_}{shown}" + (f"\n\n{doc}" if doc else "")
    return f"column `{name}` of `{table}`"


def _type(name: str) -> str:
    table = load_tables().units
    if name not in table["types"]:
        return ""
    units = [f"`{unit}`" for unit, entry in table["units"].items() if entry["type"] == name]
    return f"type `{name}`" + (f": {', '.join(units)}" if units else "")


def _selector(name: str) -> str:
    """Which hosts, or which distribution."""
    if name in SELECTORS:
        form, meaning = SELECTORS[name]
        return f"`{form}`: {meaning}"
    meanings = {one.name: one.doc for one in DISTRIBUTIONS}
    return f"`{name}`: {meanings[name]}" if name in meanings else ""


def _place(analysis: Analysis, key: Key) -> str:
    """The line a thing is declared on, with the comment above it."""
    for place in analysis.definitions(key):
        start = place.text.rfind("\n", 0, place.start) + 1
        end = place.text.find("\n", place.start)
        line = place.text[start : end if end >= 0 else len(place.text)].strip()
        begin = start + len(place.text[start:]) - len(place.text[start:].lstrip())
        return "\n\n".join(part for part in (_code(line), above(place.text, begin)) if part)
    return ""


# --- words of the language itself -------------------------------------------------------------------------------------


def _of_token(text: str, offset: int) -> tuple[str, int, int] | None:
    start = text.rfind("\n", 0, offset) + 1
    for match in _TOKEN.finditer(text, start):
        if match.start() > offset:
            break
        if match.end() < offset or match[0].startswith(("//", '"')):
            continue
        said = _unit((match[2] or "").strip()) if match[1] else _word(match[0], text[match.end() :])
        return (said, match.start(), match.end()) if said else None
    return None


def _unit(unit: str) -> str:
    table = load_tables().units
    entry = table["units"].get(" ".join(unit.split()))
    if entry is None:
        return ""
    base = table["types"][entry["type"]]["unit"]
    factor = entry.get("times", 1) * 10.0 ** entry.get("exponent", 0) / entry.get("over", 1)
    return f"`{unit}`: {entry['type']}, {factor:g} {base}"


def _word(word: str, rest: str) -> str:
    for block, fields in FIELDS.items():
        if word in fields and re.match(r"\s*[={]", rest):
            type_, meaning = fields[word]
            return f"`{word}` of {block}: {type_}. {meaning}"
    with open(data_file("grammar", "keywords.json"), encoding="utf-8") as file:
        statements = json.load(file)["statements"]
    return f"`{word}`: {statements[word]}" if word in statements else ""
