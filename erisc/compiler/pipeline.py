"""The way of a spec through the compiler, pass by pass."""

from __future__ import annotations

import math
import os

from erisc.base.record import record
from erisc.compiler.allowances import build_allowances
from erisc.compiler.context import Context
from erisc.compiler.criteria import build_kpis, build_slos
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.experiments import Made
from erisc.compiler.images import build_image
from erisc.compiler.imports import resolve
from erisc.compiler.infrastructure import build_architecture
from erisc.compiler.jobs import (
    Base,
    chosen_job,
    chosen_suite,
    every_job,
    only_candidates,
    plan_of,
    plans_of_suite,
)
from erisc.compiler.lint import lint_program, silenced
from erisc.compiler.parameters import bind
from erisc.compiler.plan import Kpi, Plan
from erisc.compiler.program import Declared, Program, is_library
from erisc.compiler.quantities import Units
from erisc.compiler.reading import NO_TEXTS, Texts, read
from erisc.compiler.source import Findings, Source, TooManyError, order
from erisc.compiler.syntax import parser
from erisc.compiler.timeline import Draw, build_faults
from erisc.compiler.topologies import build_topology
from erisc.compiler.workloads import build_workload, find_partner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from erisc.compiler.suites import Suite


@record
class Compilation:
    """plan: None when there is an error. sources: file name as in spans -> text."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


@record
class SuiteCompilation:
    """suite and plans, one for every run in order: None and () when there is an error."""

    suite: Suite | None
    plans: tuple[Plan, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


@record
class Request:
    """experiment: its name, or a limit's; None for the only one. every: check everything and make no choice.

    texts: what to read in place of files. suite: the name of one, for `run_suite`.
    """

    path: str
    settings: Mapping[str, str]
    experiment: str | None
    every: bool
    texts: Texts = NO_TEXTS
    suite: str = ""


Found = tuple[Diagnostic, ...]
if TYPE_CHECKING:
    Pass = Callable[[Request, Any], tuple[Any, Found]]


def read_pass(request: Request, _: object) -> tuple[Source | None, Found]:
    """The file's text."""
    findings = Findings()
    return read(request.path, findings, request.texts), findings.sorted()


def resolve_pass(request: Request, source: Source) -> tuple[Program, Found]:
    """Statements, imports, names."""
    findings = Findings()
    program = resolve(source, os.path.dirname(os.path.abspath(request.path)), findings, request.texts)
    program.sound = not findings.broken
    return program, findings.sorted()


def check_pass(request: Request, program: Program) -> tuple[Base, Found]:
    """Types, units, the timeline and the formulas of every declaration, used or not."""
    findings = Findings()
    units = Units(parser().tables.units)
    values = bind(program, units, request.settings, findings)
    context = Context(program, units, values, findings, frozenset(request.settings))
    for kind, check in _CHECKS.items():
        for declared in program.names[kind].values():
            if not is_library(declared.source):
                check(context, declared)
    kpis = build_kpis(context)
    slos = build_slos(context, kpis)
    for declared in program.names["limit"].values():
        _check_limit(kpis, context, declared)
    for declared in program.names["suite"].values():
        _check_suite(context, declared)
    sound = program.sound and not findings.broken
    return Base(context, Made(kpis, slos, sound), request.settings), findings.sorted()


def _check_metric(context: Context, declared: Declared) -> None:
    from erisc.compiler.metrics import build_metric  # a spec without metrics need not load it; so below

    build_metric(context, declared)


def _check_limit(kpis: dict[str, Kpi], context: Context, declared: Declared) -> None:
    from erisc.compiler.limits import build_limit, build_search

    limit = build_limit(context, declared)
    if limit is not None:
        build_search(context, declared, limit, kpis)


def _check_suite(context: Context, declared: Declared) -> None:
    from erisc.compiler.suites import build_suite

    build_suite(context, declared)


def _check_faults(context: Context, declared: Declared) -> None:
    found = context.find("architecture", declared.node.on, declared.source)
    architecture = build_architecture(context, found) if found else None
    build_allowances(context, (declared,), architecture)
    build_faults(context, declared, architecture, Draw(context.program.seed, (), 1), math.inf)


