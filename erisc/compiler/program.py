"""Files to one program: what is read, what is imported, and which names mean what."""

from __future__ import annotations

import os
import re
from typing import Any

from erisc.base.home import data_file
from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.constants import unquote
from erisc.compiler.plan import Span
from erisc.compiler.reading import NO_TEXTS, Texts, read_as
from erisc.compiler.source import Findings, Source, did_you_mean, nearest
from erisc.compiler.syntax import Parsed, parse

EDITION = "2026"
MAX_STATEMENTS = 2000

_ARTICLE = {"architecture": "an", "action": "an", "experiment": "an", "slo": "an"}

_MODULE = re.compile(r"[a-z0-9_]+")
_LIBRARY = ("tables", "faults", "load")


@record
class Declared:
    """A declaration and the file it stands in."""

    node: Any
    source: Source


KINDS = (
    "param", "architecture", "topology", "workload", "faults", "kpi", "slo", "experiment", "table", "action", "load",
)  # fmt: skip


class Program:
    """All declarations by kind and name. lost: names whose declarations are broken; used: names somebody meant."""

    def __init__(self, root: Source) -> None:
        self.root = root
        self.sources: dict[str, str] = {}
        self.names: dict[str, dict[str, Declared]] = {kind: {} for kind in KINDS}
        self.owners: dict[str, tuple[str, Span]] = {}
        self.lost: frozenset[str] = frozenset()
        self.imports: dict[str, Span] = {}
        self.used: set[str] = set()
        self.seed = 0
        self.seeded = False
        self.sound = True
        self.texts: Texts = NO_TEXTS

    def get(self, kind: str, name: str) -> Declared | None:
        """A declaration, noting that somebody meant it."""
        found = self.names[kind].get(name)
        if found is not None:
            self.used.add(name)
        return found


def resolve(source: Source, findings: Findings, texts: Texts = NO_TEXTS) -> Program:
    """Parse the spec and what it imports; every name gets its declaration. texts: what to read in place of files."""
    program = Program(source)
    program.texts = texts
    program.sources[source.name] = source.text
    parsed = parse(source, findings)
    program.lost = parsed.lost
    tables = _module(program, ("tables",), findings)
    for statement in tables.statements if tables else ():
        if isinstance(statement, ast.Table):
            program.names["table"][statement.name.text] = Declared(statement, tables.source)  # type: ignore[union-attr]
    _edition(parsed, findings)
    if len(parsed.statements) > MAX_STATEMENTS:
        last = source.span(parsed.statements[MAX_STATEMENTS])
        findings.add("E0106", f"the spec has more than {MAX_STATEMENTS} statements", last, help="split it")
    for statement in parsed.statements[:MAX_STATEMENTS]:
        _statement(program, statement, source, findings)
    return program


def _edition(parsed: Parsed, findings: Findings) -> None:
    first = parsed.statements[0] if parsed.statements else None
    source = parsed.source
    if not isinstance(first, ast.Edition):
        if not source.text.lstrip().startswith("edition") or not parsed.lost:
            start = source.between(0, 0) if first is None else source.span(first)
            span = Span(source.name, start.line, start.column, start.line, start.column)
            findings.add(
                "E0108", "the first statement must be `edition 2026`", span, fix=(span, f"edition {EDITION}\n")
            )
    elif first.number.text != EDITION:
        span = source.span(first.number)
        findings.add(
            "E0109",
            f"edition {first.number.text[:20]} is unknown",
            span,
            help="this erisc knows edition 2026",
            fix=(span, EDITION),
        )


def _statement(program: Program, statement: Any, source: Source, findings: Findings) -> None:
    kind = type(statement).__name__.lower()
    if isinstance(statement, ast.Edition):
        if source.text[: statement.start].strip() and statement.number.text == EDITION and _second(program, statement):
            findings.add("E0108", "`edition` stands once, before everything else", source.span(statement))
    elif isinstance(statement, ast.ImportStd):
        _import(program, statement, source, findings)
    elif isinstance(statement, ast.ImportFile):
        _import_file(statement, source, findings)
    elif isinstance(statement, ast.Seed):
        _seed(program, statement, source, findings)
    elif isinstance(statement, ast.Table | ast.Action | ast.Load | ast.Event):
        help_ = "a spec uses what the library declares: `import std.faults { kill }`"
        findings.add("E0205", f"only the standard library declares `{kind}`", source.span(statement), help=help_)
    elif isinstance(statement, ast.Image | ast.Metric | ast.Limit | ast.Suite):
        span = source.between(statement.start, statement.name.end)
        findings.add("E0190", f"`{kind}` is not supported yet", span, help="leave it out for now")
        program.lost |= {statement.name.text}
    else:
        declare(program, kind, statement.name, Declared(statement, source), findings)


def _second(program: Program, statement: ast.Edition) -> bool:
    before = program.root.text[: statement.start]
    return any(line.split("//")[0].strip() for line in before.splitlines())


