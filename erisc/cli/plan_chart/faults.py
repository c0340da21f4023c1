"""Rows of faults: marks where they strike, bars to their heal; then the faults whose instant only the run can tell."""

from __future__ import annotations

from erisc.cli.plan_chart.axis import Axis
from erisc.cli.plan_chart.load import arrival
from erisc.cli.plan_chart.look import Look
from erisc.cli.plan_chart.words import allowance_in_words, spoken, steps_in_words, trigger_in_words, wrapped
from erisc.compiler.lasting import effect_lasts, lasts
from erisc.compiler.plan import AtIteration, Cell, Fault, Node, Reaction, Topology

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def fault_rows(cell: Cell, places: tuple[Node | Topology, ...], axis: Axis, look: Look) -> Iterator[str]:
    """Two lines a fault: when, and what; then what the run decides, and how many hosts may be struck at one time."""
    named: dict[str, list[Fault]] = {}
    for fault in cell.faults:
        named.setdefault(fault.name, []).append(fault)
    for name, faults in named.items():
        row = [" "] * axis.columns
        for fault in faults:
            _draw(row, fault, places, axis, look)
        yield look.cut(name, axis.margin - 1).ljust(axis.margin) + look.paint("fault", "".join(row).rstrip())
        yield from _told(f"{_when(faults, look)}: {steps_in_words(faults[0].steps)}", axis, look)
    for reaction in cell.reactions:
        yield from _reaction(reaction, cell, axis, look)
    if cell.allowances:
        told = ", ".join(allowance_in_words(one) for one in cell.allowances)
        yield look.cut("struck at most", axis.margin - 1).ljust(axis.margin) + look.cut(told, axis.columns)


def _draw(row: list[str], fault: Fault, places: Iterable[Node | Topology], axis: Axis, look: Look) -> None:
    """A mark, a bar while it holds, a joint where the next step begins."""
    known = tuple(places)
    end = fault.at + lasts(fault.steps, known)
    if end > fault.at:
        for column in axis.stretch(fault.at, end):
            row[column] = look.glyphs.held
    begin = fault.at
    for step in fault.steps[:-1]:
        begin += max(effect_lasts(effect, known) for effect in step)
        row[axis.column(begin)] = look.glyphs.join
    row[axis.column(fault.at)] = look.glyphs.mark


def _when(faults: list[Fault], look: Look) -> str:
    first = spoken(faults[0].at)
    if len(faults) == 1:
        return f"at {first}"
    return f"{len(faults)} {look.glyphs.times} from {first} to {spoken(faults[-1].at)}"


def _reaction(reaction: Reaction, cell: Cell, axis: Axis, look: Look) -> Iterator[str]:
    trigger = reaction.trigger
    text = trigger_in_words(trigger)
    if isinstance(trigger, AtIteration):
        planned = [arrival(one, trigger.iteration) for one in cell.workloads if one.name == trigger.workload]
        text += "".join(f", planned at {spoken(at)}" for at in planned if at is not None)
    name = look.cut(reaction.name, axis.margin - 1)
    for line in wrapped(text, axis.columns):
        yield name.ljust(axis.margin) + look.paint("fault", line)
        name = ""
    yield from _told(steps_in_words(reaction.steps), axis, look)


def _told(text: str, axis: Axis, look: Look) -> Iterator[str]:
    """Wrapped below the row."""
    for line in wrapped(text, axis.columns):
        yield " " * axis.margin + look.paint("dim", line)
