"""What the fault schedule and the executor cannot do yet, found before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from erisc.base.plugins import entry_points
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Effect, Fault, Reaction, Steps
from erisc.targets.names import closest, shown

SELECTORS = ("one", "any", "all")
_DONE = {("kill", "signal"): "KILL"}
"""Arguments that the executor honours: by having no other way."""


def check_cell(cell: Cell) -> Iterator[Diagnostic]:
    """Everything that keeps the faults of a cell from becoming a schedule; instances of one fault say the same."""
    for reaction in cell.reactions:
        yield from _check_reaction(reaction)
    for fault in cell.faults:
        yield from _check_time(fault)
        yield from _check_steps(fault, fault.steps)


def _check_reaction(reaction: Reaction) -> Iterator[Diagnostic]:
    summary = f"the instant of the fault {shown(reaction.name)} is not known before the run"
    yield Diagnostic("E0523", summary, reaction.span, help="use `at`, `every` or `random`")
    yield from _check_steps(reaction, reaction.steps)


def _check_time(fault: Fault) -> Iterator[Diagnostic]:
    for effect in (effect for step in fault.steps for effect in step):
        late = effect.duration is not None and not (isfinite(effect.duration) and effect.duration > 0)
        if late or not (isfinite(fault.at) and fault.at >= 0):
            lasts = "" if effect.duration is None else f" for {effect.duration:g} s"
            summary = f"the fault {shown(fault.name)} at {fault.at:g} s{lasts} cannot be scheduled"
            yield Diagnostic("E0522", summary, fault.span, help="start it at or after 0 s, for a positive time")


def _check_steps(fault: Fault | Reaction, steps: Steps) -> Iterator[Diagnostic]:
    if len(steps) != 1 or len(steps[0]) != 1:
        word = "then" if len(steps) > 1 else "together"
        summary = f"the fault {shown(fault.name)} has several effects (`{word}`)"
        yield Diagnostic("E0524", summary, fault.span, help="write one fault for each of them")
    actions = entry_points("erisc.faults")
    for effect in (effect for step in steps for effect in step):
        yield from _check_action(effect, tuple(actions))
        yield from _check_target(fault, effect)


def _check_action(effect: Effect, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    if effect.action not in known:
        summary = f"the executor has no action {shown(effect.action)}"
        help_ = closest(effect.action, known) or f"it has {', '.join(sorted(known))}"
        yield Diagnostic("E0525", summary, effect.span, help=help_)
        return
    for name, value in effect.arguments.items:
        if _DONE.get((effect.action, name), object()) != value:
            summary = f"the fault schedule carries no `{name}` of {shown(effect.action)}"
            default = _DONE.get((effect.action, name))
            help_ = f"leave it out: it is {default}" if default else "leave it out"
            yield Diagnostic("E0526", summary, effect.span, help=help_)


def _check_target(fault: Fault | Reaction, effect: Effect) -> Iterator[Diagnostic]:
    target, help_ = effect.target, "strike a service on one(…), any(n, …) or all(…) of a node set"
    if target.selector not in SELECTORS:
        summary = f"the fault {shown(fault.name)} picks hosts with {shown(target.selector)}"
        yield Diagnostic("E0521", summary, effect.span, help=help_)
    if target.where:
        summary = f"the fault {shown(fault.name)} picks hosts by their labels"
        yield Diagnostic("E0521", summary, effect.span, help=help_)
    if not target.service and effect.action in entry_points("erisc.faults"):
        summary = f"the fault {shown(fault.name)} strikes hosts, not a service on them"
        yield Diagnostic("E0521", summary, effect.span, help=help_)
