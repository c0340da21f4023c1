"""Limits that a value cannot miss, or cannot keep."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.compiler.functions import find
from erisc.compiler.lint.shares import share
from erisc.compiler.plan import Aggregate, Formula

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial

RULE = Code(
    code="W0606",
    title="a limit that decides nothing",
    explanation=(
        "No measured value can be on the other side of the limit: times, counts and rates are never below zero, and a "
        "share lies between 0 % and 100 %. The SLO holds always or never, whatever the system does."
    ),
    mend="A limit that the system can keep and can miss.",
    example="slo available: success >= 0 %",
    mended="slo available: success >= 50 %",
)

_SHARES = ("apdex", "availability")


def check(trial: Trial) -> None:
    """A limit at or beyond the ends of what the formula can come to."""
    kpis = {kpi.name: kpi for kpi in trial.criteria.kpis}
    for slo in trial.criteria.slos:
        low, high = _ends(kpis[slo.kpi].formula)
        always, never = _decided(slo.operator, slo.limit, low, high)
        if always or never:
            note = f"`{slo.kpi}` " + ("is never below 0" if high is None else "lies between 0 % and 100 %")
            summary = f"SLO `{slo.name}` holds {'always' if always else 'never'}"
            trial.findings.add("W0606", summary, slo.span, note=note, labels=[(kpis[slo.kpi].span, "of this")])


def _ends(formula: Formula) -> tuple[float | None, float | None]:
    """The smallest and the largest value; None where there is no end that is known."""
    if share(formula) is not None:
        return 0.0, 1.0
    if isinstance(formula, Aggregate):
        known = find(formula.function)
        counts = known is not None and known.result in ("count", "rate", "duration")
        return (0.0, 1.0) if formula.function in _SHARES else (0.0, None) if counts else (None, None)
    return None, None


def _decided(operator: str, limit: float, low: float | None, high: float | None) -> tuple[bool, bool]:
    """Whether `value operator limit` holds for every value of low .. high, and whether it holds for none."""
    if operator in (">", ">="):
        always = low is not None and (limit <= low if operator == ">=" else limit < low)
        never = high is not None and (limit > high if operator == ">=" else limit >= high)
        return always, never
    always = high is not None and (limit >= high if operator == "<=" else limit > high)
    never = low is not None and (limit < low if operator == "<=" else limit <= low)
    return always, never
