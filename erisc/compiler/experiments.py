"""Experiments: one cell for every sweep point and repeat."""

from __future__ import annotations

import itertools
import math
from typing import Any

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.infrastructure import build_architecture, build_topology
from erisc.compiler.lasting import load_end
from erisc.compiler.lint import lint_experiment
from erisc.compiler.lint.trial import Trial
from erisc.compiler.plan import Architecture, Cell, Criteria, Fault, Kpi, Plan, Reaction, Slo, Span
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.reactions import reactions_fit
from erisc.compiler.source import Source
from erisc.compiler.sweeps import MAX_CELLS, repeats, sweep_axes
from erisc.compiler.timeline import MAX_PLANNED, Draw, build_faults, in_order
from erisc.compiler.uses import (
    Uses,
    criteria_stand_still,
    find_checked,
    find_uses,
    kpis_fit,
    needed_kpis,
    references_fit,
)
from erisc.compiler.workloads import build_workload

EDITION = 2026
MAX_TEXT = 10_000_000
"""Characters of what is used, times cells."""


def build_plan(
    context: Context, declared: Declared, kpis: dict[str, Kpi], slos: dict[str, Slo], sound: bool
) -> Plan | None:
    """The Plan of one experiment; None when something was refused. sound: its declarations hold."""
    node, source = declared.node, declared.source
    uses = find_uses(context, node, source)
    axes = sweep_axes(context, node, source)
    times = repeats(context, node, source)
    checked = find_checked(context, node, source, slos)
    if uses is None or axes is None or times is None or not sound or context.findings.broken:
        return None
    needed = needed_kpis(checked, kpis)
    kpis_fit(context, uses, needed, source, node)
    criteria_stand_still(context, checked, needed, [name for name, _ in axes])
    if not _few_enough(context, math.prod(len(values) for _, values in axes) * times, source.span(node.name)):
        return None
    cells, architecture = _cells(context, uses, axes, times)
    if context.findings.broken or architecture is None:
        return None
    references_fit(context, uses, cells, source, node)
    reactions_fit(context, uses.faults, {one.node.name.text for one in uses.workloads}, source.span(node.name))
    criteria = Criteria(tuple(needed.values()), checked)
    if not context.findings.broken:
        lint_experiment(Trial(context, declared, uses, criteria), cells)
    return _plan(context, declared, architecture, cells, criteria)


def _plan(
    context: Context,
    declared: Declared,
    architecture: Architecture,
    cells: tuple[Cell, ...],
    criteria: Criteria,
) -> Plan | None:
    if context.findings.broken:
        return None
    parameters = tuple((name, value.data) for name, value in context.values.items() if value is not None)
    program, name, span = context.program, declared.node.name.text, declared.source.span(declared.node)
    seed = program.seed
    return Plan(
        EDITION,
        program.root.name,
        name,
        seed,
        parameters,
        (architecture,),
        (criteria,),
        (),
        (),
        None,
        cells,
        span,
    )


def _few_enough(context: Context, count: int, span: Span) -> bool:
    if count > MAX_CELLS:
        help_ = "sweep fewer values or repeat less"
        context.findings.add("E0408", f"{count} cells are more than {MAX_CELLS}", span, help=help_)
    return count <= MAX_CELLS


def _cells(
    context: Context, uses: Uses, axes: list[tuple[str, list[Value]]], times: int
) -> tuple[tuple[Cell, ...], Architecture | None]:
    cells: list[Cell] = []
    first: Architecture | None = None
    for values in itertools.product(*(values for _, values in axes)):
        point = {name: value for (name, _), value in zip(axes, values, strict=True)}
        inner = Context(context.program, context.units, {**context.values, **point}, context.findings)
        architecture = build_architecture(inner, uses.architecture)
        if architecture is None or not _stands_still(context, uses, first or architecture, architecture):
            return (), None
        first = architecture
        scalars = tuple((name, value.data) for name, value in point.items())
        for repeat in range(1, times + 1):
            cells.append(_cell(inner, uses, architecture, scalars, repeat, f"{len(cells) + 1:04d}"))
            if context.findings.broken:
                return (), None
        context.planned += inner.planned
        if not _affordable(context, uses, len(cells)):
            return (), None
    return tuple(cells), first


def _stands_still(context: Context, uses: Uses, first: Architecture, architecture: Architecture) -> bool:
    if architecture != first:
        span = uses.architecture.source.span(uses.architecture.node.name)
        help_ = "sweep loads, times or arguments"
        context.findings.add("E0190", "sweeping the architecture is not supported yet", span, help=help_)
    return architecture == first


def _affordable(context: Context, uses: Uses, cells: int) -> bool:
    """Whether the Plan stays of a size that anybody can use: bounded instants, bounded text times cells."""
    declared = (*uses.topologies, *uses.workloads, *uses.faults)
    text = cells * sum(one.node.end - one.node.start for one in declared)
    span = uses.architecture.source.span(uses.architecture.node.name)
    if context.planned > MAX_PLANNED:
        context.findings.add("E0406", f"more than {MAX_PLANNED} planned faults", span, help="fewer cells or faults")
    elif text > MAX_TEXT:
        context.findings.add("E0408", f"{cells} cells of this size are too many", span, help="sweep fewer values")
    return not context.findings.broken


def _cell(
    context: Context, uses: Uses, architecture: Architecture, point: tuple[tuple[str, Any], ...], repeat: int, name: str
) -> Cell:
    topologies = tuple(build_topology(context, declared) for declared in uses.topologies)
    workloads = tuple(made for declared in uses.workloads if (made := build_workload(context, declared)) is not None)
    end = load_end(workloads)
    draw = Draw(context.program.seed, point, repeat)
    faults: list[Fault] = []
    reactions: list[Reaction] = []
    for declared in uses.faults:
        planned, foretold = build_faults(context, declared, architecture, draw, None if end == math.inf else end)
        faults += planned
        reactions += foretold
    _unique(context, uses)
    return Cell(name, point, repeat, 0, 0, topologies, workloads, in_order(faults), tuple(reactions))


def _unique(context: Context, uses: Uses) -> None:
    names: dict[str, tuple[ast.Word, Source]] = {}
    for declared in uses.faults:
        for item in declared.node.items:
            first = names.setdefault(item.name.text, (item.name, declared.source))
            if first[0] is not item.name:
                labels = [(first[1].span(first[0]), "the first")]
                context.findings.add(
                    "E0204",
                    f"fault `{item.name.text}` is declared twice",
                    declared.source.span(item.name),
                    labels=labels,
                )
