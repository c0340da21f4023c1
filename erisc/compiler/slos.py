"""One SLO, and conditions like it: a KPI compared with a limit of its type, and how it is judged."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.kpis import HISTOGRAM
from erisc.compiler.plan import Condition, Kpi, Slo, Span
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source, did_you_mean, nearest

SEVERITIES = ("critical", "major", "minor")
CONFIDENCE = 0.95
SEVERITY = "major"
MOST_RUNS = 1000


@record
class _Clauses:
    severity: str = SEVERITY
    confidence: float = CONFIDENCE
    runs: int | None = None


def build_slo(context: Context, declared: Declared, kpis: dict[str, Kpi]) -> Slo | None:
    """An SLO of the Plan; None when it was refused."""
    node, source = declared.node, declared.source
    clauses = _clauses(context, declared)
    demand = build_condition(
        context, source, ast.Condition(node.start, node.end, node.left, node.operator, node.right), kpis
    )
    if clauses is None or demand is None:
        return None
    return Slo(
        node.name.text,
        demand.kpi,
        demand.operator,
        demand.limit,
        demand.display,
        clauses.severity,
        clauses.confidence,
        clauses.runs,
        source.span(node),
    )


def build_condition(context: Context, source: Source, node: ast.Condition, kpis: dict[str, Kpi]) -> Condition | None:
    """`KPI operator limit`, the limit a constant of the KPI's type; None when it was refused."""
    known = context.program.names["kpi"]
    if not isinstance(node.left, ast.Name):
        help_ = "declare the formula as a `kpi` and name it here"
        context.findings.add("E0309", "the left side is the name of a KPI", source.span(node.left), help=help_)
        return None
    name = node.left.word
    if name.text not in known and name.text not in context.program.lost:
        _no_kpi(context, source, name, context.constants(source).value(node.right))
        return None
    context.program.used.add(name.text)
    if node.operator.text not in ("<", "<=", ">", ">="):
        help_ = "use `<`, `<=`, `>` or `>=`"
        context.findings.add("E0309", "measured values are never just equal", source.span(node.operator), help=help_)
        return None
    if name.text not in kpis:
        context.constants(source).value(node.right)
        return None
    return _limit(context, source, node, kpis[name.text])


def _no_kpi(context: Context, source: Source, name: ast.Word, limit: Value | None) -> None:
    """Guess among the KPIs that can be compared with the limit."""
    kpis, span = context.program.names["kpi"], source.span(name)
    types = {one: declared.node.type.text for one, declared in kpis.items()}
    fitting = [one for one, type_ in types.items() if limit is not None and context.units.accepts(type_, limit)]
    known = fitting if nearest(name.text, fitting) else list(kpis)
    guess = nearest(name.text, known)
    fix = (span, guess) if guess else None
    help_ = did_you_mean(name.text, known)
    context.findings.add("E0201", f"there is no KPI `{name.text[:60]}`", span, help=help_, fix=fix)


def _limit(context: Context, source: Source, node: ast.Condition, kpi: Kpi) -> Condition | None:
    declared = context.program.names["kpi"][kpi.name]
    labels = [(declared.source.span(declared.node.type), f"`{kpi.name}` is declared here")]
    if kpi.type == HISTOGRAM:
        summary = f"`{kpi.name}` is a histogram, no single value can be compared"
        help_ = "limit a quantile of the column: `p95(…)`"
        context.findings.add("E0301", summary, source.span(node.left), labels=labels, help=help_)
        return None
    limit = context.constants(source).due(node.right, kpi.type, what=f"the limit of `{kpi.name}`", labels=labels)
    if limit is None:
        return None
    display, span = source.quote(node.right), source.span(node)
    return Condition(kpi.name, node.operator.text, float(limit.data), display, span)


def runs_fit(context: Context, place: Span, slos: tuple[Slo, ...], repeats: int) -> None:
    """An experiment makes as many runs of every point as its SLOs ask for. place: the experiment's name."""
    for slo in slos:
        if slo.runs is not None and slo.runs > repeats:
            summary = f"SLO `{slo.name}` is judged over {slo.runs} runs, there are {repeats}"
            labels = [(place, "checked here")]
            help_ = f"add `repeat {slo.runs}` to the experiment"
            context.findings.add("E0602", summary, slo.span, labels=labels, help=help_)


# --- clauses ---


def _clauses(context: Context, declared: Declared) -> _Clauses | None:
    """Severity, confidence and runs; None when one was refused."""
    given = _each_once(context, declared)
    severity, confidence, runs = (given.get(kind) for kind in (ast.Severity, ast.Confidence, ast.Over))
    made = _Clauses(
        _severity(context, declared, severity) if isinstance(severity, ast.Severity) else SEVERITY,
        _confidence(context, declared, confidence) if isinstance(confidence, ast.Confidence) else CONFIDENCE,
        _runs(context, declared, runs) if isinstance(runs, ast.Over) else None,
    )
    return made if made.severity and made.confidence and made.runs != 0 else None


def _each_once(context: Context, declared: Declared) -> dict[type, ast.Node]:
    found: dict[type, ast.Node] = {}
    for clause in declared.node.clauses:
        first = found.setdefault(type(clause), clause)
        if first is not clause:
            labels = [(declared.source.span(first), "the first")]
            summary = f"`{type(clause).__name__.lower()}` is given twice"
            context.findings.add("E0204", summary, declared.source.span(clause), labels=labels)
    return found


def _severity(context: Context, declared: Declared, clause: ast.Severity) -> str:
    """The severity, "" when it is none."""
    level, span = clause.level.text, declared.source.span(clause.level)
    if level in SEVERITIES:
        return level
    guess = nearest(level, SEVERITIES)
    fix = (span, guess) if guess else None
    help_ = did_you_mean(level, SEVERITIES)
    context.findings.add("E0201", f"there is no severity `{level[:60]}`", span, help=help_, fix=fix)
    return ""


def _confidence(context: Context, declared: Declared, clause: ast.Confidence) -> float:
    """The confidence, 0 when it is none."""
    level = context.constants(declared.source).due(clause.level, "ratio", what="the confidence")
    if level is None or 0 < level.data < 1:
        return float(level.data) if level else 0.0
    summary, span = "a confidence lies between 0 % and 100 %, both excluded", declared.source.span(clause.level)
    context.findings.add("E0601", summary, span, help="95 % is usual")
    return 0.0


def _runs(context: Context, declared: Declared, clause: ast.Over) -> int:
    """How many runs are due, 0 when it cannot be said."""
    span = declared.source.span(clause.runs)
    what = "what `over` takes"
    number = context.constants(declared.source).number(clause.runs, "runs", what=what, low=1, high=MOST_RUNS)
    if number is None or number == int(number):
        return int(number or 0)
    context.findings.add("E0306", "runs are counted in wholes", span)
    return 0
