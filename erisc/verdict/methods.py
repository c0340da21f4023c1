"""How each kind of term is estimated: one registry, one signature. A method is given the repeats of a sweep point.

A cell by itself is one repeat. docs/verdict.md has the table of methods, with the source of each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import replace
from erisc.verdict import over_runs, slots
from erisc.verdict.pooling import each, spread
from erisc.verdict.program import Term
from erisc.verdict.rolling import rolled
from erisc.verdict.rows import Rows, Site
from erisc.verdict.shortage import alike, notes, nothing, open_quantile, too_few, unfinished
from erisc.verdict.spans import batches_of, covered_time, middles, stretches
from erisc.verdict.statistics.counts import poisson_bounds
from erisc.verdict.statistics.dependence import batch_means, batch_size, inflation
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen
from erisc.verdict.statistics.means import FEWEST, mean_interval
from erisc.verdict.statistics.proportions import wilson
from erisc.verdict.statistics.quantiles import Quantile, quantile_intervals
from erisc.verdict.strata import Moments, edges, inflation_in, steadied

Method = Callable[[Term, Sequence[Site], float], Estimate]
"""The term's value and interval over the repeats; the float is the error accepted of each end."""

SIGNED = ("at_s", "value", "metric")
"""Columns that may be below 0: an instant, and what somebody else measured. Durations, rates and shares are not."""
SLICES = 50
"""Equal parts of a window's time whose rates are compared."""


