"""Files to one program: what is read, what is imported, and which names come with it.

A file is parsed once, however many import it. Its statements and those it imports are its entries, in order. Without
braces an import takes all of them; with braces, those it names and those that these mention, so that what is taken is
whole.
"""

from __future__ import annotations

from erisc.base.record import fields, is_record, record
from erisc.compiler import ast
from erisc.compiler.library import IMPORTED, builtin, kind_of, module, modules
from erisc.compiler.mixes import declarations
from erisc.compiler.paths import Chain, find_file, read_import
from erisc.compiler.plan import Span
from erisc.compiler.program import EDITION, LIBRARY, Declared, Import, Program, declare, is_library
from erisc.compiler.reading import NO_TEXTS, Texts
from erisc.compiler.source import Findings, Source, did_you_mean, nearest
from erisc.compiler.syntax import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_STATEMENTS = 2000
"""Of one file."""
MAX_SIZE = 4 << 20
MAX_ALL = 10_000
"""Of all files."""
_DECLARATIONS = (
    ast.Param, ast.Architecture, ast.Topology, ast.Workload, ast.Faults, ast.Kpi, ast.Slo, ast.Experiment, ast.Image,
    ast.Metric, ast.Limit, ast.Suite,
)  # fmt: skip


@record
class Entry:
    """A declaration that a file has or takes. place: where an import from the library says so, else None."""

    name: str
    declared: Declared
    unit: Unit
    place: Span | None


