"""A confidence in what is a fact of one run."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code
from erisc.compiler.plan import Aggregate, Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial

RULE = Code(
    code="W0604",
    title="a confidence in what has no error",
    explanation=(
        "A count, a sum, the smallest and the largest value say what happened in this run. They have no interval "
        "within it, so that a confidence changes nothing."
    ),
    mend="Leave it out, judge several runs together (`over 5 runs`), or limit a quantile instead of the largest value.",
    example="kpi worst: duration = max(boot.duration during boot.steady)\nslo available: worst < 2 s confidence 99 %",
    mended="kpi worst: duration = max(boot.duration during boot.steady)\nslo available: worst < 2 s",
)

_FACTS = ("count", "sum", "min", "max")


def check(trial: Trial) -> None:
    """A `confidence` that the author wrote, for a fact by itself."""
    kpis = {kpi.name: kpi for kpi in trial.criteria.kpis}
    for slo in trial.criteria.slos:
        formula = kpis[slo.kpi].formula
        if not isinstance(formula, Aggregate) or formula.function not in _FACTS or slo.runs is not None:
            continue
        if not isinstance(formula.over, Selection):
            continue
        declared = trial.context.program.names["slo"][slo.name]
        for clause in declared.node.clauses:
            if isinstance(clause, ast.Confidence):
                summary = f"`{slo.kpi}` is a fact of one run, a confidence changes nothing"
                labels = [(kpis[slo.kpi].span, f"`{formula.function}` has no error")]
                trial.findings.add("W0604", summary, declared.source.span(clause), labels=labels, help="leave it out")
