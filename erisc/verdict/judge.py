"""Three outcomes for a rule: pass, fail, inconclusive."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from erisc.base.record import record, replace
from erisc.verdict import text
from erisc.verdict.formulas import Formulas
from erisc.verdict.frames import Labels
from erisc.verdict.histogram import Bins, bins
from erisc.verdict.model import (
    BROKEN,
    FAIL,
    INCONCLUSIVE,
    PASS,
    Interval,
    KpiResult,
    LabelResult,
    SloResult,
)
from erisc.verdict.program import Kpi, Slo
from erisc.verdict.statistics.estimate import Estimate
from erisc.verdict.statistics.means import FEWEST
from erisc.verdict.statistics.proportions import wilson_needs

SHOWN = 0.95
"""The confidence of the intervals in the KPI table."""
TOLERABLE = 0.01
"""The share of a cell's recorded lines that may be lost before a pass is no longer believed."""

Doubts = Mapping[str, str]
"""By outcome: why it cannot be believed in this run."""


@record
class Ruling:
    """What a rule came to: the outcome, why, and on what estimate."""

    outcome: str
    reason: str
    found: Estimate


def show(kpi: Kpi, formulas: Formulas) -> KpiResult:
    """A KPI with its two-sided interval; by labels, where it is asked for by labels."""
    if kpi.by:
        return _by_labels(kpi, formulas)
    found = formulas.kpi(kpi.name, (1 - SHOWN) / 2)
    return replace(_result(kpi, found), bins=_bins(kpi, formulas))


def _result(kpi: Kpi, found: Estimate) -> KpiResult:
    return KpiResult(
        name=kpi.name,
        type=kpi.type,
        value=found.value,
        unit=kpi.unit,
        interval=interval(found),
        confidence=SHOWN,
        n=max(0, found.n),
        method=found.method,
        note=found.note,
    )


def _by_labels(kpi: Kpi, formulas: Formulas) -> KpiResult:
    alpha = (1 - SHOWN) / 2
    found = [(labels, formulas.labelled(labels).kpi(kpi.name, alpha)) for labels in formulas.labels(kpi)]
    named = ", ".join(kpi.by)
    whole = Estimate(
        None,
        -math.inf,
        math.inf,
        sum(max(0, one.n) for _, one in found),
        found[0][1].method if found else "",
        f"one value for every {named}" if found else "no samples",
        seen=False,
    )
    results = (
        LabelResult(labels, one.value, interval(one), max(0, one.n), one.method, one.note) for labels, one in found
    )
    return replace(_result(kpi, whole), by=tuple(results))


def _bins(kpi: Kpi, formulas: Formulas) -> Bins:
    """Of a KPI that is a histogram, of all its repeats."""
    if len(kpi.terms) != 1 or kpi.terms[0].method != "histogram":
        return ()
    values = [site.rows(kpi.terms[0]).value for site in formulas.sites]
    return bins(np.concatenate(values))


def judge(slo: Slo, kpi: Kpi, formulas: Formulas, doubts: Doubts) -> SloResult:
    """The rule on the KPI; on every one of its labels, where it has them. doubts: see Doubts."""
    alpha = 1 - slo.confidence
    ruling = _every_label(slo, kpi, formulas, alpha) if kpi.by else rule(slo, kpi, formulas.kpi(slo.kpi, alpha))
    return doubted(result(slo, kpi, ruling), doubts)


def doubted(found: SloResult, doubts: Doubts) -> SloResult:
    """Inconclusive where the outcome cannot be believed."""
    if found.outcome not in doubts:
        return found
    return replace(found, outcome=INCONCLUSIVE, reason=f"{doubts[found.outcome]}; {found.reason}")


def result(slo: Slo, kpi: Kpi, ruling: Ruling) -> SloResult:
    """A ruling with all that a reader asks for."""
    found = ruling.found
    return SloResult(
        name=slo.name,
        kpi=slo.kpi,
        rule=slo.rule,
        limit=slo.limit,
        severity=slo.severity,
        outcome=ruling.outcome,
        reason=ruling.reason,
        value=found.value,
        type=kpi.type,
        unit=kpi.unit,
        interval=interval(found),
        confidence=slo.confidence,
        n=max(0, found.n),
        span=slo.span,
    )


