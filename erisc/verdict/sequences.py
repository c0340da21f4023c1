"""Looks after every run: a rule over several runs may be decided before all of them are made, at no cost in error.

Which of three ways decides is settled by the SLO and the number of planned runs alone, before any of them is seen: to
choose among several by what they say would add up their errors.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from erisc.base.record import record
from erisc.verdict import text
from erisc.verdict.judge import satisfies
from erisc.verdict.model import FAIL, INCONCLUSIVE, PASS, KpiResult, LabelResult
from erisc.verdict.program import Kpi, Slo
from erisc.verdict.statistics.sequential import Rule, decide, mean_sequence, proportion_sequence, quantile_sequence

RULE = Rule()
"""Of run outcomes: 5 % of runs may miss the limit, 30 % may not. Its errors are replaced by the SLO's."""
SHARES = frozenset({"proportion", "availability", "apdex"})
"""Methods whose values lie in 0..1 whatever happens."""
WALD, MEAN, MEDIAN = "run outcomes", "mean over runs", "median over runs"
NAMES = {
    WALD: "Wald's sequential test of run outcomes",
    MEAN: "a confidence sequence of the mean over runs",
    MEDIAN: "a confidence sequence of the median over runs",
}


@record
class Look:
    """What the runs so far say of an SLO.

    after: runs that decided it, of those that could be told when it is not. way: see NAMES. value, low, high: of
    the mean or the median over those runs, at all looks together; nothing where the outcomes were tested. said: on what
    it rests, for people.
    """

    outcome: str
    after: int
    way: str
    said: str
    value: float | None = None
    low: float = -math.inf
    high: float = math.inf


Bounds = Callable[[Sequence[float]], tuple[float, float]]


def look(slo: Slo, kpi: Kpi, runs: Sequence[KpiResult], planned: int, error: float) -> Look:
    """What the runs in their order decide; the first decision stands, whatever comes later.

    planned: how many runs there will be if nothing is decided before; error: of a wrong pass, and of a wrong fail, at
    all looks together. A run whose value is unknown ends the series: nothing after it counts.
    """
    way = way_of(slo, kpi, planned, error)
    if way == WALD:
        return _outcomes(slo, runs, planned, error)
    return _values(slo, kpi, way, [_value(slo, run) for run in runs], _bounds(way, planned, error))


def way_of(slo: Slo, kpi: Kpi, planned: int, error: float) -> str:
    """A confidence sequence where runs at their very best could pass by it before the last one, else Wald's test.

    Of the mean where values are bounded, of the median where they are not: nothing bounds a mean without assuming how
    large a value can be (R. R. Bahadur and L. J. Savage, Annals of Mathematical Statistics 27 (1956), 1115-1122).
    """
    if kpi.by:
        return WALD
    way = MEAN if _is_share(kpi) else MEDIAN
    below = slo.operator in ("<", "<=")
    best = (0.0 if below else 1.0) if way == MEAN else slo.limit + (-1.0 if below else 1.0)
    ends = _bounds(way, planned, error)([best] * max(1, planned - 1))
    return way if _outcome(slo, ends) == PASS else WALD


def _is_share(kpi: Kpi) -> bool:
    return [{"term": term.id} for term in kpi.terms if term.method in SHARES] == [kpi.expression]


def _bounds(way: str, planned: int, error: float) -> Bounds:
    """`mean_sequence` gives each end half of its error, and each end may err by all of it."""
    if way == MEAN:
        return lambda values: mean_sequence([min(1.0, max(0.0, x)) for x in values], 0.0, 1.0, min(2 * error, 0.999))
    return lambda values: quantile_sequence(values, 0.5, error, max(2, planned))


def _value(slo: Slo, run: KpiResult | LabelResult) -> float | None:
    """None when it cannot be told. What was still going on when it had already missed an upper limit is infinite."""
    if run.value is not None or run.interval is None:
        return run.value
    low, high = run.interval
    missed = low is not None and high is None and slo.operator in ("<", "<=") and low > slo.limit
    return math.inf if missed else None


def _known(values: Sequence[float | None]) -> list[float]:
    known: list[float] = []
    for value in values:
        if value is None:
            break
        known.append(value)
    return known


def _values(slo: Slo, kpi: Kpi, way: str, values: Sequence[float | None], bounds: Bounds) -> Look:
    known = _known(values)
    if not known:
        return Look(INCONCLUSIVE, 0, way, NAMES[way])
    for after in range(1, len(known) + 1):
        low, high = bounds(known[:after])
        outcome = _outcome(slo, (low, high))
        if outcome != INCONCLUSIVE:
            break
    middle = math.fsum(known[:after]) / after if way == MEAN else statistics.median_low(known[:after])
    shown = text.interval((_end(low), _end(high)), kpi.type, kpi.unit)
    said = f"{NAMES[way]}, {shown if shown != '-' else 'not bounded yet'}"
    return Look(outcome, after, way, said, _end(middle), low, high)


def _end(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _outcome(slo: Slo, ends: tuple[float, float]) -> str:
    met = [satisfies(slo.operator, end, slo.limit) for end in ends]
    return PASS if all(met) else INCONCLUSIVE if any(met) else FAIL


def _outcomes(slo: Slo, runs: Sequence[KpiResult], planned: int, error: float) -> Look:
    """Wald's test on which runs met the limit, in all of their labels where they have them."""
    met: list[bool] = []
    for run in runs:
        values = _known([_value(slo, one) for one in _parts(run)])
        if len(values) < len(_parts(run)):
            break
        met.append(all(satisfies(slo.operator, value, slo.limit) for value in values))
    found = decide(met, Rule(RULE.good, RULE.bad, error, error))
    outcome = {"pass": PASS, "fail": FAIL}.get(found.outcome, INCONCLUSIVE)
    said = f"{NAMES[WALD]}, of which no more than {text.percent(RULE.bad)} may miss it"
    if found.after:
        hits = sum(met[: found.after])
        low, high = proportion_sequence(hits, found.after, error, max(2, planned))
        ends = round(low, 6), round(high, 6)
        said += f": {hits} of {found.after} met it, {text.interval(ends, 'ratio', '1')} of all runs would"
    return Look(outcome, found.after, WALD, said)


def _parts(run: KpiResult) -> Sequence[KpiResult | LabelResult]:
    return run.by or (run,)
