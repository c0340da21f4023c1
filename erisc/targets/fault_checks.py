"""What no installed action can do, and instants that cannot be, found before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from erisc.base.plugins import entry_points
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Effect, Fault, Reaction
from erisc.targets.names import closest, shown


def check_cell(cell: Cell) -> Iterator[Diagnostic]:
    """Everything that keeps the faults of a cell from becoming a schedule; instances of one fault say the same."""
    for fault in cell.faults:
        yield from _check_time(fault)
    strikers: tuple[Fault | Reaction, ...] = (*cell.faults, *cell.reactions)
    known = tuple(entry_points("erisc.faults")) if strikers else ()  # to look for them costs milliseconds
    for striker in strikers:
        for effect in (effect for step in striker.steps for effect in step):
            if effect.action not in known:
                yield _lost_action(effect, known)


def _check_time(fault: Fault) -> Iterator[Diagnostic]:
    for effect in (effect for step in fault.steps for effect in step):
        late = effect.duration is not None and not (isfinite(effect.duration) and effect.duration > 0)
        if late or not (isfinite(fault.at) and fault.at >= 0):
            lasts = "" if effect.duration is None else f" for {effect.duration:g} s"
            summary = f"the fault {shown(fault.name)} at {fault.at:g} s{lasts} cannot be scheduled"
            yield Diagnostic("E0522", summary, fault.span, help="start it at or after 0 s, for a positive time")


def _lost_action(effect: Effect, known: tuple[str, ...]) -> Diagnostic:
    summary = f"the executor has no action {shown(effect.action)}"
    help_ = closest(effect.action, known) or f"it has {', '.join(sorted(known))}"
    return Diagnostic("E0525", summary, effect.span, help=help_)
