"""What an experiment amounts to: its sweep, its cells, how long they take."""

from __future__ import annotations

import math

from erisc.cli.plan_chart.look import Look
from erisc.cli.plan_chart.words import plain, spoken
from erisc.compiler.lasting import load_end
from erisc.compiler.plan import Cell, Plan, Scalar, Search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

EXACT = 2000
"""Cells up to which every one is asked how long it takes; of more, so many spread evenly."""
_LISTED = 6


def summary(plan: Plan, look: Look) -> Iterator[str]:
    """The experiment, its axes, its cells and their time."""
    yield look.paint("bold", plan.experiment) + f": {plain(plan.spec)}, seed {plan.seed}"
    count = len(plan.cells)
    repeats = plan.cells[-1].repeat
    axes = sweep_axes(plan)
    if axes:
        yield look.cut("sweep: " + "; ".join(f"{name} in {_values(values, look)}" for name, values in axes), look.width)
    points = f"{count // repeats} points" if axes else "one point"
    often = f" {look.glyphs.times} {repeats} repeats = {count} cells" if repeats > 1 else f", {count} cells"
    total, exact = planned_time(plan)
    if math.isinf(total):
        time = "only the run can tell how long"
    else:
        time = f"{'' if exact else 'about '}{spoken(total)} of load in all"
    yield f"cells: {points if count > 1 else 'one'}{often if count > 1 else ''}, {time}"
    if plan.search is not None:
        yield look.cut(_search(plan.search), look.width)


def _search(search: Search) -> str:
    """`search: the largest n in 1 .. 100 where success >= 99 %`; what is drawn is the lowest."""
    where = " and ".join(f"{one.kpi} {one.operator} {one.display}" for one in search.conditions)
    return f"search: the largest {search.variable} in {search.low:g} .. {search.high:g} where {where}"


def sweep_axes(plan: Plan) -> list[tuple[str, list[Scalar]]]:
    """The swept parameters with their values, in the order of the sweep: the last goes fastest."""
    repeats, found, block = plan.cells[-1].repeat, [], len(plan.cells)
    first = plan.cells[0].point
    for index, (name, low) in enumerate(first):
        values, size = [low], len(plan.cells)
        # The values of an axis are equally long blocks of cells; a binary search finds how long.
        size = _block(plan, index, block)
        values = [plan.cells[at].point[index][1] for at in range(0, block, size)]
        found.append((name, values))
        block = size
    assert block == repeats
    return found


def _block(plan: Plan, index: int, block: int) -> int:
    """How many cells from the first have its value of this axis; the values of an axis differ."""
    value, low, high = plan.cells[0].point[index][1], 1, block
    while low < high:
        middle = (low + high + 1) // 2
        if all(plan.cells[middle - 1].point[at][1] == plan.cells[0].point[at][1] for at in range(index + 1)):
            low = middle
        else:
            high = middle - 1
    assert plan.cells[low - 1].point[index][1] == value
    return low


def planned_time(plan: Plan) -> tuple[float, bool]:
    """s of load of all cells, and whether that is exact; inf when only the run can tell."""
    count = len(plan.cells)
    if count <= EXACT:
        return sum(load_end(cell.workloads) for cell in plan.cells), True
    asked = [plan.cells[index * count // EXACT] for index in range(EXACT)]
    return sum(load_end(cell.workloads) for cell in asked) / EXACT * count, False


def _values(values: list[Scalar], look: Look) -> str:
    shown = [_scalar(value) for value in values]
    if len(shown) > _LISTED:
        shown = [*shown[:3], look.glyphs.dots, shown[-1]]
        return f"{', '.join(shown)} ({len(values)} values)"
    return ", ".join(shown)


def _scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else plain(str(value))


def cell_line(cell: Cell, plan: Plan, look: Look) -> str:
    """`cell 0001 of 0045: computes = 10, repeat 1`."""
    point = [f"{name} = {_scalar(value)}" for name, value in cell.point]
    if plan.cells[-1].repeat > 1:
        point.append(f"repeat {cell.repeat}")
    last = plan.cells[-1].id
    text = f"cell {cell.id} of {last}: {', '.join(point)}" if point else f"cell {cell.id}"
    end = load_end(cell.workloads)
    return look.cut(text + (f", load for {spoken(end)}" if not math.isinf(end) else ""), look.width)
