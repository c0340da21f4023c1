"""How many hosts of a node set faults may have struck at one time: `at most 1 of controller`."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.plan import Allowance, Architecture
from erisc.compiler.program import Declared
from erisc.compiler.selectors import Place, known_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 100_000
"""Hosts of a node set."""
ALL = "all"


def build_allowances(
    context: Context, faults: Iterable[Declared], architecture: Architecture | None
) -> tuple[Allowance, ...]:
    """Those of several sets of faults, by node set in the order of the architecture; of two for the same, the lower."""
    found: dict[str, Allowance] = {}
    for declared in faults:
        for one in _own(context, declared, architecture):
            before = found.get(one.nodes)
            if before is None or _most(one) < _most(before):
                found[one.nodes] = one
    order = [node.name for node in architecture.nodes] if architecture else []
    return tuple(found[name] for name in order if name in found)


def _most(one: Allowance) -> float:
    return float("inf") if one.most is None else one.most


def _own(context: Context, declared: Declared, architecture: Architecture | None) -> list[Allowance]:
    source, found = declared.source, dict[str, Allowance]()
    place = Place(context, context.constants(source), architecture)
    for row in declared.node.allowances:
        most = _number(place, row.most)
        known = architecture is not None and known_in(place, row.nodes, [one.name for one in architecture.nodes])
        if row.nodes.text in found:
            labels = [(found[row.nodes.text].span, "the first")]
            summary = f"how many of `{row.nodes.text}` may be struck is said twice"
            context.findings.add("E0204", summary, source.span(row), labels=labels)
        elif known and most is not None:
            found[row.nodes.text] = Allowance(row.nodes.text, *most, source.span(row))
    return list(found.values())


def _number(place: Place, node: ast.Node) -> tuple[int | None] | None:
    """The number, or None for `all`; nothing when it was refused."""
    if isinstance(node, ast.Name) and node.word.text == ALL:
        return (None,)
    number = place.constants.whole(node, what="how many hosts may be struck at one time", low=0, high=MOST)
    return None if number is None else (number,)