def estimate(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """The term over the repeats `sites`. Raises Failure for a method that is not known."""
    method = METHODS.get(term.method)
    if method is None:
        raise Failure(
            f"the KPI program uses the method {term.method!r}, which this erisc does not know",
            mend="evaluate with the erisc that compiled the bundle",
            exit_code=WRONG_CALL,
        )
    if term.rolling is not None:
        return rolled(term, sites, alpha)
    return method(term, sites, alpha)


# --- shares and counts ---


def _proportion(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """Wilson's score interval of the effective sample; over repeats no narrower than their spread allows."""
    runs = [site.rows(term) for site in sites]
    if any(rows.n == 0 for rows in runs):
        return unseen("Wilson score", "no samples")
    n = sum(rows.n for rows in runs)
    hits = sum(int(np.count_nonzero(rows.hit)) for rows in runs)
    effective = sum(
        rows.n / inflation_in(rows.hit, rows, site.cell, alpha, site.beside(term))
        for rows, site in zip(runs, sites, strict=True)
    )
    low, high = wilson(hits / n * effective, effective, alpha)
    shares = [float(np.count_nonzero(rows.hit)) / rows.n for rows in runs]
    least, most = spread(hits / n, shares, alpha)
    return Estimate(hits / n, max(0.0, min(low, least)), min(1.0, max(high, most)), n, "Wilson score")


def _count(term: Term, site: Site, alpha: float) -> Estimate:
    rows = site.rows(term)
    hits = int(np.count_nonzero(rows.hit))
    return Estimate(hits, hits, hits, rows.n, "counted") if rows.n else unseen("counted", "no samples")


def _poisson(term: Term, site: Site, alpha: float) -> Estimate:
    rows = site.rows(term)
    if rows.n == 0:
        return unseen("Poisson count", "no samples")
    hits = int(np.count_nonzero(rows.hit))
    return Estimate(hits, *poisson_bounds(hits, alpha), rows.n, "Poisson count")


def _rate(term: Term, site: Site, alpha: float) -> Estimate:
    """Rows per s of the window: of the counts in equal parts of its time."""
    rows = site.rows(term)
    if not rows.n:
        return unseen("batch means", "no samples")
    return _per_second(rows.at[rows.hit], term, site, alpha)


def _series(term: Term, site: Site, alpha: float) -> Estimate:
    """Successes per s while the window was open, by when they end."""
    [ended] = site.columns(replace(term, where=term.where + term.hit), term.value)
    return _per_second(np.sort(ended), term, site, alpha)


def _per_second(times: Any, term: Term, site: Site, alpha: float) -> Estimate:
    open_ = stretches(term.window, site.cell)
    seconds = covered_time(open_)
    if seconds <= 0:
        return unseen("batch means", "the window was never open")
    counts = batches_of(times, open_, SLICES)
    n = int(counts.sum())
    if n < FEWEST:
        low, high = poisson_bounds(n, alpha)
        return Estimate(n / seconds, low / seconds, high / seconds, n, "Poisson count")
    width = seconds / SLICES
    low, high = mean_interval(steadied(counts / width, Moments(middles(open_, SLICES)), site.cell), alpha)
    return Estimate(n / seconds, max(0.0, low), high, n, "batch means")


# --- columns of numbers ---


def _quantile(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """Unfinished iterations took longer than was seen: they count as longer than any other."""
    method = "order statistics"
    runs = [site.rows(term) for site in sites]
    if any(rows.n == 0 for rows in runs):
        return unseen(method, nothing(runs))
    values = np.concatenate([rows.value for rows in runs]) if len(runs) > 1 else runs[0].value
    every = sites[0].quantiles(term) if len(sites) == 1 else (term.q,)
    made = sites[0].once(
        (term.but_q, every, alpha, len(sites)),
        lambda: dict(zip(every, _order_statistics(values, runs, sites, every, alpha), strict=True)),
    )
    found = made[term.q]
    own = [quantile_of(rows.value, term.q) for rows in runs] if len(runs) > 1 else []
    low, high = spread(found.value, own, alpha) if all(map(math.isfinite, own)) else (-INFINITY, INFINITY)
    low, high = (
        min(found.low, low) if len(runs) > 1 else found.low,
        max(found.high, high) if len(runs) > 1 else found.high,
    )
    open_ = replace(found, low=min(found.low, low), high=max(found.high, high))
    note, needed = open_quantile(term, sites, open_, len(values), alpha)
    return Estimate(
        value=found.value if math.isfinite(found.value) else None,
        low=open_.low,
        high=open_.high,
        n=len(values),
        method=method,
        note="; ".join([*notes(runs), *([note] if note else [])]),
        needed=needed,
    )


def _order_statistics(
    values: Any, runs: Sequence[Rows], sites: Sequence[Site], qs: Sequence[float], alpha: float
) -> Sequence[Quantile]:
    """One partition; dependence as `quantile_intervals` has it, but within the stretches that faults part."""
    sites[0].reserve(values.nbytes)
    if not any(len(edges(site.cell)) for site in sites):
        return quantile_intervals(values, qs, alpha)
    inflations = []
    for q in qs:
        at = quantile_of(values, q)
        hits = [(rows.value <= at, rows) for rows in runs]
        effective = sum(len(hit) / inflation_in(hit, when, site.cell, alpha)
                        for (hit, when), site in zip(hits, sites, strict=True))  # fmt: skip
        inflations.append(len(values) / effective)
    return quantile_intervals(values, qs, alpha, inflations)


def quantile_of(values: Any, q: float) -> float:
    """The sample's quantile of type 1 (Hyndman and Fan 1996)."""
    place = min(len(values), max(1, math.ceil(len(values) * q - 1e-9))) - 1
    return float(np.partition(values, place)[place])


def _mean(term: Term, site: Site, alpha: float) -> Estimate:
    rows = site.rows(term)
    found = _smooth(rows, site, alpha, lambda values: values, "batch means", "mean")
    if -INFINITY < found.low < 0 and term.value not in SIGNED and float(np.min(rows.value)) >= 0:
        return replace(found, low=0.0)
    return found


def _apdex(term: Term, site: Site, alpha: float) -> Estimate:
    """1 for a satisfied row, 1/2 for a tolerating one, 0 for a frustrated or failed one; their mean."""
    rows = site.rows(term)
    if rows.n == 0:
        return unseen("batch means", nothing([rows]))
    satisfied, tolerating = rows.value <= term.satisfied, rows.value <= 4 * term.satisfied
    scores = np.where(rows.hit, (satisfied + tolerating.astype(float)) / 2, 0.0)
    scored = Rows(lambda: rows.at, scores, rows.hit, rows.unknown)
    found = _smooth(scored, site, alpha, lambda values: values, "batch means", "apdex")
    if found.low == found.high:
        low, high = wilson(float(scores.sum()), rows.n, alpha)
        return replace(found, low=low, high=high)
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _smooth(rows: Rows, site: Site, alpha: float, of: Callable[[Any], Any], method: str, name: str) -> Estimate:
    """A mean of numbers made of the values; what never finished leaves none."""
    if rows.n == 0:
        return unseen(method, nothing([rows]))
    endless = int(np.count_nonzero(np.isinf(rows.value)))
    if endless:
        note = f"{unfinished(endless)}, which leaves no {name}"
        return Estimate(None, -INFINITY, INFINITY, rows.n, method, note)
    made = of(rows.value)
    value = math.fsum(made.tolist()) / len(made) if len(made) < 100_000 else float(np.mean(made))
    if len(made) < FEWEST:
        return too_few(value, rows.n, method, name)
    steady = steadied(made, rows, site.cell)
    series, size = batch_means(steady), batch_size(len(made))
    low, high = mean_interval(series, alpha, size)
    said = notes([rows])
    if high - low > abs(value):
        effective = len(made) / inflation(series, float(np.std(steady)), len(made), alpha, size)
        said += [alike(len(made), effective)] if effective < FEWEST else []
    return Estimate(value, low, high, rows.n, method, "; ".join(said))


def _trimmed(term: Term, site: Site, alpha: float) -> Estimate:
    """The mean of the values winsorised and rescaled has the trimmed mean's error: Tukey and McLaughlin 1963."""
    rows = site.rows(term)
    if rows.n == 0:
        return unseen("winsorised batch means", nothing([rows]))
    cut = math.floor(rows.n * term.trim)
    ordered = np.sort(rows.value)
    kept = ordered[cut : rows.n - cut]
    if not math.isfinite(kept[-1]):
        note = f"{unfinished(int(np.count_nonzero(np.isinf(rows.value))))}, more than are trimmed"
        return Estimate(None, -INFINITY, INFINITY, rows.n, "winsorised batch means", note)
    value = float(np.mean(kept))
    if rows.n < FEWEST:
        return too_few(value, rows.n, "winsorised batch means", "mean")
    influence = (np.clip(rows.value, kept[0], kept[-1]) - np.mean(np.clip(ordered, kept[0], kept[-1]))) / (
        1 - 2 * term.trim
    )
    steady = steadied(value + influence, rows, site.cell)
    low, high = mean_interval(batch_means(steady), alpha, batch_size(rows.n))
    return Estimate(value, low, high, rows.n, "winsorised batch means", "; ".join(notes([rows])))


def _stddev(term: Term, site: Site, alpha: float) -> Estimate:
    """The variance is the mean of squared deviations; its interval is that of their batch means, its root is taken."""
    rows = site.rows(term)
    method = "batch means of squares"
    if rows.n < 2:
        return unseen(method, nothing([rows]) if not rows.n else "one sample has no spread", rows.n)
    found = _smooth(rows, site, alpha, lambda values: (values - np.mean(values)) ** 2, method, "standard deviation")
    if found.value is None:
        return found
    share = rows.n / (rows.n - 1)
    root = [math.sqrt(max(0.0, end * share)) if end < INFINITY else INFINITY for end in (found.low, found.high)]
    return Estimate(math.sqrt(found.value * share), root[0], root[1], rows.n, method, found.note, needed=found.needed)


def _observed(fold: Callable[[Any], float], at_least: bool) -> Callable[[Term, Site, float], Estimate]:
    """What was seen in this run, a fact without an error. at_least: what never finished can only add to it."""

    def method(term: Term, site: Site, alpha: float) -> Estimate:
        rows = site.rows(term)
        if rows.n == 0:
            return unseen("observed", nothing([rows]))
        finite = rows.value[np.isfinite(rows.value)]
        endless = rows.n - len(finite)
        value = fold(finite) if len(finite) else None
        note = "; ".join(notes([rows]))
        if endless and (at_least or value is None):
            return Estimate(None, -INFINITY if value is None else value, INFINITY, rows.n, "observed", note)
        return Estimate(value, value or 0.0, value or 0.0, rows.n, "observed", note if at_least else "")

    return method


def _histogram(term: Term, site: Site, alpha: float) -> Estimate:
    """A distribution has no value and no interval; `erisc.verdict.histogram` makes its bins."""
    rows = site.rows(term)
    if rows.n == 0:
        return unseen("histogram", nothing([rows]))
    return Estimate(None, -INFINITY, INFINITY, rows.n, "histogram", "; ".join(notes([rows])))


METHODS: dict[str, Method] = {
    "proportion": _proportion,
    "count": each(_count),
    "poisson": each(_poisson),
    "rate": each(_rate),
    "series": each(_series),
    "quantile": _quantile,
    "mean": each(_mean),
    "trimmed_mean": each(_trimmed),
    "stddev": each(_stddev),
    "apdex": each(_apdex),
    "sum": each(_observed(lambda values: math.fsum(values.tolist()), True)),
    "min": each(_observed(lambda values: float(np.min(values)), False)),
    "max": each(_observed(lambda values: float(np.max(values)), True)),
    "histogram": each(_histogram),
    "availability": each(slots.availability),
    "downtime": each(slots.downtime),
    "throughput_at": each(slots.throughput_at),
    "recover": over_runs.recover,
    "mttr": over_runs.mttr,
    "recovery": over_runs.recovery,
    "downtime_rally_runners": over_runs.downtime_rally_runners,
    "mttr_rally_runners": over_runs.mttr_rally_runners,
}
"""By the name that a program gives: what makes an estimate of a term."""
OVER_RUNS = frozenset(("recover", "mttr", "recovery", "downtime_rally_runners", "mttr_rally_runners"))
"""Methods that must be given all repeats: a formula of one is worked out on the pooled terms."""
