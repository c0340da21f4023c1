"""What a cell plans for a formula: when its windows are open, and the most rows that can fall into them.

Only what is certain: None wherever the run decides (closed load, reactions, faults that are over by themselves).
"""

from __future__ import annotations

import math

from erisc.compiler.lasting import lasts, levels, load_end, stage_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.plan import Cell, Fault, Selection, Stage, Window, Workload

Stretch = tuple[float, float]
"""Begin and end, s from t = 0."""


def stretches(window: Window | None, cell: Cell) -> tuple[Stretch, ...] | None:
    """When a window is open while there is load; in order, apart from each other. None: only the run can tell."""
    end = load_end(cell.workloads)
    if window is None:
        return _cut([(0.0, end)], end)
    anchors = _anchors(window.of, cell)
    if anchors is None:
        return None
    if window.kind == "between":
        others = _anchors(window.to, cell)
        return None if others is None else _cut(_between(anchors, others), end)
    length = math.inf if window.length is None else window.length
    if window.kind == "before":
        return _cut([(begin - length, begin) for begin, _ in anchors], end)
    if window.kind == "after":
        return _cut([(over, over + length) for _, over in anchors], end)
    return _cut(anchors, end)


def _anchors(name: str, cell: Cell) -> list[Stretch] | None:
    """The stretches of a stage or of all instances of a fault."""
    workload, dot, stage = name.partition(".")
    if dot:
        stages = [one for load in cell.workloads if load.name == workload for one in load.stages if one.name == stage]
        if len(stages) != 1 or stages[0].start is None or math.isinf(stage_end(stages[0])):
            return None
        return [(stages[0].start, stage_end(stages[0]))]
    faults = [fault for fault in cell.faults if fault.name == name]
    if any(reaction.name == name for reaction in cell.reactions) or not all(_known(fault) for fault in faults):
        return None
    return [(fault.at, fault.at + lasts(fault.steps, ())) for fault in faults]


def _known(fault: Fault) -> bool:
    """Whether its length is: not that of what is over by itself, or goes from host to host."""
    effects = [effect for step in fault.steps for effect in step]
    return all(effect.duration is not None and effect.target.selector != "each" for effect in effects)


def _between(first: list[Stretch], second: list[Stretch]) -> list[Stretch]:
    """From the end of each to the next start of the other."""
    found = []
    for _, over in first:
        starts = [begin for begin, _ in second if begin >= over]
        found += [(over, min(starts))] if starts else []
    return found


def _cut(found: list[Stretch], end: float) -> tuple[Stretch, ...]:
    """Within the load, and run together where they meet."""
    kept: list[Stretch] = []
    inside = ((max(begin, 0.0), min(over, end)) for begin, over in sorted(found))
    for begin, over in inside:
        if begin >= over:
            continue
        if kept and begin <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(kept[-1][1], over))
        else:
            kept.append((begin, over))
    return tuple(kept)


def rows(selection: Selection, cell: Cell) -> float | None:
    """The most rows that the plan brings: arrivals of an open model, iterations of a stage that they bound.

    Of `api` with a filter on `op`, one row an iteration of the workload whose stage is the window.
    """
    name = selection.workload
    if selection.table == "api" and any(one.column == "op" and one.operator == "==" for one in selection.filters):
        name = selection.window.of.partition(".")[0] if selection.window and "." in selection.window.of else ""
    workload = next((one for one in cell.workloads if one.name == name), None)
    if workload is None or selection.table not in ("iterations", "api"):
        return None
    return _iterations(workload, selection, cell)


def _iterations(workload: Workload, selection: Selection, cell: Cell) -> float | None:
    window = selection.window
    if window is not None and window.kind == "during":
        for stage in workload.stages:
            if f"{workload.name}.{stage.name}" == window.of and stage.iterations is not None:
                return float(stage.iterations)
    found = stretches(window, cell)
    if found is None or workload.model != "open" or any(stage.start is None for stage in workload.stages):
        return None
    return sum(_arrivals(stage, begin, end) for stage in workload.stages for begin, end in found)


def _arrivals(stage: Stage, begin: float, end: float) -> float:
    """The integral of a stage's level over a stretch."""
    start, total = stage.start or 0.0, 0.0
    for level in levels(stage):
        low, high = max(begin - start, level.start), min(end - start, level.end)
        if low < high:
            slope = (level.high - level.low) / (level.end - level.start)
            middle = level.low + slope * ((low + high) / 2 - level.start)
            total += middle * (high - low)
    return total
