"""The way of a spec through the compiler, pass by pass."""

from __future__ import annotations

import math
from collections.abc import Mapping

from erisc.base.record import record
from erisc.compiler.context import Context
from erisc.compiler.criteria import build_kpis, build_slos
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.experiments import build_plan
from erisc.compiler.infrastructure import build_architecture, build_topology
from erisc.compiler.lint import lint_names
from erisc.compiler.parameters import bind
from erisc.compiler.plan import Kpi, Plan, Slo, Span, Workload
from erisc.compiler.program import Declared, Program, read, resolve
from erisc.compiler.quantities import Units
from erisc.compiler.source import Findings, Source, did_you_mean, order
from erisc.compiler.syntax import parser
from erisc.compiler.timeline import Draw, build_faults
from erisc.compiler.workloads import build_workload


@record
class Compilation:
    """plan: None when there is an error. sources: file name as in spans -> text."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


@record
class Request:
    """experiment: its name; None for the only one. every: check all experiments and make no choice."""

    path: str
    settings: Mapping[str, str]
    experiment: str | None
    every: bool


@record
class Checked:
    """A program whose declarations all hold at the default point."""

    context: Context
    kpis: dict[str, Kpi]
    slos: dict[str, Slo]


def read_pass(request: Request, _: object, findings: Findings) -> Source | None:
    """The file's text."""
    return read(request.path, findings)


def resolve_pass(request: Request, source: Source, findings: Findings) -> Program:
    """Statements, imports, names."""
    return resolve(source, findings)


def check_pass(request: Request, program: Program, findings: Findings) -> Checked:
    """Types, units, the timeline and the formulas of every declaration, used or not."""
    units = Units(parser().tables.units)
    context = Context(program, units, bind(program, units, request.settings, findings), findings)
    root = program.root
    own = {kind: [d for d in found.values() if d.source is root] for kind, found in program.names.items()}
    for declared in own["architecture"]:
        build_architecture(context, declared)
    for declared in own["topology"]:
        build_topology(context, declared)
    for declared in own["workload"]:
        build_workload(context, declared)
    for declared in own["faults"]:
        _check_faults(context, declared)
    kpis = build_kpis(context)
    return Checked(context, kpis, build_slos(context, kpis))


def _check_faults(context: Context, declared: Declared) -> None:
    found = context.find("architecture", declared.node.on, declared.source)
    architecture = build_architecture(context, found) if found else None
    build_faults(context, declared, architecture, Draw(context.program.seed, (), 1), math.inf)


def expand_pass(request: Request, checked: Checked, findings: Findings) -> Plan | None:
    """The cells of the chosen experiment, or of all of them."""
    program = checked.context.program
    chosen = _choose(request, program, findings)
    plan: Plan | None = None
    for declared in chosen:
        made = build_plan(checked.context, declared, checked.kpis, checked.slos)
        plan = plan or made
    lint_names(program, findings)
    return None if findings.broken or (request.every and len(chosen) != 1) else plan


def _choose(request: Request, program: Program, findings: Findings) -> list[Declared]:
    experiments = program.names["experiment"]
    program.used |= set(experiments)
    nowhere = Span(program.root.name, 1, 1, 1, 1)
    if request.every:
        return list(experiments.values())
    if request.experiment is not None:
        if request.experiment in experiments:
            return [experiments[request.experiment]]
        if request.experiment not in program.lost:
            help_ = did_you_mean(request.experiment, experiments)
            findings.add("E0213", f"there is no experiment `{request.experiment[:60]}`", nowhere, help=help_)
        return []
    if len(experiments) == 1:
        return list(experiments.values())
    if experiments:
        names = ", ".join(f"`{name}`" for name in experiments)
        findings.add("E0213", "the spec has several experiments", nowhere, help=f"choose one: {names}")
    elif not findings.broken:
        findings.add("E0213", "the spec has no experiment", nowhere, help="add `experiment NAME { use … check … }`")
    return []


PASSES = (read_pass, resolve_pass, check_pass, expand_pass)
"""Each takes the request and what the pass before it made, and adds to the findings; None stops the way."""


def run(request: Request) -> Compilation:
    """All passes over one spec."""
    findings = Findings()
    value: object = request
    sources: dict[str, str] = {}
    for one in PASSES:
        value = one(request, value, findings)  # type: ignore[operator]
        if isinstance(value, Program):
            sources = value.sources
        elif isinstance(value, Source):
            sources = {value.name: value.text}
        if value is None:
            break
    return Compilation(value if isinstance(value, Plan) else None, findings.sorted(), sources)


__all__ = ["PASSES", "Compilation", "Request", "Workload", "order", "run"]
