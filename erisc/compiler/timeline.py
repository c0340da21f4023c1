"""Faults: when, what, where, for how long. What chance decides is drawn here; what the run decides is a reaction."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.chance import Bits, Draw
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.effects import Blueprint, blueprint
from erisc.compiler.plan import Architecture, AtIteration, Fault, Reaction, When
from erisc.compiler.program import Declared
from erisc.compiler.reactions import at_iteration, when
from erisc.compiler.source import Source
from erisc.compiler.triggers import MAX_PLANNED, Triggers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["MAX_PLANNED", "Draw", "build_faults", "in_order"]


@record
class _Surroundings:
    """What a fault is built in. end: of the load, as `Triggers` has it."""

    context: Context
    constants: Constants
    architecture: Architecture | None
    draw: Draw
    end: float | None


def build_faults(
    context: Context, declared: Declared, architecture: Architecture | None, draw: Draw, end: float | None
) -> tuple[tuple[Fault, ...], tuple[Reaction, ...]]:
    """All planned instants of a set of faults, in order, and the faults whose instants only the run can tell.

    end: s from t = 0, when the load ends; None when only the run can tell; inf when no load is known, and only what is
    written is checked.
    """
    source: Source = declared.source
    within = _Surroundings(context, context.constants(source), architecture, draw, end)
    planned: list[Fault] = []
    foretold: list[Reaction] = []
    names: dict[str, ast.Word] = {}
    for item in declared.node.items:
        if names.setdefault(item.name.text, item.name) is not item.name:
            labels = [(source.span(names[item.name.text]), "the first")]
            summary = f"fault `{item.name.text}` is declared twice"
            context.findings.add("E0204", summary, source.span(item.name), labels=labels)
        elif isinstance(item.trigger, ast.AtIteration | ast.When):
            foretold += _reaction(within, item, item.trigger)
        else:
            planned += _instants(within, item, item.trigger)
    return in_order(planned), tuple(foretold)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """By instant, then by name."""
    return tuple(sorted(faults, key=lambda fault: (fault.at, fault.name, fault.instance)))


def _blueprint(within: _Surroundings, item: ast.Fault) -> Blueprint | None:
    """Made once for all cells in which it is the same."""
    kept = within.context.blueprints
    if id(item) not in kept:
        kept[id(item)] = blueprint(within.context, within.constants, item, within.architecture)
    found: Blueprint | None = kept[id(item)]
    return found


def _instants(within: _Surroundings, item: ast.Fault, trigger: ast.At | ast.Every | ast.Random) -> list[Fault]:
    context, constants, draw = within.context, within.constants, within.draw.of(item.name.text)
    made = _blueprint(within, item)
    length = made.length if made else 0.0
    found = Triggers(context, constants, item, draw, within.end, length).instants(trigger)
    if made is None or found is None:
        return []
    name, span = item.name.text, constants.source.span(item)
    return [Fault(name, instance, at, made.drawn(_bits(draw, instance)), span) for instance, at in enumerate(found)]


def _reaction(within: _Surroundings, item: ast.Fault, trigger: ast.AtIteration | ast.When) -> list[Reaction]:
    """At most one. Its hosts are drawn once: a reaction that strikes again strikes the same ones."""
    made = _blueprint(within, item)
    event = _event(within, item, trigger)
    if made is None or event is None:
        return []
    name = item.name.text
    steps = made.drawn(_bits(within.draw.of(name), 0))
    return [Reaction(name, event, steps, within.constants.source.span(item))]


def _event(within: _Surroundings, item: ast.Fault, trigger: ast.AtIteration | ast.When) -> AtIteration | When | None:
    if isinstance(trigger, ast.AtIteration):
        return at_iteration(within.context, within.constants, trigger)
    return when(within.context, within.constants, trigger, item.name.text, within.architecture)


def _bits(draw: Bits, instance: int) -> Callable[[str], int]:
    """What an instance draws, by purpose."""
    return lambda purpose: draw(instance, purpose)
