"""A term over every stretch of a sliding window, and what becomes of the values: `max(p95(boot.duration over 10 s))`.

All stretches are looked at in one pass over the rows in memory. Each has an interval of its own that takes its samples
for independent; a fold of many is bounded by all of them holding at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from erisc.base.record import record, replace
from erisc.verdict.pooling import mean_of_runs
from erisc.verdict.program import Rolling, Term
from erisc.verdict.rows import Rows, Site
from erisc.verdict.spans import stretches
from erisc.verdict.statistics.counts import poisson_bounds
from erisc.verdict.statistics.dependence import batch_means, batch_size
from erisc.verdict.statistics.distributions import normal_quantile, student_quantile
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen
from erisc.verdict.statistics.means import FEWEST, mean_interval
from erisc.verdict.stretch_quantiles import quantiles_of

METHOD = "sliding window"
Bounds = tuple[Any, Any, Any]
"""Values, lower and upper ends, one a stretch."""


@record
class Series:
    """Stretches with samples, in order. starts: s from t = 0. values, low, high: NaN and infinite where untold."""

    starts: Any
    values: Any
    low: Any
    high: Any
    counts: Any


def rolled(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """The fold of the term over its stretches, the mean over repeats."""
    return mean_of_runs([_folded(term, site, alpha) for site in sites], alpha)


def _folded(term: Term, site: Site, alpha: float) -> Estimate:
    rolling = term.rolling
    assert rolling is not None
    cut = site.once(("cuts", term.window, rolling.width, rolling.step), lambda: _cuts(term, site, rolling))
    rows = _rows(term, site)
    if not len(cut) or not rows.n:
        return unseen(METHOD, "no samples" if len(cut) else f"the window is shorter than {rolling.width:g} s")
    error = alpha if rolling.fold in ("mean", "sum", "stddev", "trimmed_mean") else alpha / len(cut)
    if term.method == "quantile":
        series = _shared(term, site, rows, cut, error)
    else:
        series = stretched(term, rows, cut, rolling.width, error)
    if not len(series.starts):
        return unseen(METHOD, "no stretch has a sample")
    return _fold(rolling, series, rows.n, alpha)


def _rows(term: Term, site: Site) -> Rows:
    """The term's rows; those of a series at the instants at which they succeeded."""
    if term.method != "series":
        return site.rows(term)
    [ended] = site.columns(replace(term, where=term.where + term.hit), term.value)
    ended = np.sort(ended)
    return Rows(lambda: ended, None, np.ones(len(ended), dtype=bool), 0)


