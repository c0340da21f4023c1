"""The names of a spec and of all that it imports: one name has one meaning over all files."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler.plan import Span
from erisc.compiler.reading import NO_TEXTS, Texts
from erisc.compiler.source import Findings, Source, nearest
from erisc.compiler.syntax import Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EDITION = "2026"
LIBRARY = "std:"
"""How the names of the standard library's texts begin."""

_ARTICLE = {"architecture": "an", "action": "an", "experiment": "an", "slo": "an", "image": "an", "event": "an"}


@record
class Declared:
    """A declaration and the file it stands in."""

    node: Any
    source: Source


@record
class Import:
    """What an import brings, or one of the names in its braces. span: where the spec says so."""

    shown: str
    span: Span
    names: tuple[str, ...]


KINDS = (
    "param", "architecture", "topology", "workload", "mix", "faults", "kpi", "slo", "experiment", "image", "metric",
    "limit", "suite", "table", "action", "load", "event", "source",
)  # fmt: skip


class Program:
    """All declarations by kind and name.

    root: the spec; folder: where it is. sources: file name as in spans -> text. owners: name -> its kind and place.
    lost: names whose declarations are broken; used: names somebody meant. imports: those of the root; imported: names
    that the root does not declare itself. offered: names that a file beside it has and nobody takes -> that file.
    modules: of the standard library, parsed.
    """

    def __init__(self, root: Source, folder: str = "", texts: Texts = NO_TEXTS) -> None:
        self.root = root
        self.folder = folder
        self.texts = texts
        self.sources: dict[str, str] = {}
        self.names: dict[str, dict[str, Declared]] = {kind: {} for kind in KINDS}
        self.owners: dict[str, tuple[str, Span]] = {}
        self.lost: frozenset[str] = frozenset()
        self.imports: list[Import] = []
        self.imported: set[str] = set()
        self.offered: dict[str, str] = {}
        self.modules: dict[tuple[str, ...], Parsed | None] = {}
        self.used: set[str] = set()
        self.seed = 0
        self.seeded = False
        self.sound = True

    def get(self, kind: str, name: str) -> Declared | None:
        """A declaration, noting that somebody meant it."""
        found = self.names[kind].get(name)
        if found is not None:
            self.used.add(name)
        return found

    def lose_everything(self) -> None:
        """A file could not be read: any name may have been in it, but for one that is a slip of a known one."""
        self.lost = Unknowable(self.lost, self)


class Unknowable(frozenset[str]):
    """Every name that resembles no declared one."""

    program: Program

    def __new__(cls, names: frozenset[str], program: Program) -> Unknowable:
        made = super().__new__(cls, names)
        made.program = program
        return made

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or not nearest(str(name), self.program.owners)

    def __or__(self, other: Any) -> Any:
        return Unknowable(frozenset(self).union(other), self.program)


def declare(
    program: Program, kind: str, name: str, declared: Declared, findings: Findings, place: Span | None = None
) -> None:
    """Give a name its meaning. place: where an import says so, for what the spec does not declare itself."""
    span = place or declared.source.span(declared.node.name)
    if name not in program.owners:
        program.owners[name] = (kind, span)
        program.names[kind][name] = declared
        if declared.source is not program.root:
            program.imported.add(name)
        return
    first_kind, first = program.owners[name]
    known = program.names[first_kind].get(name)
    if known is None or known.node is not declared.node:
        labels = [(first, f"the first, {article(first_kind)}")]
        findings.add("E0204", f"`{name}` is declared twice", span, labels=labels)


def is_library(source: Source) -> bool:
    """Whether a text is the standard library's, not the spec's or a file beside it."""
    return source.name.startswith(LIBRARY)


def article(kind: str) -> str:
    """`an architecture`, `a workload`; a set of faults is `a set of faults`."""
    if kind == "faults":
        return "a set of faults"
    shown = {"kpi": "KPI", "slo": "SLO", "param": "parameter", "source": "source of metrics"}.get(kind, kind)
    return f"{_ARTICLE.get(kind, 'a')} {shown}"