def _every_label(slo: Slo, kpi: Kpi, formulas: Formulas, alpha: float) -> Ruling:
    """A pass needs every label to pass, and is wrong only when one that misses passes: no correction. A fail needs one,
    and one of many fails by chance: it must also fail with the error shared among all (Bonferroni).
    """
    rulings: list[tuple[Labels, Ruling]] = []
    every = formulas.labels(kpi)
    for labels in every:
        own = formulas.labelled(labels)
        ruling = rule(slo, kpi, own.kpi(kpi.name, alpha))
        if ruling.outcome == FAIL and len(every) > 1:
            strict = rule(slo, kpi, own.kpi(kpi.name, alpha / len(every)))
            ruling = strict if strict.outcome == FAIL else replace(strict, outcome=INCONCLUSIVE)
        rulings.append((labels, ruling))
    if not rulings:
        return rule(slo, kpi, Estimate(None, -math.inf, math.inf, 0, "", "no samples", seen=False))
    outcome = overall(ruling.outcome for _, ruling in rulings)
    labels, worst = next(
        one for one in sorted(rulings, key=lambda one: _badness(slo, one[1])) if one[1].outcome == outcome
    )
    return replace(worst, outcome=outcome, reason=f"{text.labels(labels)}: {worst.reason}")


def _badness(slo: Slo, ruling: Ruling) -> float:
    """Ascending from the label that is closest to missing the limit, or misses it most."""
    value = ruling.found.value
    if value is None:
        return -math.inf
    return -value if slo.operator in ("<", "<=") else value


def overall(outcomes: Iterable[str]) -> str:
    """Broken before failed before inconclusive before passed; nothing judged is inconclusive."""
    seen = set(outcomes)
    return next((outcome for outcome in (BROKEN, FAIL, INCONCLUSIVE, PASS) if outcome in seen), INCONCLUSIVE)


def interval(found: Estimate) -> Interval | None:
    """As a verdict shows it."""
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


def rule(slo: Slo, kpi: Kpi, found: Estimate) -> Ruling:
    """Pass when all of the interval satisfies the rule, fail when none of it does."""
    if not found.seen:
        return Ruling(INCONCLUSIVE, found.note or "no samples", found)
    low = satisfies(slo.operator, found.low, slo.limit)
    high = satisfies(slo.operator, found.high, slo.limit)
    if low and high:
        return Ruling(PASS, _bounded(slo, kpi, found, upper=slo.operator in ("<", "<=")), found)
    if not low and not high:
        return Ruling(FAIL, _bounded(slo, kpi, found, upper=slo.operator in (">", ">=")), found)
    return Ruling(INCONCLUSIVE, _open(slo, kpi, found), found)


def _bounded(slo: Slo, kpi: Kpi, found: Estimate, upper: bool) -> str:
    """The bound that decided."""
    bound = text.quantity(found.high if upper else found.low, kpi.type, kpi.unit)
    said = f"at {'most' if upper else 'least'} {bound} with {text.percent(slo.confidence)} confidence"
    if found.low == found.high:
        said = f"{bound}, {found.method or 'computed'}"
    return f"{said}; {found.note}" if found.note else said


def _open(slo: Slo, kpi: Kpi, found: Estimate) -> str:
    shown = text.interval(interval(found), kpi.type, kpi.unit)
    if shown == "-":
        return found.needed or found.note or "the data bound it at neither end"
    wanted = _wanted(slo, found)
    return f"{shown} with {text.percent(slo.confidence)} confidence at each end, the limit lies between: {wanted}"


def _wanted(slo: Slo, found: Estimate) -> str:
    if found.needed or (found.note and found.value is None):
        return found.needed or found.note
    if found.value is not None:
        needs = _samples(slo, found) if found.n >= FEWEST else None
        if needs is not None and needs > found.n:
            return f"about {needs} samples would tell at this rate, {found.n} were seen"
    return "more samples would narrow it"


def _samples(slo: Slo, found: Estimate) -> int | None:
    """How many would tell if the value stayed: an interval shrinks with the root of its samples."""
    if found.value is None or found.value == slo.limit:
        return None
    if found.method == "Wilson score" and found.value in (0.0, 1.0):
        return wilson_needs(found.value, slo.limit, 1 - slo.confidence)
    reach = found.high - found.value if found.value < slo.limit else found.value - found.low
    if not math.isfinite(reach) or reach <= 0:
        return None
    return math.ceil(found.n * (reach / abs(slo.limit - found.value)) ** 2 * (1 - 1e-9))


def runs_needed(slo: Slo, found: Estimate, runs: int) -> int | None:
    """How many runs in all would tell if the value and the spread between runs stayed; None when none would."""
    samples = _samples(slo, replace(found, n=runs, method=""))
    return None if samples is None else max(samples, runs + 1)