def declare(program: Program, kind: str, name: ast.Word, declared: Declared, findings: Findings) -> None:
    """Give a name its meaning; one name has one meaning in a spec."""
    span = declared.source.span(name)
    if name.text in program.owners:
        first_kind, first = program.owners[name.text]
        findings.add(
            "E0204", f"`{name.text}` is declared twice", span, labels=[(first, f"the first, {article(first_kind)}")]
        )
        return
    program.owners[name.text] = (kind, span)
    program.names[kind][name.text] = declared


def _seed(program: Program, statement: ast.Seed, source: Source, findings: Findings) -> None:
    span = source.span(statement.number)
    if program.seeded:
        findings.add("E0204", "`seed` is given twice", span)
    digits = statement.number.text.replace("_", "")
    if not digits.isdigit() or len(digits) > 18:
        findings.add("E0306", "a seed is a whole number below 10^18", span)
        return
    program.seed, program.seeded = int(digits), True


def _import_file(statement: ast.ImportFile, source: Source, findings: Findings) -> None:
    path = unquote(statement.path.text)
    span = source.span(statement.path)
    if path.startswith(("/", "~")) or ".." in path.split("/") or "\\" in path:
        findings.add("E0206", "an import cannot leave the spec's folder", span)
        return
    help_ = "declare everything in one file for now, or import from `std`"
    findings.add("E0190", "importing a file of one's own is not supported yet", span, help=help_)


def _import(program: Program, statement: ast.ImportStd, source: Source, findings: Findings) -> None:
    words = [word.text for word in statement.path.words]
    module = _module(program, tuple(words[1:]), findings) if words[0] == "std" and len(words) > 1 else None
    if module is None:
        known = {"std.tables", "std.faults", "std.load"} | {f"std.arch.{name}" for name in _architectures()}
        program.lost |= {words[-1]} | {word.text for word in (statement.names.words if statement.names else ())}
        span, text = source.span(statement.path), statement.path.text
        guess = nearest(text, known)
        fix = (span, guess) if guess else None
        findings.add("E0202", f"there is no module `{text}`", span, help=did_you_mean(text, known), fix=fix)
        return
    offered = {s.name.text: s for s in module.statements if isinstance(s, ast.Architecture | ast.Action | ast.Load)}
    wanted = statement.names.words if statement.names else ()
    for word in wanted:
        if word.text not in offered:
            findings.add(
                "E0202",
                f"`{statement.path.text}` has no `{word.text}`",
                source.span(word),
                help=did_you_mean(word.text, offered),
            )
            program.lost |= {word.text}
    for name, node in offered.items():
        place = next((word for word in wanted if word.text == name), None)
        if place is None and wanted:
            continue
        _take(program, node, module.source, source.span(place or statement.path), findings)


def _take(program: Program, node: Any, module: Source, span: Span, findings: Findings) -> None:
    name, kind = node.name.text, type(node).__name__.lower()
    if name in program.owners:
        first_kind, first = program.owners[name]
        findings.add(
            "E0204", f"`{name}` is declared twice", span, labels=[(first, f"the first, {article(first_kind)}")]
        )
        return
    program.owners[name] = (kind, span)
    program.names[kind][name] = Declared(node, module)
    program.imports[name] = span


def _module(program: Program, words: tuple[str, ...], findings: Findings) -> Parsed | None:
    """A module of the standard library, parsed; None when there is none of the name."""
    if not all(_MODULE.fullmatch(word) for word in words) or len(words) > 3:
        return None
    path = data_file("stdlib", *words) + ".eris"
    if not os.path.isfile(path):
        return None
    source = read_as("std:" + "/".join(words), path, findings)
    if source is None:
        return None
    program.sources[source.name] = source.text
    return parse(source, findings)


def _architectures() -> list[str]:
    try:
        return sorted(
            name.removesuffix(".eris") for name in os.listdir(data_file("stdlib", "arch")) if name.endswith(".eris")
        )
    except OSError:
        return []


def offered_by_library(kind: str) -> dict[str, str]:
    """Name -> module of everything of a kind in the standard library, e.g. {"kill": "std.faults"}."""
    quiet = Findings()
    found: dict[str, str] = {}
    modules = [("faults",), ("load",), *(("arch", name) for name in _architectures())]
    for words in modules:
        module = _module(Program(Source("", "")), words, quiet)
        for statement in module.statements if module else ():
            if type(statement).__name__.lower() == kind:
                found[statement.name.text] = ".".join(("std", *words))
    return found


def article(kind: str) -> str:
    """`an architecture`, `a workload`; a set of faults is `a set of faults`."""
    if kind == "faults":
        return "a set of faults"
    shown = {"kpi": "KPI", "slo": "SLO", "param": "parameter"}.get(kind, kind)
    return f"{_ARTICLE.get(kind, 'a')} {shown}"
