"""Sweeps and repeats of an experiment."""

from __future__ import annotations

import math

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.parameters import fits
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source

MAX_CELLS = 1000


def repeats(context: Context, node: ast.Experiment, source: Source) -> int | None:
    """How often every point is repeated."""
    items = [item for item in node.items if isinstance(item, ast.Repeat)]
    for item in items[1:]:
        context.findings.add(
            "E0204", "`repeat` is given twice", source.span(item), labels=[(source.span(items[0]), "the first")]
        )
    if not items:
        return 1
    return context.constants(source).whole(items[0].count, what="the number of repeats", low=1, high=MAX_CELLS)


def sweep_axes(context: Context, node: ast.Experiment, source: Source) -> list[tuple[str, list[Value]]] | None:
    """Swept parameters with their values, in order."""
    axes: dict[str, list[Value]] = {}
    for item in node.items:
        if not isinstance(item, ast.SweepList | ast.SweepRange):
            continue
        declared = context.find("param", item.param, source)
        if declared is None or context.values.get(item.param.text) is None:
            continue
        if item.param.text in axes:
            context.findings.add("E0204", f"`{item.param.text}` is swept twice", source.span(item.param))
            continue
        values = (
            _list(context, item, declared, source)
            if isinstance(item, ast.SweepList)
            else _range(context, item, declared, source)
        )
        if values is None:
            return None
        axes[item.param.text] = values
    return list(axes.items())


def _list(context: Context, item: ast.SweepList, declared: Declared, source: Source) -> list[Value] | None:
    if not item.values.items:
        context.findings.add("E0408", "this sweep is empty", source.span(item.values))
        return None
    if len(item.values.items) > MAX_CELLS:
        context.findings.add("E0408", f"this sweep has more than {MAX_CELLS} values", source.span(item.values))
        return None
    what = f"a value of `{item.param.text}`"
    values = [context.constants(source).due(value, declared.node.type.text, what=what) for value in item.values.items]
    for place, value in zip(item.values.items, values, strict=True):
        if value is not None and not fits(context, declared, value, source.span(place)):
            return None
    return [value for value in values if value is not None] if all(value is not None for value in values) else None


def _range(context: Context, item: ast.SweepRange, declared: Declared, source: Source) -> list[Value] | None:
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
    values = [Value(low.data + index * step.data, low.type, low.dimension) for index in range(count)]
    return values if all(fits(context, declared, value, source.span(item)) for value in values) else None
