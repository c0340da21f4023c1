"""Experiments: declarations to a Plan. Everything that differs between cells is checked; no cell is made for it."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.cells import Cells, Part, Parts, Point, Space
from erisc.compiler.context import Context
from erisc.compiler.criteria import build_kpis, build_slos
from erisc.compiler.depends import Dependence, bases
from erisc.compiler.exposure import check_exposure, scene_of
from erisc.compiler.images import build_image, find_image, referenced
from erisc.compiler.imports import mentioned
from erisc.compiler.infrastructure import build_architecture
from erisc.compiler.lasting import load_end
from erisc.compiler.lint import lint_experiment
from erisc.compiler.lint.trial import Trial
from erisc.compiler.plan import Architecture, Criteria, Image, Kpi, Metric, Plan, Search, Slo
from erisc.compiler.program import Declared
from erisc.compiler.reactions import reactions_fit, servers_fit
from erisc.compiler.slos import runs_fit
from erisc.compiler.source import Findings, Source
from erisc.compiler.sweeps import few_enough, repeats, sweep_axes
from erisc.compiler.timeline import MAX_PLANNED
from erisc.compiler.topologies import build_topology
from erisc.compiler.uses import (
    Uses,
    find_checked,
    find_uses,
    kpis_fit,
    measured,
    needed_kpis,
    references_fit,
)
from erisc.compiler.workloads import build_workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

EDITION = 2026
MAX_VARIANTS = 1000
"""Of the architecture, and of what is computed and demanded."""
MAX_TEXT = 1_500_000
"""Characters of what is used, times its variants: what checking may cost."""
MAX_STRUCK = 100_000
"""Points at which loads or faults differ: what looking at every fault may cost."""
MAX_DIFFERENT = 5_000
"""Timelines of faults that are looked at."""
MAX_CHECKED = 50_000
"""Instants of faults that are made to look at every different one."""
MAX_MET = 10_000
"""Instants that are made to see whether drawn ones meet in any cell."""
MAX_LINTED = 500
"""Cells that are looked at for slips, spread evenly over a sweep that has more."""
MAX_LOOKS = 10_000
"""KPIs times such cells."""


@record
class Made:
    """KPIs and SLOs of a program with nothing swept. sound: all its declarations hold."""

    kpis: dict[str, Kpi]
    slos: dict[str, Slo]
    sound: bool


def build_plan(context: Context, declared: Declared, made: Made, search: Search | None = None) -> Plan | None:
    """The Plan of one experiment; None when something was refused. search: the limit that drives it."""
    node, source = declared.node, declared.source
    uses = find_uses(context, node, source)
    axes = sweep_axes(context, node, source)
    times = repeats(context, node, source)
    checked, reported = find_checked(context, node, source, made.slos)
    if uses is None or axes is None or times is None or not made.sound or context.findings.broken:
        return None
    runs_fit(context, source.span(node.name), checked, times)
    wanted = [*reported, *(slo.kpi for slo in checked)] + [one.kpi for one in (search.conditions if search else ())]
    needed = needed_kpis(wanted, made.kpis)
    kpis_fit(context, uses, needed, source, node)
    if not few_enough(context, axes, times, node, source):
        return None
    space = Space(context, axes, Dependence(context.program))
    parts = _parts(space, uses, Criteria(tuple(needed.values()), checked))
    trial = _Trial(context, declared, uses, times, parts)
    return _checked(trial, tuple(needed.values()), search)


@record
class _Trial:
    context: Context
    declared: Declared
    uses: Uses
    times: int
    parts: Parts


def _parts(space: Space, uses: Uses, criteria: Criteria) -> Parts:
    """criteria: with nothing swept."""
    depends = space.depends
    names = space.context.program.names
    demanded = [names["kpi"][one.name] for one in criteria.kpis] + [names["slo"][one.name] for one in criteria.slos]
    demands = depends.of(demanded)
    swept = space.axes_of(demands)
    architecture = depends.architecture(uses.architecture)
    return Parts(
        space,
        Part(space, architecture, lambda context: build_architecture(context, uses.architecture)),
        Part(space, demands, lambda context: _criteria(context, criteria) if swept else criteria),
        tuple(_part(space, declared, build_topology) for declared in uses.topologies),
        tuple(_part(space, declared, build_workload) for declared in uses.workloads),
        uses.faults,
        Part(space, depends.of((*uses.faults, *_struck_topologies(uses))) | architecture, lambda _: {}),
    )


def _struck_topologies(uses: Uses) -> list[Declared]:
    """Those whose servers a fault may strike: their names are mentioned."""
    words = {word for declared in uses.faults for word in mentioned(declared.node)}
    return [declared for declared in uses.topologies if declared.node.name.text in words]


def _part(space: Space, declared: Declared, build: Callable[[Context, Declared], Any]) -> Part[Any]:
    return Part(space, space.depends.of([declared]), lambda context: build(context, declared))


def _criteria(context: Context, names: Criteria) -> Criteria:
    """Those of these names, with the values of the context."""
    made = build_kpis(context, [kpi.name for kpi in names.kpis])
    return Criteria(tuple(made.values()), tuple(build_slos(context, made, [slo.name for slo in names.slos]).values()))


# --- checking every variant ---


def _checked(trial: _Trial, needed: tuple[Kpi, ...], search: Search | None) -> Plan | None:
    context, uses, parts = trial.context, trial.uses, trial.parts
    source, node = trial.declared.source, trial.declared.node
    if not _affordable(trial):
        return None
    architectures = _distinct(parts.architecture, context.findings)
    criteria = _distinct(parts.criteria, context.findings)
    moving: tuple[Part[Any], ...] = (*parts.topologies, *parts.workloads)
    for part in moving:
        for point in part.points():
            part.at(point, context.findings)
    _unique_faults(context, uses)
    if context.findings.broken:
        return None
    _strike(trial)
    references_fit(context, uses, parts.loads(parts.space.point(0)), source, node)
    servers_fit(context, uses.faults, {one.node.name.text for one in uses.topologies}, source.span(node.name))
    reactions_fit(context, uses.faults, {one.node.name.text for one in uses.workloads}, source.span(node.name))
    metrics = _metrics(context, uses, needed, architectures[0])
    if context.findings.broken:
        return None
    cells = Cells(parts, trial.times, architectures[1], criteria[1])
    _lint(trial, cells, criteria[0])
    return None if context.findings.broken else _plan(trial, architectures[0], criteria[0], metrics, cells, search)


def _affordable(trial: _Trial) -> bool:
    """Whether checking all variants takes reasonable time; says which declaration has too many."""
    context, parts, uses = trial.context, trial.parts, trial.uses
    findings, space = context.findings, parts.space
    place = trial.declared.source.span(trial.declared.node.name)
    named: tuple[tuple[Part[Any], str], ...] = (
        (parts.architecture, "the architecture"),
        (parts.criteria, "the KPIs and SLOs"),
    )
    for shared, what in named:
        if shared.variants > MAX_VARIANTS:
            summary = f"{what} would have {shared.variants} variants, more than {MAX_VARIANTS}"
            findings.add("E0408", summary, place, help="sweep fewer of the values that change them")
            return False
    if parts.faults and (count := space.variants(_striking(parts))) > MAX_STRUCK:
        summary = f"the faults would meet {count} different loads, more than {MAX_STRUCK}"
        findings.add("E0408", summary, place, help="sweep fewer of the values that change loads or faults")
        return False
    costs = [(part.variants, one) for part, one in zip(parts.topologies, uses.topologies, strict=True)]
    costs += [(part.variants, one) for part, one in zip(parts.workloads, uses.workloads, strict=True)]
    costs += [(parts.blueprints.variants, one) for one in uses.faults]
    for variants, declared in costs:
        if variants > 1 and variants * (declared.node.end - declared.node.start) > MAX_TEXT:
            name = declared.node.name
            help_ = "sweep fewer of the values that change it"
            summary = f"`{name.text}` would have {variants} variants of this size, too many to check"
            findings.add("E0408", summary, declared.source.span(name), labels=[(place, "swept here")], help=help_)
            return False
    return True


def _distinct(part: Part[Any], findings: Findings) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """What differs among the variants of a part, and for each variant where it is among them."""
    if part.variants == 1:  # to compare a large one costs more than to make it
        return (part.at(part.space.point(0), findings),), (0,)
    found: dict[Any, int] = {}
    places = tuple(found.setdefault(part.at(point, findings), len(found)) for point in part.points())
    return tuple(found), places


def _strike(trial: _Trial) -> None:
    """The faults wherever they, their hosts or the end of the load differ, drawn as in the first repeat.

    Where chance decides when they meet, the other cells are looked at too, as many as the bounds allow.
    """
    parts, planned = trial.parts, 0
    seen = set()
    for point in parts.space.combinations(_striking(parts)) if parts.faults else ():
        different = parts.blueprints.number(point), load_end(parts.loads(point))
        if different not in seen:
            seen.add(different)
            planned += _struck(trial, point, 1)
            if planned > MAX_CHECKED or len(seen) > MAX_DIFFERENT:
                place = trial.declared.source.span(trial.declared.node.name)
                bound = f"{MAX_CHECKED} instants" if planned > MAX_CHECKED else f"{MAX_DIFFERENT} timelines"
                summary = f"the faults of all points that differ have more than {bound}"
                trial.context.findings.add("E0406", summary, place, help="fewer instants, or sweep fewer values")
                return

    if not trial.context.findings.broken and any(_by_chance(declared) for declared in parts.faults):
        for number in range(parts.space.size * trial.times):
            index, repeat = divmod(number, trial.times)
            planned += _struck(trial, parts.space.point(index), repeat + 1)
            if planned > MAX_MET or trial.context.findings.broken:
                return


def _struck(trial: _Trial, point: Point, repeat: int) -> int:
    """Checks the faults of one cell, and what they could strike at one time; says how many instants they have."""
    parts = trial.parts
    context = parts.space.at(point, trial.context.findings)
    struck = parts.struck(context, point, repeat)
    architecture = parts.architecture.at(point)
    if architecture is not None and not context.findings.broken:
        topologies = tuple(part.at(point) for part in parts.topologies)
        scene = scene_of(context, architecture, topologies, parts.allowances(context, point))
        check_exposure(context, parts.faults, scene, struck)
    return context.planned


def _by_chance(declared: Declared) -> bool:
    """Whether the instants of one of the faults are drawn."""
    triggers = [item.trigger for item in declared.node.items]
    return any(isinstance(one, ast.Random) or (isinstance(one, ast.Every) and one.jitter) for one in triggers)


def _striking(parts: Parts) -> list[int]:
    """The axes that make a difference to faults."""
    moving: tuple[Part[Any], ...] = (parts.blueprints, *parts.workloads)
    return sorted({axis for part in moving for axis in part.axes})


def _unique_faults(context: Context, uses: Uses) -> None:
    names: dict[str, tuple[ast.Word, Source]] = {}
    for declared in uses.faults:
        for item in declared.node.items:
            first = names.setdefault(item.name.text, (item.name, declared.source))
            if first[0] is not item.name:
                labels = [(first[1].span(first[0]), "the first")]
                summary = f"fault `{item.name.text}` is declared twice"
                context.findings.add("E0204", summary, declared.source.span(item.name), labels=labels)


def _lint(trial: _Trial, cells: Cells, criteria: tuple[Criteria, ...]) -> None:
    """Rules look at the first repeat of every point, or of as many of them as the bounds allow."""
    size, kpis = trial.parts.space.size, max(1, *(len(one.kpis) for one in criteria))
    most = min(MAX_LINTED, max(1, MAX_LOOKS // kpis), max(1, MAX_PLANNED // max(1, len(cells[0].faults))))
    step = max(1, -(-size // most))
    looked = [cells[number * trial.times] for number in range(0, size, step)]
    for index, one in enumerate(criteria):
        chosen = [cell for cell in looked if cell.criteria == index]
        lint_experiment(Trial(trial.context, trial.declared, trial.uses, one), chosen)


# --- the Plan ---


def _plan(
    trial: _Trial,
    architectures: tuple[Architecture, ...],
    criteria: tuple[Criteria, ...],
    metrics: tuple[Metric, ...],
    cells: Cells,
    search: Search | None,
) -> Plan:
    context, program, node = trial.context, trial.context.program, trial.declared.node
    parameters = tuple((name, value.data) for name, value in context.values.items() if value is not None)
    return Plan(
        EDITION,
        program.root.name,
        node.name.text,
        program.seed,
        parameters,
        architectures,
        criteria,
        _images(trial, architectures),
        metrics,
        search,
        cells,
        trial.declared.source.span(node),
    )


def _images(trial: _Trial, architectures: Sequence[Architecture]) -> tuple[Image, ...]:
    """Declared images that hosts or servers use, by name. A string means an image of the library nowhere."""
    used = {str(dict(node.properties).get("image")) for one in architectures for node in one.nodes}
    for part in trial.parts.topologies:
        used |= {server.image for point in part.points() for server in part.at(point).servers}
    uses, names = trial.uses, trial.context.program.names
    chain = bases(names["architecture"], uses.architecture)
    library = {name for declared in (*chain, *uses.topologies) for name in referenced(declared.node)}
    meant = sorted(used & (library | names["image"].keys()))
    found = (find_image(trial.context, name) for name in meant)
    return tuple(build_image(trial.context, declared) for declared in found if declared is not None)


def _metrics(
    context: Context, uses: Uses, needed: tuple[Kpi, ...], architectures: Sequence[Architecture]
) -> tuple[Metric, ...]:
    """Those that a checked KPI reads, and those that are used, in the order of the program."""
    wanted = {declared.node.name.text for declared in uses.metrics} | measured(needed)
    found: list[Metric] = []
    for name, declared in context.program.names["metric"].items():
        if name in wanted:
            from erisc.compiler.metrics import build_metric, metric_fits

            for architecture in architectures:
                metric_fits(context, declared, architecture)
            metric = build_metric(context, declared)
            found += [metric] if metric else []
    return tuple(found)
