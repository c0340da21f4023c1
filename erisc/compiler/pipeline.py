"""The way of a spec through the compiler, pass by pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from erisc.base.record import record
from erisc.compiler.context import Context
from erisc.compiler.criteria import build_kpis, build_slos
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.experiments import build_plan
from erisc.compiler.infrastructure import build_architecture, build_topology
from erisc.compiler.lint import lint_program, silenced
from erisc.compiler.parameters import bind
from erisc.compiler.plan import Kpi, Plan, Slo, Span
from erisc.compiler.program import Declared, Program, resolve
from erisc.compiler.quantities import Units
from erisc.compiler.reading import NO_TEXTS, Texts, read
from erisc.compiler.source import Findings, Source, TooManyError, did_you_mean, order
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
    """experiment: its name; None for the only one. every: check all experiments and make no choice.

    texts: what to read in place of files.
    """

    path: str
    settings: Mapping[str, str]
    experiment: str | None
    every: bool
    texts: Texts = NO_TEXTS


@record
class Checked:
    """A program with its KPIs and SLOs. sound: nothing was wrong so far, so cells may be made."""

    context: Context
    kpis: dict[str, Kpi]
    slos: dict[str, Slo]
    sound: bool


Found = tuple[Diagnostic, ...]


def read_pass(request: Request, _: object) -> tuple[Source | None, Found]:
    """The file's text."""
    findings = Findings()
    return read(request.path, findings, request.texts), findings.sorted()


def resolve_pass(request: Request, source: Source) -> tuple[Program, Found]:
    """Statements, imports, names."""
    findings = Findings()
    program = resolve(source, findings, request.texts)
    program.sound = not findings.broken
    return program, findings.sorted()


def check_pass(request: Request, program: Program) -> tuple[Checked, Found]:
    """Types, units, the timeline and the formulas of every declaration, used or not."""
    findings = Findings()
    units = Units(parser().tables.units)
    context = Context(program, units, bind(program, units, request.settings, findings), findings)
    for kind, check in _CHECKS.items():
        for declared in program.names[kind].values():
            if declared.source is program.root:
                check(context, declared)
    kpis = build_kpis(context)
    slos = build_slos(context, kpis)
    return Checked(context, kpis, slos, program.sound and not findings.broken), findings.sorted()


def _check_faults(context: Context, declared: Declared) -> None:
    found = context.find("architecture", declared.node.on, declared.source)
    architecture = build_architecture(context, found) if found else None
    build_faults(context, declared, architecture, Draw(context.program.seed, (), 1), math.inf)


_CHECKS: dict[str, Callable[[Context, Declared], object]] = {
    "architecture": build_architecture,
    "topology": build_topology,
    "workload": build_workload,
    "faults": _check_faults,
}


def expand_pass(request: Request, checked: Checked) -> tuple[Plan | None, Found]:
    """The cells of the chosen experiment, or of all of them."""
    findings = Findings()
    before = checked.context
    context = Context(before.program, before.units, before.values, findings)
    chosen = _choose(request, before.program, findings)
    plans = [build_plan(context, declared, checked.kpis, checked.slos, checked.sound) for declared in chosen]
    everything = request.every or len(before.program.names["experiment"]) == 1
    if everything and checked.sound and not findings.broken:
        lint_program(before.program, findings)
    return plans[0] if len(plans) == 1 and not findings.broken else None, findings.sorted()


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
    elif program.sound:
        findings.add("E0213", "the spec has no experiment", nowhere, help="add `experiment NAME { use … check … }`")
    return []


PASSES: tuple[Callable[[Request, Any], tuple[Any, Found]], ...] = (read_pass, resolve_pass, check_pass, expand_pass)
"""Each takes the request and what the pass before it made; None stops the way."""


def run(request: Request) -> Compilation:
    """All passes over one spec."""
    value: Any = request
    diagnostics: dict[Diagnostic, None] = {}
    sources: dict[str, str] = {}
    for one in PASSES:
        try:
            value, found = one(request, value)
        except TooManyError as stop:
            value, found = None, stop.findings.sorted()
        diagnostics |= dict.fromkeys(found)
        if isinstance(value, Program):
            sources = value.sources
        if value is None:
            break
    broken = any(found.is_error for found in diagnostics)
    plan = value if isinstance(value, Plan) and not broken else None
    return Compilation(plan, silenced(sorted(diagnostics, key=order), sources, request.every and not broken), sources)