def _cuts(term: Term, site: Site, rolling: Rolling) -> Any:
    """Where stretches begin: all that fit into the window, every `step` s."""
    parts = [
        np.arange(math.floor((end - start - rolling.width) / rolling.step + 1e-9) + 1) * rolling.step + start
        for start, end in stretches(term.window, site.cell)
        if end - start >= rolling.width * (1 - 1e-9)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def stretched(term: Term, rows: Rows, starts: Any, width: float, alpha: float) -> Series:
    """The term's value in every stretch from `starts` on, with error `alpha` at each end. Stretches without a sample
    are left out, but for counts and rates, which are 0 there.
    """
    first = np.searchsorted(rows.at, starts, side="left")
    last = np.searchsorted(rows.at, starts + width, side="left")
    counts = last - first
    if term.method not in ("count", "rate", "series"):
        kept = counts > 0
        starts, first, last, counts = starts[kept], first[kept], last[kept], counts[kept]
    values, low, high = _STRETCHED.get(term.method, _one_by_one)(term, rows, first, last, width, alpha)
    return Series(starts, values, low, high, counts)


def _shares(term: Term, rows: Rows, first: Any, last: Any, width: float, alpha: float) -> Bounds:
    """Wilson's score interval, as `statistics.proportions.wilson` has it, for all stretches at once."""
    hits, n = _sums(rows.hit, first, last), last - first
    z = normal_quantile(1 - alpha)
    share, scale = hits / n, 1 + z * z / n
    middle = share + z * z / (2 * n)
    reach = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = np.where(hits == 0, 0.0, np.maximum(0.0, (middle - reach) / scale))
    return share, low, np.where(hits == n, 1.0, np.minimum(1.0, (middle + reach) / scale))


def _means(term: Term, rows: Rows, first: Any, last: Any, width: float, alpha: float) -> Bounds:
    n = (last - first).astype(float)
    sums, squares = _sums(rows.value, first, last), _sums(rows.value * rows.value, first, last)
    values = sums / n
    variance = np.maximum(0.0, squares - sums * values) / np.maximum(1.0, n - 1)
    reach = _students(alpha, n) * np.sqrt(variance / n)
    return _unless_few(values, values - reach, values + reach, n)


def _sums_of(term: Term, rows: Rows, first: Any, last: Any, width: float, alpha: float) -> Bounds:
    values = _sums(rows.value, first, last)
    return values, values, values


def _counts(term: Term, rows: Rows, first: Any, last: Any, width: float, alpha: float) -> Bounds:
    """Counts say what happened; as rates they have exact Poisson bounds."""
    hits = _sums(rows.hit, first, last)
    if term.method == "count":
        return hits, hits, hits
    ends = np.array([_poisson(int(count), alpha) for count in hits])
    return hits / width, ends[:, 0] / width, ends[:, 1] / width


@lru_cache(maxsize=4096)
def _poisson(count: int, alpha: float) -> tuple[float, float]:
    return poisson_bounds(count, alpha)


def _quantiles(term: Term, rows: Rows, first: Any, last: Any, width: float, alpha: float) -> Bounds:
    found = quantiles_of(rows.value, first, last, (term.q,), alpha)
    return found[:, 0, 0], found[:, 0, 1], found[:, 0, 2]


def _shared(term: Term, site: Site, rows: Rows, starts: Any, alpha: float) -> Series:
    """A quantile's series; all quantiles that the program asks for of these stretches are had by one pass."""
    rolling = term.rolling
    assert rolling is not None
    qs = site.quantiles(term)

    def make() -> tuple[Any, ...]:
        first = np.searchsorted(rows.at, starts, side="left")
        last = np.searchsorted(rows.at, starts + rolling.width, side="left")
        kept = last > first
        return starts[kept], last[kept] - first[kept], quantiles_of(rows.value, first[kept], last[kept], qs, alpha)

    begins, counts, found = site.once((term.but_q, alpha), make)
    at = qs.index(term.q)
    return Series(begins, found[:, at, 0], found[:, at, 1], found[:, at, 2], counts)


def _one_by_one(term: Term, rows: Rows, first: Any, last: Any, width: float, alpha: float) -> Bounds:
    """What has no form for all stretches at once: the value, as it was seen."""
    of = _VALUES[term.method]
    values = np.array([of(term, rows.part(slice(a, b))) for a, b in zip(first.tolist(), last.tolist(), strict=True)])
    return values, values, values


def _apdex(term: Term, rows: Rows) -> float:
    satisfied, tolerating = rows.value <= term.satisfied, rows.value <= 4 * term.satisfied
    return float(np.mean(np.where(rows.hit, (satisfied + tolerating.astype(float)) / 2, 0.0)))


def _trimmed(values: Any, trim: float) -> float:
    cut = math.floor(len(values) * trim)
    return float(np.mean(np.sort(values)[cut : len(values) - cut]))


def _deviation(values: Any) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


_VALUES: dict[str, Callable[[Term, Rows], float]] = {
    "min": lambda term, rows: float(np.min(rows.value)),
    "max": lambda term, rows: float(np.max(rows.value)),
    "stddev": lambda term, rows: _deviation(rows.value),
    "trimmed_mean": lambda term, rows: _trimmed(rows.value, term.trim),
    "apdex": _apdex,
}
_STRETCHED = {
    "proportion": _shares,
    "mean": _means,
    "sum": _sums_of,
    "count": _counts,
    "rate": _counts,
    "series": _counts,
    "quantile": _quantiles,
}
ROLLED = frozenset((*_STRETCHED, *_VALUES))
"""Methods that can be taken over stretches."""


def _sums(values: Any, first: Any, last: Any) -> Any:
    """The sum of each stretch, by differences of running sums at their ends; exact for flags.

    Infinite where a stretch holds an infinity.
    """
    endless = np.isinf(values) if values.dtype != bool else None
    if endless is not None and endless.any():
        sums = _sums(np.where(endless, 0.0, values), first, last)
        return np.where(_sums(endless, first, last) > 0, INFINITY, sums)
    edges, places = np.unique(np.concatenate([first, last]), return_inverse=True)
    if len(edges) < 2:
        return np.zeros(len(first))
    numbers = values.view(np.int8) if values.dtype == bool else values
    parts = np.add.reduceat(numbers[: edges[-1]], edges[:-1], dtype=np.int32 if values.dtype == bool else np.float64)
    running = np.concatenate([[0.0], np.cumsum(parts, dtype=np.float64)])
    return running[places[len(first) :]] - running[places[: len(first)]]


def _students(alpha: float, n: Any) -> Any:
    normal = normal_quantile(1 - alpha)
    found = normal * (1 + (normal**2 + 1) / (4 * n))
    few = np.flatnonzero((n > 1) & (n < 200))
    sizes, back = np.unique(n[few], return_inverse=True)
    found[few] = np.array([student_quantile(1 - alpha, int(size) - 1) for size in sizes])[back]
    return found


def _unless_few(values: Any, low: Any, high: Any, n: Any) -> Bounds:
    few = (n < FEWEST) | ~np.isfinite(values)
    return values, np.where(few, -INFINITY, low), np.where(few, INFINITY, high)


def _fold(rolling: Rolling, series: Series, n: int, alpha: float) -> Estimate:
    """min, max and quantiles: when all stretches' intervals hold at once, so does the fold's of their ends. A mean, a
    sum, a spread: of the stretches as a series.
    """
    told = np.isfinite(series.values)
    note = "" if told.all() else f"{int(np.count_nonzero(~told))} of {len(told)} stretches have no value"
    of = _FOLDS[rolling.fold]
    if rolling.fold in ("min", "max", "quantile"):
        value, low, high = (of(column, rolling) for column in (series.values, series.low, series.high))
        known = value if told.all() and math.isfinite(value) else None
        needed = "" if math.isfinite(high - low) else _more(rolling, series)
        if known is not None and rolling.fold != "quantile":
            at = float(series.starts[int(np.argmax(series.values == value))])
            note = f"from {at:.4g} s to {at + rolling.width:.4g} s"
        return Estimate(known, low, high, n, METHOD, note, needed=needed)
    if not told.all():
        return Estimate(None, -INFINITY, INFINITY, n, METHOD, note)
    value = of(series.values, rolling)
    apart = series.values[:: max(1, round(rolling.width / rolling.step))]
    if rolling.fold == "sum":
        return Estimate(value, value, value, n, METHOD)
    if rolling.fold != "mean" or len(apart) < FEWEST:
        return Estimate(value, -INFINITY, INFINITY, n, METHOD, _few(rolling, len(apart)))
    low, high = mean_interval(batch_means(apart), alpha, batch_size(len(apart)))
    middle = float(np.mean(apart))
    return Estimate(value, value - (middle - low), value + (high - middle), n, METHOD)


def _more(rolling: Rolling, series: Series) -> str:
    """Why an end is open: all stretches must be bounded at once."""
    held = int(np.sort(series.counts)[len(series.counts) // 2])
    return f"stretches of {rolling.width:g} s hold about {held} samples: too few to bound all {len(series.starts)}"


def _few(rolling: Rolling, apart: int) -> str:
    if rolling.fold == "mean":
        return f"{apart} stretches that do not overlap are too few to tell the error of their mean, {FEWEST} are needed"
    return f"the {rolling.fold.replace('_', ' ')} of stretches has no interval"


_FOLDS: dict[str, Callable[[Any, Rolling], float]] = {
    "min": lambda values, rolling: float(np.min(values)),
    "max": lambda values, rolling: float(np.max(values)),
    "mean": lambda values, rolling: float(np.mean(values)),
    "sum": lambda values, rolling: float(np.sum(values)),
    "stddev": lambda values, rolling: _deviation(values),
    "trimmed_mean": lambda values, rolling: _trimmed(values, rolling.trim),
    "quantile": lambda values, rolling: float(np.sort(values)[max(0, math.ceil(len(values) * rolling.q - 1e-9) - 1)]),
}
