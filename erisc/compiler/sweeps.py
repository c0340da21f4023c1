"""Sweeps and repeats of an experiment. A range stays a range: its values are made when they are asked for."""

from __future__ import annotations

import math
from _collections_abc import Sequence  # not what imports all of `collections`

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.parameters import fits
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_CELLS = 1_000_000
"""Sweep points times repeats."""
_MAX_LISTED = 10_000


@record
class Axis:
    """A swept parameter and its values, in order."""

    name: str
    values: Sequence[Value]


class Range(Sequence[Value]):
    """low, low + step, …; `count` values."""

    def __init__(self, low: Value, step: float, count: int) -> None:
        self._low = low
        self._step = step
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(self._count)))
        if not -self._count <= index < self._count:
            raise IndexError(index)
        low = self._low
        return Value(low.data + (index % self._count) * self._step, low.type, low.dimension)


def repeats(context: Context, node: ast.Experiment, source: Source) -> int | None:
    """How often every point is repeated."""
    items = [item for item in node.items if isinstance(item, ast.Repeat)]
    for item in items[1:]:
        labels = [(source.span(items[0]), "the first")]
        context.findings.add("E0204", "`repeat` is given twice", source.span(item), labels=labels)
    if not items:
        return 1
    return context.constants(source).whole(items[0].count, what="the number of repeats", low=1, high=MAX_CELLS)


def sweep_axes(context: Context, node: ast.Experiment, source: Source) -> list[Axis] | None:
    """Swept parameters with their values, in order; without those that somebody fixed. None when one was refused."""
    axes: dict[str, Axis] = {}
    sound = True
    for item in node.items:
        if not isinstance(item, ast.SweepList | ast.SweepRange):
            continue
        declared = context.find("param", item.param, source)
        if declared is None or context.values.get(item.param.text) is None:
            continue
        if item.param.text in axes:
            context.findings.add("E0204", f"`{item.param.text}` is swept twice", source.span(item.param))
            continue
        values = _values(context, item, declared, source)
        sound = sound and values is not None
        axes[item.param.text] = Axis(item.param.text, values or ())
    return [axis for axis in axes.values() if axis.name not in context.fixed] if sound else None


def few_enough(context: Context, axes: list[Axis], times: int, node: ast.Experiment, source: Source) -> bool:
    """Whether the cells are at most MAX_CELLS; says so at the experiment's name when not."""
    count = math.prod(len(axis.values) for axis in axes) * times
    if count <= MAX_CELLS:
        return True
    sweeps = [item for item in node.items if isinstance(item, ast.SweepList | ast.SweepRange)]
    sizes = {axis.name: len(axis.values) for axis in axes}
    labels = [(source.span(item), f"{sizes[item.param.text]} values") for item in sweeps if item.param.text in sizes]
    summary = f"{count} cells are more than {MAX_CELLS}"
    help_ = "sweep fewer values or repeat less"
    context.findings.add("E0408", summary, source.span(node.name), labels=labels, help=help_)
    return False


def _values(
    context: Context, item: ast.SweepList | ast.SweepRange, declared: Declared, source: Source
) -> Sequence[Value] | None:
    if isinstance(item, ast.SweepList):
        return _list(context, item, declared, source)
    return _range(context, item, declared, source)


def _list(context: Context, item: ast.SweepList, declared: Declared, source: Source) -> Sequence[Value] | None:
    places = item.values.items
    if not places:
        context.findings.add("E0408", "this sweep is empty", source.span(item.values))
        return None
    if len(places) > _MAX_LISTED:
        context.findings.add("E0408", f"this sweep lists more than {_MAX_LISTED} values", source.span(item.values))
        return None
    what, constants = f"a value of `{item.param.text}`", context.constants(source)
    values = [constants.due(value, declared.node.type.text, what=what) for value in places]
    found: dict[object, ast.Node] = {}
    sound = True
    for place, value in zip(places, values, strict=True):
        if value is None or not fits(context, declared, value, source.span(place)):
            sound = False
        elif found.setdefault(value.data, place) is not place:
            labels = [(source.span(found[value.data]), "the first")]
            context.findings.add("E0204", "this value is swept twice", source.span(place), labels=labels)
    return [value for value in values if value is not None] if sound else None


def _range(context: Context, item: ast.SweepRange, declared: Declared, source: Source) -> Sequence[Value] | None:
    constants, type_ = context.constants(source), declared.node.type.text
    ends = [constants.due(part, type_, what=f"`{item.param.text}`") for part in (item.low, item.high, item.step)]
    low, high, step = ends
    if low is None or high is None or step is None:
        return None
    if low.dimension is None or step.data <= 0 or high.data < low.data:
        context.findings.add("E0408", "a sweep goes up from its first value by a positive step", source.span(item))
        return None
    count = math.floor((high.data - low.data) / step.data + 1e-9) + 1
    if count > MAX_CELLS:
        context.findings.add("E0408", f"this sweep has {count} values, more than {MAX_CELLS}", source.span(item))
        return None
    values = Range(low, step.data, count)
    # A parameter's range has no holes: what fits at both ends fits between them.
    return values if all(fits(context, declared, end, source.span(item)) for end in (values[0], values[-1])) else None
