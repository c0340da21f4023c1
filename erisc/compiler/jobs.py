"""What is to be planned: an experiment as it stands, with settings of a suite, or driven by a limit."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler.context import Context
from erisc.compiler.criteria import build_kpis, build_slos
from erisc.compiler.experiments import Made, build_plan
from erisc.compiler.parameters import bind
from erisc.compiler.plan import Plan, Span
from erisc.compiler.program import Declared, Program
from erisc.compiler.quantities import Value
from erisc.compiler.source import Findings, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from erisc.compiler.suites import Suite


@record
class Job:
    """kind: `experiment` or `limit`. settings: parameters that a suite gives."""

    kind: str
    declared: Declared
    settings: Mapping[str, Value]


@record
class Base:
    """A program with nothing but the call's own settings. context: where to say what is wrong from now on."""

    context: Context
    made: Made
    given: Mapping[str, str]


def plan_of(base: Base, job: Job) -> Plan | None:
    """The Plan of a job; None when something was refused."""
    context, made = _with(base, job.settings) if job.settings else (base.context, base.made)
    if job.kind == "experiment":
        return build_plan(context, job.declared, made)
    from erisc.compiler.limits import build_limit, build_search

    limit = build_limit(context, job.declared)
    if limit is None:
        return None
    context, made = _with(base, {**job.settings, **limit.settings})
    search = build_search(context, job.declared, limit, made.kpis)
    return build_plan(context, limit.experiment, made, search) if search else None


def _with(base: Base, settings: Mapping[str, Value]) -> tuple[Context, Made]:
    """The program with other values for some parameters: everything that reads them is made anew."""
    before = base.context
    values = bind(before.program, before.units, base.given, before.findings, settings)
    fixed = before.fixed | settings.keys()
    context = Context(before.program, before.units, values, before.findings, fixed)
    kpis = build_kpis(context)
    return context, Made(kpis, build_slos(context, kpis), base.made.sound)


def plans_of_suite(base: Base, declared: Declared) -> tuple[Suite, tuple[Plan, ...]] | None:
    """A suite with the Plan of every run; None when something was refused."""
    from erisc.compiler.suites import build_suite, fits_budget

    suite = build_suite(base.context, declared)
    if suite is None:
        return None
    plans = [plan_of(base, Job(run.kind, run.declared, run.settings)) for run in suite.runs]
    found = tuple(plan for plan in plans if plan is not None)
    if len(found) < len(plans):
        return None
    fits_budget(base.context, suite, found)
    return None if base.context.findings.broken else (suite, found)


# --- which ---


def every_job(program: Program) -> list[Job]:
    """All experiments and limits."""
    names = program.names
    return [Job(kind, declared, {}) for kind in ("experiment", "limit") for declared in names[kind].values()]


def chosen_job(program: Program, name: str | None, findings: Findings) -> Job | None:
    """The experiment or limit of the name; the only experiment when there is no name."""
    names = program.names
    if name is not None:
        for kind in ("experiment", "limit"):
            if name in names[kind]:
                program.used.add(name)
                return Job(kind, names[kind][name], {})
        if name not in program.lost:
            help_ = did_you_mean(name, {**names["experiment"], **names["limit"]})
            findings.add("E0213", f"there is no experiment `{name[:60]}`", _start(program), help=help_)
        return None
    own = only_candidates(program)
    if len(own) == 1:
        return Job("experiment", own[0], {})
    if own:
        shown = ", ".join(f"`{one.node.name.text}`" for one in own)
        findings.add("E0213", "the spec has several experiments", _start(program), help=f"choose one: {shown}")
    elif program.sound:
        help_ = "add `experiment NAME { use … check … }`"
        findings.add("E0213", "the spec has no experiment", _start(program), help=help_)
    return None


def only_candidates(program: Program) -> Sequence[Declared]:
    """The spec's own experiments; those it imports when it has none."""
    found = list(program.names["experiment"].values())
    return [one for one in found if one.source is program.root] or found


def chosen_suite(program: Program, name: str, findings: Findings) -> Declared | None:
    """The suite of the name."""
    suites = program.names["suite"]
    if name not in suites and name not in program.lost:
        help_ = did_you_mean(name, suites) or "the spec declares none"
        findings.add("E0213", f"there is no suite `{name[:60]}`", _start(program), help=help_)
    return suites.get(name)


def _start(program: Program) -> Span:
    return Span(program.root.name, 1, 1, 1, 1)