def _check_catalogue(context: Context, declared: Declared) -> None:
    from erisc.compiler.catalogues import check_catalogue

    check_catalogue(context, declared)


def _check_mix(context: Context, declared: Declared) -> None:
    from erisc.compiler.shares import check_mix

    find_partner(context, declared.node.beside, declared.source)
    check_mix(context, declared)


_CHECKS: dict[str, Callable[[Context, Declared], object]] = {
    "image": build_image,
    "architecture": build_architecture,
    "topology": build_topology,
    "load": _check_catalogue,
    "mix": _check_mix,
    "workload": build_workload,
    "faults": _check_faults,
    "metric": _check_metric,
}


def _anew(checked: Base) -> Base:
    """The same with findings of its own."""
    before = checked.context
    context = Context(before.program, before.units, before.values, Findings(), before.fixed)
    return Base(context, checked.made, checked.given)


def expand_pass(request: Request, checked: Base) -> tuple[Plan | None, Found]:
    """The cells of the chosen experiment, or of all that can be run."""
    base = _anew(checked)
    program, findings = base.context.program, base.context.findings
    program.used |= set(program.names["experiment"])
    plan = _every(base) if request.every else _one(base, request.experiment)
    everything = request.every or len(program.names["experiment"]) == 1
    if everything and base.made.sound and not findings.broken:
        lint_program(program, findings)
    return None if findings.broken else plan, findings.sorted()


def _one(base: Base, name: str | None) -> Plan | None:
    job = chosen_job(base.context.program, name, base.context.findings)
    return plan_of(base, job) if job else None


def _every(base: Base) -> Plan | None:
    """All is planned; the Plan of the only experiment is kept."""
    program = base.context.program
    plans = {job.declared.node.name.text: plan_of(base, job) for job in every_job(program)}
    for declared in program.names["suite"].values() if base.made.sound and not base.context.findings.broken else ():
        plans_of_suite(base, declared)
    own = only_candidates(program)
    return plans[own[0].node.name.text] if len(own) == 1 else None


def suite_pass(request: Request, checked: Base) -> tuple[tuple[Suite, tuple[Plan, ...]] | None, Found]:
    """The cells of every run of a suite."""
    base = _anew(checked)
    declared = chosen_suite(base.context.program, request.suite, base.context.findings)
    found = plans_of_suite(base, declared) if declared and base.made.sound else None
    return found, base.context.findings.sorted()


PASSES: tuple[Pass, ...] = (read_pass, resolve_pass, check_pass, expand_pass)
"""Each takes the request and what the pass before it made; None stops the way."""

PASSES_OF_SUITE: tuple[Pass, ...] = (read_pass, resolve_pass, check_pass, suite_pass)


def run(request: Request) -> Compilation:
    """All passes over one spec."""
    value, diagnostics, sources = _through(PASSES, request)
    broken = any(found.is_error for found in diagnostics)
    plan = value if isinstance(value, Plan) and not broken else None
    complete = os.path.basename(request.path) if request.every and not broken else ""
    return Compilation(plan, silenced(diagnostics, sources, complete), sources)


def run_suite(request: Request) -> SuiteCompilation:
    """All passes over the spec of a suite."""
    value, diagnostics, sources = _through(PASSES_OF_SUITE, request)
    broken = any(found.is_error for found in diagnostics)
    suite, plans = value if isinstance(value, tuple) and not broken else (None, ())
    return SuiteCompilation(suite, plans, silenced(diagnostics, sources, ""), sources)


def _through(passes: tuple[Pass, ...], request: Request) -> tuple[Any, list[Diagnostic], dict[str, str]]:
    """What the last pass made, all that was found in order, and the sources."""
    value: Any = request
    diagnostics: dict[Diagnostic, None] = {}
    sources: dict[str, str] = {}
    for one in passes:
        try:
            value, found = one(request, value)
        except TooManyError as stop:
            value, found = None, stop.findings.sorted()
        diagnostics |= dict.fromkeys(found)
        if isinstance(value, Source):
            sources = {value.name: value.text}
        if isinstance(value, Program):
            sources = value.sources
        if value is None:
            break
    return value, sorted(diagnostics, key=order), sources
