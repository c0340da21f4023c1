"""Suites: experiments that are run one after the other, each with settings of its own, within a time."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.plan import Plan, Span
from erisc.compiler.program import Declared
from erisc.compiler.settings import Settings, read_settings
from erisc.compiler.source import Source, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_RUNS = 200
_LONGEST = 366 * 86400.0


@record
class Run:
    """One run of a suite. kind: `experiment` or `limit`; shown: as the author wrote it."""

    kind: str
    declared: Declared
    settings: Settings
    shown: str
    span: Span


@record
class Suite:
    """budget: s for all runs, None when the author gave none."""

    name: str
    budget: float | None
    runs: tuple[Run, ...]
    span: Span


def build_suite(context: Context, declared: Declared) -> Suite | None:
    """The suite; None when it was refused."""
    node, source = declared.node, declared.source
    places = [run for item in node.items if isinstance(item, ast.SuiteRun) for run in item.runs]
    if not places:
        help_ = "add e.g. run quickstart"
        summary = f"suite `{node.name.text}` runs nothing"
        context.findings.add("E0210", summary, source.span(node.name), help=help_)
    if len(places) > MAX_RUNS:
        context.findings.add("E0408", f"a suite has at most {MAX_RUNS} runs", source.span(places[MAX_RUNS]))
        return None
    made = [_run(context, place, source) for place in places]
    budget = _budget(context, node, source)
    runs = tuple(run for run in made if run is not None)
    _different(context, runs)
    if not places or len(runs) < len(places) or context.findings.broken:
        return None
    return Suite(node.name.text, budget, runs, source.span(node))


def _budget(context: Context, node: ast.Suite, source: Source) -> float | None:
    items = [item for item in node.items if isinstance(item, ast.Budget)]
    for item in items[1:]:
        labels = [(source.span(items[0]), "the first")]
        context.findings.add("E0204", "`budget` is given twice", source.span(item), labels=labels)
    if not items:
        return None
    what = "the budget"
    found = context.constants(source).number(items[0].time, "duration", what=what, low=1, high=_LONGEST)
    return None if found is None else float(found)


def _run(context: Context, node: ast.Node, source: Source) -> Run | None:
    called = isinstance(node, ast.Call)
    word = node.function.word if isinstance(node, ast.Call) else node.word if isinstance(node, ast.Name) else None
    if word is None:
        help_ = "write run quickstart, broker_crash(computes = 10)"
        context.findings.add("E0309", "a suite runs experiments, by name", source.span(node), help=help_)
        return None
    names = context.program.names
    kind = "limit" if word.text in names["limit"] else "experiment"
    declared = _found(context, kind, word, source)
    given = read_settings(context, node.arguments if isinstance(node, ast.Call) and called else (), source)
    if declared is None or given is None:
        return None
    return Run(kind, declared, given, source.quote(node), source.span(node))


def _found(context: Context, kind: str, word: ast.Word, source: Source) -> Declared | None:
    names = context.program.names
    if word.text in names[kind] or word.text in context.program.owners or word.text in context.program.lost:
        return context.find(kind, word, source)
    known = {**names["experiment"], **names["limit"]}
    guess = nearest(word.text, known)
    fix = (source.span(word), guess) if guess else None
    help_ = did_you_mean(word.text, known)
    context.findings.add("E0201", f"there is no experiment `{word.text}`", source.span(word), help=help_, fix=fix)
    return None


def _different(context: Context, runs: Sequence[Run]) -> None:
    seen: dict[tuple[object, ...], Run] = {}
    for run in runs:
        settings = tuple(sorted((name, value.data) for name, value in run.settings.items()))
        first = seen.setdefault((run.declared.node.name.text, settings), run)
        if first is not run:
            labels = [(first.span, "the first")]
            help_ = "other settings, or `repeat` in the experiment"
            context.findings.add("E0204", f"`{run.shown}` is run twice", run.span, labels=labels, help=help_)


def fits_budget(context: Context, suite: Suite, plans: Sequence[Plan]) -> None:
    """The load alone must fit into the budget; what comes around it takes time of its own."""
    if suite.budget is None:
        return
    took = [plan.cells.load_seconds() for plan in plans if hasattr(plan.cells, "load_seconds")]
    if sum(took) > suite.budget:
        note = f"the load alone takes {_minutes(sum(took))}, the budget is {_minutes(suite.budget)}"
        labels = [(run.span, _minutes(seconds)) for run, seconds in zip(suite.runs, took, strict=True)]
        summary = f"suite `{suite.name}` does not fit into its budget"
        help_ = "a larger budget, fewer runs, or shorter ones"
        context.findings.add("E0420", summary, suite.span, note=note, labels=labels, help=help_)


def _minutes(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
