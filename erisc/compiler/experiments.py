"""Experiments: what is used, swept, repeated and checked; one cell for every point and repeat."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context, article
from erisc.compiler.criteria import references, samples_needed, selections
from erisc.compiler.infrastructure import build_architecture, build_topology
from erisc.compiler.plan import (
    Aggregate,
    Architecture,
    Binary,
    Cell,
    Fault,
    Kpi,
    Mapping,
    OutputRef,
    Plan,
    Slo,
    Workload,
)
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.source import Findings, Source
from erisc.compiler.timeline import Draw, build_faults
from erisc.compiler.workloads import beside, build_workload

MAX_CELLS = 1000
MAX_FAULTS = 200_000
"""Planned instants of a whole experiment."""


@record
class Uses:
    """What an experiment names, by kind, in order."""

    architecture: Declared
    topologies: tuple[Declared, ...]
    workloads: tuple[Declared, ...]
    faults: tuple[Declared, ...]


def build_plan(context: Context, declared: Declared, kpis: dict[str, Kpi], slos: dict[str, Slo]) -> Plan | None:
    """The Plan of one experiment; None when something was refused."""
    node, source = declared.node, declared.source
    uses = _uses(context, node, source)
    axes = _axes(context, node, source)
    repeats = _repeats(context, node, source)
    checked = _checked(context, node, source, slos)
    if uses is None or axes is None or repeats is None or context.findings.broken:
        return None
    needed = _needed(checked, kpis)
    _kpis_fit(context, uses, needed, source, node)
    count = math.prod(len(values) for _, values in axes) * repeats
    if count > MAX_CELLS:
        context.findings.add(
            "E0408",
            f"{count} cells are more than {MAX_CELLS}",
            source.span(node.name),
            help="sweep fewer values or repeat less",
        )
        return None
    cells, architecture = _cells(context, uses, axes, repeats)
    if context.findings.broken or architecture is None:
        return None
    _references_fit(context, uses, cells, source, node)
    _samples_suffice(context, checked, needed, cells)
    if context.findings.broken:
        return None
    parameters = tuple((name, value.data) for name, value in context.values.items() if value is not None)
    program = context.program
    return Plan(
        2026,
        program.root.name,
        node.name.text,
        program.seed,
        parameters,
        architecture,
        cells,
        tuple(needed.values()),
        checked,
        source.span(node),
    )


# --- what is used ---


def _uses(context: Context, node: ast.Experiment, source: Source) -> Uses | None:
    found: dict[str, dict[str, Declared]] = {kind: {} for kind in ("architecture", "topology", "workload", "faults")}
    words = [word for item in node.items if isinstance(item, ast.Use) for word in item.names.words]
    sound = True
    for word in words:
        kind = context.program.owners.get(word.text, ("", None))[0]
        if kind in found:
            declared = context.find(kind, word, source)
            if declared is not None:
                if word.text in found[kind]:
                    context.findings.add("W0202", f"`{word.text}` is used twice", source.span(word))
                found[kind][word.text] = declared
        else:
            sound = False
            _cannot_use(context, word, source, kind)
    for name in list(found["workload"]):
        for other in beside(context.program.names["workload"], name):
            partner = context.program.get("workload", other)
            if partner is not None:
                found["workload"].setdefault(other, partner)
    architecture = _one_architecture(context, node, source, found["architecture"], words)
    if not found["workload"] and sound:
        context.findings.add(
            "E0210", f"experiment `{node.name.text}` uses no workload", source.span(node.name), help="add one to `use`"
        )
        sound = False
    if architecture is None or not sound:
        return None
    for kind in ("topology", "workload", "faults"):
        for name, declared in found[kind].items():
            _same_architecture(context, name, kind, declared, architecture, words, source)
    return Uses(architecture, *(tuple(found[kind].values()) for kind in ("topology", "workload", "faults")))


def _cannot_use(context: Context, word: ast.Word, source: Source, kind: str) -> None:
    if kind:
        context.program.used.add(word.text)
        help_ = (
            "SLOs are checked: `check …`"
            if kind == "slo"
            else "an experiment uses an architecture, topologies, workloads and faults"
        )
        context.findings.add(
            "E0205", f"`{word.text}` is {article(kind)}, it cannot be used", source.span(word), help=help_
        )
    elif word.text not in context.program.lost:
        from erisc.compiler.source import did_you_mean, nearest

        known = [
            name
            for name, (owner, _) in context.program.owners.items()
            if owner in ("architecture", "topology", "workload", "faults")
        ]
        guess = nearest(word.text, known)
        fix = (source.span(word), guess) if guess else None
        context.findings.add(
            "E0201", f"there is no `{word.text}`", source.span(word), help=did_you_mean(word.text, known), fix=fix
        )


def _one_architecture(
    context: Context, node: ast.Experiment, source: Source, found: dict[str, Declared], words: list[ast.Word]
) -> Declared | None:
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        if not any(word.text in context.program.lost for word in words):
            context.findings.add(
                "E0210",
                f"experiment `{node.name.text}` uses no architecture",
                source.span(node.name),
                help="add one to `use`",
            )
        return None
    places = [word for word in words if word.text in found]
    labels = [(source.span(places[0]), "the first")]
    context.findings.add("E0210", "an experiment uses exactly one architecture", source.span(places[1]), labels=labels)
    return None


def _same_architecture(
    context: Context,
    name: str,
    kind: str,
    declared: Declared,
    architecture: Declared,
    words: list[ast.Word],
    source: Source,
) -> None:
    on, used = declared.node.on, architecture.node.name.text
    if on.text == used:
        return
    place = next((source.span(word) for word in words if word.text == name), declared.source.span(on))
    labels = [(declared.source.span(on), f"it is on `{on.text}`")]
    context.findings.add("E0211", f"{kind} `{name}` is not on architecture `{used}`", place, labels=labels)


def _checked(context: Context, node: ast.Experiment, source: Source, slos: dict[str, Slo]) -> tuple[Slo, ...]:
    found: dict[str, Slo] = {}
    for item in node.items:
        for word in item.names.words if isinstance(item, ast.Check) else ():
            if context.find("slo", word, source) is not None and word.text in slos:
                found[word.text] = slos[word.text]
    if not any(isinstance(item, ast.Check) for item in node.items):
        context.findings.add(
            "W0203",
            f"experiment `{node.name.text}` checks nothing",
            source.span(node.name),
            help="add `check` with its SLOs",
        )
    return tuple(found.values())


def _needed(checked: tuple[Slo, ...], kpis: dict[str, Kpi]) -> dict[str, Kpi]:
    """The KPIs behind the SLOs, in the order of dependence."""
    wanted: set[str] = set()
    waiting = [slo.kpi for slo in checked]
    while waiting:
        name = waiting.pop()
        if name not in wanted and name in kpis:
            wanted.add(name)
            waiting += [ref.name for ref in references(kpis[name].formula)]
    return {name: kpi for name, kpi in kpis.items() if name in wanted}


def _kpis_fit(context: Context, uses: Uses, needed: dict[str, Kpi], source: Source, node: ast.Experiment) -> None:
    workloads = {declared.node.name.text for declared in uses.workloads}
    faults = {item.name.text for declared in uses.faults for item in declared.node.items}
    where = source.span(node.name)
    for kpi in needed.values():
        for selection in selections(kpi.formula):
            of = selection.window.of if selection.window else ""
            missing = selection.workload if selection.workload and selection.workload not in workloads else ""
            if of and (of.partition(".")[0] not in workloads if "." in of else of not in faults):
                missing = of
            if missing:
                labels = [(where, f"`{node.name.text}` checks it")]
                summary = f"KPI `{kpi.name}` looks at `{missing}`, which experiment `{node.name.text}` does not use"
                context.findings.add(
                    "E0212", summary, selection.span, labels=labels, help="add it to `use`, or check another SLO"
                )


# --- sweep and repeat ---


def _repeats(context: Context, node: ast.Experiment, source: Source) -> int | None:
    items = [item for item in node.items if isinstance(item, ast.Repeat)]
    for item in items[1:]:
        context.findings.add(
            "E0204", "`repeat` is given twice", source.span(item), labels=[(source.span(items[0]), "the first")]
        )
    if not items:
        return 1
    return context.constants(source).whole(items[0].count, what="the number of repeats", low=1, high=MAX_CELLS)


def _axes(context: Context, node: ast.Experiment, source: Source) -> list[tuple[str, list[Value]]] | None:
    axes: dict[str, list[Value]] = {}
    for item in node.items:
        if not isinstance(item, ast.SweepList | ast.SweepRange):
            continue
        declared = context.find("param", item.param, source)
        if declared is None:
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
    from erisc.compiler.parameters import fits

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
    from erisc.compiler.parameters import fits

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


# --- cells ---


def _cells(
    context: Context, uses: Uses, axes: list[tuple[str, list[Value]]], repeats: int
) -> tuple[tuple[Cell, ...], Architecture | None]:
    cells: list[Cell] = []
    first: Architecture | None = None
    planned = 0
    for values in itertools.product(*(values for _, values in axes)):
        point = tuple((name, value) for (name, _), value in zip(axes, values, strict=True))
        inner = Context(context.program, context.units, {**context.values, **dict(point)}, context.findings)
        architecture = build_architecture(inner, uses.architecture)
        if first is not None and architecture != first:
            span = uses.architecture.source.span(uses.architecture.node.name)
            context.findings.add(
                "E0190", "sweeping the architecture is not supported yet", span, help="sweep loads, times or arguments"
            )
            return (), None
        first = first or architecture
        scalars = tuple((name, value.data) for name, value in point)
        for repeat in range(1, repeats + 1):
            cell = _cell(inner, uses, architecture, scalars, repeat, f"{len(cells) + 1:04d}")
            planned += len(cell.faults)
            if context.findings.broken or planned > MAX_FAULTS:
                if planned > MAX_FAULTS:
                    context.findings.add(
                        "E0406",
                        f"more than {MAX_FAULTS} planned faults",
                        uses.architecture.source.span(uses.architecture.node.name),
                    )
                return (), None
            cells.append(cell)
    return tuple(cells), first


def _cell(
    context: Context, uses: Uses, architecture: Architecture, point: tuple[tuple[str, Any], ...], repeat: int, name: str
) -> Cell:
    topologies = tuple(build_topology(context, declared) for declared in uses.topologies)
    workloads = tuple(made for declared in uses.workloads if (made := build_workload(context, declared)) is not None)
    end = max((end_of(workload) for workload in workloads), default=math.inf)
    draw = Draw(context.program.seed, point, repeat)
    faults: list[Fault] = []
    for declared in uses.faults:
        faults += build_faults(context, declared, architecture, draw, end)
    ordered = tuple(sorted(faults, key=lambda fault: (fault.at, fault.name, fault.instance)))
    _unique(context, uses)
    return Cell(name, point, repeat, topologies, workloads, ordered)


def end_of(workload: Workload) -> float:
    """When the load of a workload ends, s from t = 0."""
    last = workload.stages[-1]
    return last.start + last.duration


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


def _references_fit(
    context: Context, uses: Uses, cells: tuple[Cell, ...], source: Source, node: ast.Experiment
) -> None:
    """Every resource an argument names is in a topology that is used."""
    for declared, workload in zip(uses.workloads, cells[0].workloads, strict=True):
        wanted = {reference.topology for reference in _outputs(workload.arguments)}
        for name in sorted(wanted - {topology.name for topology in cells[0].topologies}):
            span = declared.source.span(declared.node.name)
            labels = [(source.span(node.name), f"add `{name}` to its `use`")]
            context.findings.add(
                "E0212", f"workload `{workload.name}` needs topology `{name}`, which is not used", span, labels=labels
            )


def _outputs(argument: Any) -> list[OutputRef]:
    if isinstance(argument, OutputRef):
        return [argument]
    parts = [value for _, value in argument.items] if isinstance(argument, Mapping) else argument
    return [found for part in parts for found in _outputs(part)] if isinstance(parts, tuple | list) else []


# --- statistics ---


def _samples_suffice(context: Context, checked: tuple[Slo, ...], kpis: dict[str, Kpi], cells: tuple[Cell, ...]) -> None:
    """Warn when the planned arrivals of an open model cannot bound what an SLO limits."""
    for slo in checked:
        kpi = kpis[slo.kpi]
        selection, quantile = _bounded(kpi, slo)
        if selection is None or not 0 < quantile < 1:
            continue
        planned = min(
            (_arrivals(selection.window.of if selection.window else "", cell) for cell in cells), default=math.inf
        )
        needed = samples_needed(quantile, slo.confidence)
        if planned < needed:
            note = f"{needed} samples bound {quantile * 100:g} % with a confidence of {slo.confidence * 100:g} %; {planned:.0f} are planned"
            labels = [(kpi.span, "measured here")]
            help_ = "a longer stage, a higher load, or less confidence; as it is the verdict will be inconclusive"
            context.findings.add(
                "W0601", f"SLO `{slo.name}` cannot reach its confidence", slo.span, note=note, labels=labels, help=help_
            )


def _bounded(kpi: Kpi, slo: Slo) -> tuple[Any, float]:
    """The rows behind a percentile or a share of good rows, and the quantile that must be bounded."""
    formula = kpi.formula
    above = slo.operator in (">", ">=")
    if isinstance(formula, Aggregate) and (match := re.fullmatch(r"p(\d+)(?:_(\d+))?", formula.function)):
        quantile = float(f"{match[1]}.{match[2] or 0}") / 100
        return formula.over, 1 - quantile if above else quantile
    if (
        isinstance(formula, Binary)
        and formula.operator == "/"
        and isinstance(formula.left, Aggregate)
        and isinstance(formula.right, Aggregate)
    ):
        if formula.left.function == formula.right.function == "count" and formula.left.over.filters:
            return formula.right.over, slo.limit if above else 1 - slo.limit
    return None, 0.0


def _arrivals(stage: str, cell: Cell) -> float:
    """Planned arrivals in a stage of an open model; inf when they are not known."""
    workload, _, name = stage.partition(".")
    for candidate in cell.workloads:
        for one in candidate.stages if candidate.name == workload and candidate.model == "open" else ():
            if one.name == name:
                return (one.level_from + one.level_to) / 2 * one.duration
    return math.inf


__all__ = ["Findings", "build_plan", "end_of"]