class Unit:
    """A file, parsed. entries: its own declarations and those it imports, in order."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.entries: list[Entry] = []
        self.ready = False

    def entry(self, name: str) -> Entry | None:
        """The declaration that a name means in this file."""
        return next((entry for entry in self.entries if entry.name == name), None)


def resolve(source: Source, folder: str, findings: Findings, texts: Texts = NO_TEXTS) -> Program:
    """Parse the spec and what it imports; every name gets its declaration. texts: what to read in place of files."""
    program = Program(source, folder, texts)
    if source.name.startswith(LIBRARY):
        start = Span(source.name, 1, 1, 1, 1)
        findings.add("E0105", f"a spec cannot be called `{source.name[:40]}`", start, help="rename the file")
    root = Resolver(program, findings).read(source, Chain(source.name))
    builtin(program, "tables", findings)
    for entry in root.entries:
        _take(program, entry, findings)
    if program.names["metric"]:
        builtin(program, "sources", findings)
    return program


def _take(program: Program, entry: Entry, findings: Findings) -> None:
    declare(program, kind_of(entry.declared.node), entry.name, entry.declared, findings, entry.place)


class Resolver:
    """Reads files and what they import. statements, tokens, size: how much there is so far, in all files."""

    def __init__(self, program: Program, findings: Findings) -> None:
        self.program = program
        self.findings = findings
        self.units: dict[str, Unit] = {}
        self.statements = 0
        self.tokens: list[tuple[int, int]] = []
        self.size = 0

    def read(self, source: Source, chain: Chain) -> Unit:
        """The unit of a text that was read."""
        unit = self.units[source.name] = Unit(source)
        self.program.sources[source.name] = source.text
        self.size += len(source.text)
        parsed = parse(source, self.findings, self.tokens)
        self.program.lost |= parsed.lost
        _edition(parsed, self.findings)
        for statement in self._bounded(parsed):
            self._statement(unit, statement, chain)
        unit.ready = True
        return unit

    def _bounded(self, parsed: Parsed) -> tuple[Any, ...]:
        most = min(MAX_STATEMENTS, MAX_ALL - self.statements)
        self.statements += len(parsed.statements)
        if len(parsed.statements) > most:
            place = parsed.source.span(parsed.statements[most])
            what = f"the spec has more than {MAX_STATEMENTS} statements"
            what = what if most == MAX_STATEMENTS else f"all files together have more than {MAX_ALL} statements"
            self.findings.add("E0106", what, place, help="split it")
        return parsed.statements[:most]

    def _statement(self, unit: Unit, statement: Any, chain: Chain) -> None:
        source, findings = unit.source, self.findings
        if isinstance(statement, ast.Edition):
            _edition_once(statement, source, findings)
        elif isinstance(statement, ast.ImportStd):
            self._import_std(unit, statement)
        elif isinstance(statement, ast.ImportFile):
            self._import_file(unit, statement, chain)
        elif isinstance(statement, ast.Seed):
            _seed(self.program, statement, source, findings)
        elif isinstance(statement, _DECLARATIONS) or _is_catalogue(statement):
            for one in declarations(statement):
                unit.entries.append(Entry(one.name.text, Declared(one, source), unit, None))
        else:
            help_ = "a spec uses what the library declares: `import std.faults { kill }`"
            summary = f"only the standard library declares `{kind_of(statement)}`"
            findings.add("E0205", summary, source.span(statement), help=help_)

    # --- the standard library ---

    def _import_std(self, unit: Unit, statement: ast.ImportStd) -> None:
        words = [word.text for word in statement.path.words]
        library = words[0] == "std" and len(words) > 1
        names = tuple(word.text for word in (statement.names.words if statement.names else ()))
        found = module(self.program, tuple(words[1:]), self.findings, names) if library else None
        if found is None:
            self._no_module(unit, statement)
            return
        offered = {s.name.text: s for s in found.statements if isinstance(s, IMPORTED)}
        span = unit.source.span(statement.path)
        wanted = statement.names.words if statement.names else ()
        self._none_missing(unit, wanted, offered, statement.path.text)
        taken = [(word.text, unit.source.span(word)) for word in wanted if word.text in offered]
        for name, place in taken if wanted else [(name, span) for name in offered]:
            unit.entries.append(Entry(name, Declared(offered[name], found.source), unit, place))
        self._remember(unit, statement.path.text, span, wanted, tuple(offered))

    def _no_module(self, unit: Unit, statement: ast.ImportStd) -> None:
        known = {"std.tables", *modules()}
        names = {word.text for word in (statement.names.words if statement.names else ())}
        self.program.lost |= {statement.path.words[-1].text} | names
        span, text = unit.source.span(statement.path), statement.path.text
        guess = nearest(text, known)
        fix = (span, guess) if guess else None
        self.findings.add("E0202", f"there is no module `{text}`", span, help=did_you_mean(text, known), fix=fix)

    def _none_missing(self, unit: Unit, wanted: tuple[ast.Word, ...], offered: Any, shown: str) -> None:
        for word in wanted:
            if word.text not in offered and word.text not in self.program.lost:
                help_ = did_you_mean(word.text, offered)
                summary = f"`{shown}` has no `{word.text}`"
                guess = nearest(word.text, offered)
                span = unit.source.span(word)
                self.findings.add("E0202", summary, span, help=help_, fix=(span, guess) if guess else None)
                self.program.lost |= {word.text}

    def _remember(
        self, unit: Unit, shown: str, span: Span, wanted: tuple[ast.Word, ...], offered: tuple[str, ...]
    ) -> None:
        if unit.source is not self.program.root:
            return
        if wanted:
            self.program.imports += [Import(word.text, unit.source.span(word), (word.text,)) for word in wanted]
        else:
            self.program.imports.append(Import(shown, span, offered))

    # --- files beside the spec ---

    def _import_file(self, unit: Unit, statement: ast.ImportFile, chain: Chain) -> None:
        wanted = statement.names.words if statement.names else ()
        other = self._unit(unit, statement, chain)
        if other is None:
            if wanted:
                self.program.lost |= {word.text for word in wanted}
            else:
                self.program.lose_everything()
            return
        offered = {entry.name: entry for entry in reversed(other.entries)}
        self._none_missing(unit, wanted, offered, other.source.name)
        taken = list(_closure([word.text for word in wanted], offered)) if wanted else other.entries
        unit.entries += taken
        if wanted:
            left = offered.keys() - {entry.name for entry in taken}
            self.program.offered |= dict.fromkeys(left, other.source.name)
        self._remember(unit, other.source.name, unit.source.span(statement.path), wanted, tuple(offered))

    def _unit(self, unit: Unit, statement: ast.ImportFile, chain: Chain) -> Unit | None:
        """The unit that an import means; None when it was refused."""
        span = unit.source.span(statement.path)
        name = find_file(self.program.folder, unit.source.name, statement.path.text, span, chain, self.findings)
        if name is None:
            return None
        if name in self.units:
            known = self.units[name]
            if not known.ready:
                chain.circle(name, span, self.findings)
            return known
        texts, count = self.program.texts, len(self.units)
        source = read_import(self.program.folder, name, span, chain, count, texts, self.findings)
        if source and self.size + len(source.text) > MAX_SIZE:
            what = f"all files together have more than {MAX_SIZE >> 20} MiB of text"
            self.findings.add("E0106", what, span, note=chain.note(name), help="put less into them")
            return None
        return self.read(source, chain.longer(name)) if source else None


def _is_catalogue(statement: Any) -> bool:
    """Of what else the library alone declares, a spec may list scenarios of plug-ins: a load that names its driver."""
    return isinstance(statement, ast.Load) and any(field.key.text == "driver" for field in statement.block.fields)


def _closure(wanted: list[str], offered: dict[str, Entry]) -> Iterator[Entry]:
    """The entries of these names and of all that they mention, in the order of the file."""
    found: dict[str, Entry] = {}
    waiting = [name for name in wanted if name in offered]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = offered[name]
            if not is_library(offered[name].declared.source):
                waiting += [word for word in mentioned(offered[name].declared.node) if word in offered]
    yield from (entry for name, entry in offered.items() if name in found)


def mentioned(node: Any) -> Iterator[str]:
    """Every word below a node, whatever it means there."""
    if isinstance(node, ast.Word):
        yield node.text
    elif isinstance(node, tuple):
        for part in node:
            yield from mentioned(part)
    elif is_record(node):
        for name in fields(node):
            yield from mentioned(getattr(node, name))


# --- edition and seed ---


def _edition(parsed: Parsed, findings: Findings) -> None:
    first = parsed.statements[0] if parsed.statements else None
    source = parsed.source
    if not isinstance(first, ast.Edition):
        if not source.text.lstrip().startswith("edition") or not parsed.lost:
            start = source.between(0, 0) if first is None else source.span(first)
            span = Span(source.name, start.line, start.column, start.line, start.column)
            fix = (span, f"edition {EDITION}\n")
            findings.add("E0108", "the first statement must be `edition 2026`", span, fix=fix)
    elif first.number.text != EDITION:
        span = source.span(first.number)
        summary = f"edition {first.number.text[:20]} is unknown"
        findings.add("E0109", summary, span, help="this erisc knows edition 2026", fix=(span, EDITION))


def _edition_once(statement: ast.Edition, source: Source, findings: Findings) -> None:
    before = source.text[: statement.start]
    if statement.number.text == EDITION and any(line.split("//")[0].strip() for line in before.splitlines()):
        findings.add("E0108", "`edition` stands once, before everything else", source.span(statement))


def _seed(program: Program, statement: ast.Seed, source: Source, findings: Findings) -> None:
    span = source.span(statement.number)
    if source is not program.root:
        help_ = f"move it to {program.root.name}"
        findings.add("E0217", "only the spec itself gives the seed", source.span(statement), help=help_)
        return
    if program.seeded:
        findings.add("E0204", "`seed` is given twice", span)
    digits = statement.number.text.replace("_", "")
    if not digits.isdigit() or len(digits) > 18:
        findings.add("E0306", "a seed is a whole number below 10^18", span)
        return
    program.seed, program.seeded = int(digits), True
