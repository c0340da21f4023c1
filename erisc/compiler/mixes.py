"""The names of mixes: one load shared among several parts, every part a workload of its own."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_mix(node: ast.Workload) -> bool:
    """Whether a workload runs several things, or one as a part."""
    return len(node.runs) > 1 or any(run.share is not None or run.name is not None for run in node.runs)


def declarations(statement: ast.Node) -> tuple[Any, ...]:
    """What a statement gives names to: a mix stands for itself and for every part that has a name."""
    if not isinstance(statement, ast.Workload) or not is_mix(statement):
        return (statement,)
    head = (statement.start, statement.end, statement.name, statement.on, statement.beside, statement.after)
    mix = ast.Mix(*head, statement.items)
    rest = tuple(item for item in statement.items if not isinstance(item, ast.Run))
    parts = [
        ast.Part(run.start, run.end, run.name, *head[3:], (run, *rest), mix)
        for run in statement.runs
        if run.name is not None
    ]
    return (mix, *parts)


def parts_of(program: Program, name: str) -> list[str]:
    """The workloads that a name means: the parts of a mix, or itself."""
    mix = program.names["mix"].get(name)
    if mix is None:
        return [name]
    return [run.name.text for run in mix.node.runs if run.name is not None]
