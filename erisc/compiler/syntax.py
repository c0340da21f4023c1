"""Text to statements."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler.lalr import Parser
from erisc.compiler.source import Findings, Source
from erisc.compiler.tables import load_tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ready: list[Parser] = []


@record
class Parsed:
    """Statements of one file. lost: the names that broken statements would have declared."""

    source: Source
    statements: tuple[Any, ...]
    lost: frozenset[str]


def parser() -> Parser:
    """The parser, made once a process."""
    if not _ready:
        _ready.append(Parser(load_tables()))
    return _ready[0]


def parse(source: Source, findings: Findings, tokens: list[tuple[int, int]] | None = None) -> Parsed:
    """Parse one file; every broken statement is a finding. Start and end of every token are added to `tokens`."""
    statements, problems = parser().parse(source.text, tokens)
    if not problems:
        return Parsed(source, tuple(statements), frozenset())
    from erisc.compiler.problems import explain, lost  # a sound text need not load it

    for problem in problems:
        explain(source, problem, parser().tables, findings)
    return Parsed(source, tuple(statements), lost(source.text, problems, parser().tables))
