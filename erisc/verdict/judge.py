"""Three outcomes for a rule: pass, fail, inconclusive."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from erisc.verdict import text
from erisc.verdict.formulas import Formulas
from erisc.verdict.model import BROKEN, FAIL, INCONCLUSIVE, PASS, Interval, KpiResult, SloResult
from erisc.verdict.program import Kpi, Slo
from erisc.verdict.statistics.estimate import Estimate
from erisc.verdict.statistics.intervals import wilson_needs

SHOWN = 0.95
"""The confidence of the intervals in the KPI table."""
TOLERABLE = 0.01
"""The share of a cell's recorded lines that may be lost before a pass is no longer believed."""


def show(kpi: Kpi, formulas: Formulas) -> KpiResult:
    """A KPI with its two-sided interval."""
    found = formulas.kpi(kpi.name, (1 - SHOWN) / 2)
    return KpiResult(
        name=kpi.name,
        type=kpi.type,
        value=found.value,
        unit=kpi.unit,
        interval=_interval(found),
        confidence=SHOWN,
        n=max(0, found.n),
        method=found.method,
        note=found.note,
    )


def judge(slo: Slo, kpi: Kpi, formulas: Formulas, doubts: Mapping[str, str]) -> SloResult:
    """The rule on the KPI. doubts: by outcome, why it cannot be believed in this run."""
    alpha = 1 - slo.confidence
    found = formulas.kpi(slo.kpi, alpha)
    outcome, reason = _outcome(slo, kpi, found, alpha)
    if outcome in doubts:
        outcome, reason = INCONCLUSIVE, f"{doubts[outcome]}; {reason}"
    return SloResult(
        name=slo.name,
        kpi=slo.kpi,
        rule=slo.rule,
        limit=slo.limit,
        severity=slo.severity,
        outcome=outcome,
        reason=reason,
        value=found.value,
        type=kpi.type,
        unit=kpi.unit,
        interval=_interval(found),
        confidence=slo.confidence,
        n=max(0, found.n),
        span=slo.span,
    )


def overall(outcomes: Iterable[str]) -> str:
    """Broken before failed before inconclusive before passed; nothing judged is inconclusive."""
    seen = set(outcomes)
    return next((outcome for outcome in (BROKEN, FAIL, INCONCLUSIVE, PASS) if outcome in seen), INCONCLUSIVE)


def _interval(found: Estimate) -> Interval | None:
    if not found.seen:
        return None
    return _bound(found.low), _bound(found.high)


def _bound(end: float) -> float | None:
    return end if math.isfinite(end) else None


def satisfies(operator: str, value: float, limit: float) -> bool:
    """value `operator` limit, for `<`, `<=`, `>`, `>=`."""
    if operator == "<":
        return value < limit
    if operator == "<=":
        return value <= limit
    return value > limit if operator == ">" else value >= limit


def _outcome(slo: Slo, kpi: Kpi, found: Estimate, alpha: float) -> tuple[str, str]:
    if not found.seen:
        return INCONCLUSIVE, found.note or "no samples"
    low = satisfies(slo.operator, found.low, slo.limit)
    high = satisfies(slo.operator, found.high, slo.limit)
    if low and high:
        return PASS, _bounded(slo, kpi, found, upper=slo.operator in ("<", "<="))
    if not low and not high:
        return FAIL, _bounded(slo, kpi, found, upper=slo.operator in (">", ">="))
    return INCONCLUSIVE, _open(slo, kpi, found, alpha)


def _bounded(slo: Slo, kpi: Kpi, found: Estimate, upper: bool) -> str:
    """The bound that decided."""
    bound = text.quantity(found.high if upper else found.low, kpi.type, kpi.unit)
    said = f"at {'most' if upper else 'least'} {bound} with {text.percent(slo.confidence)} confidence"
    if found.low == found.high:
        said = f"{bound}, {found.method or 'computed'}"
    return f"{said}; {found.note}" if found.note else said


def _open(slo: Slo, kpi: Kpi, found: Estimate, alpha: float) -> str:
    shown = text.interval(_interval(found), kpi.type, kpi.unit)
    if shown == "-":
        return found.needed or found.note or "the data bound it at neither end"
    wanted = _wanted(slo, found, alpha)
    return f"{shown} with {text.percent(slo.confidence)} confidence at each end, the limit lies between: {wanted}"


def _wanted(slo: Slo, found: Estimate, alpha: float) -> str:
    if found.needed or found.note:
        return found.needed or found.note
    if found.method == "Wilson score" and found.value is not None:
        needs = wilson_needs(found.value, slo.limit, alpha)
        if needs is not None:
            return f"about {needs} samples would tell at this rate, {found.n} were seen"
    return "more samples would narrow it"
