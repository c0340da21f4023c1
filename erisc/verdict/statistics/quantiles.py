"""Intervals of quantiles by order statistics, whatever the distribution, at the cost of one partition of the column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.statistics.dependence import PLENTY, Array, copula_inflation, inflation_of, normal_scores
from erisc.verdict.statistics.distributions import beta_cdf, normal_quantile, root

INFINITY = math.inf
PILOT = 4096
"""Samples of the pilot quantile by which dependence is told before the column is partitioned."""


MANY = 8.0
"""Standard deviation of a binomial count from which on its expansion is exact enough."""
ENOUGH = 20
"""Samples that must lie beyond a quantile before its own series tells how they cluster."""


@record
class Ranks:
    """Ranks from 1 in the sorted sample, fractional at the ends; None where the sample is too small to bound that
    end.
    """

    low: float | None
    value: int
    high: float | None


@record
class Quantile:
    """A quantile of a column. low, high: infinite where the sample sets no bound. effective: independent samples."""

    q: float
    value: float
    low: float
    high: float
    effective: float


def quantile_needs(q: float, alpha: float) -> int:
    """The fewest independent samples that bound the q-quantile from above: 59 for a p95 with an error of 5 %."""
    return math.ceil(math.log(alpha) / math.log(q) - 1e-9)


def quantile_ranks(n: int, q: float, alpha: float, inflation: float = 1.0) -> Ranks:
    """Which order statistics of `n` >= 1 samples bound the q-quantile, each end with error `alpha`.

    P(X(r) <= quantile) = I_q(r, n + 1 - r) (David and Nagaraja, "Order Statistics", section 7.1), solved for a
    fractional r, at which neighbours are interpolated: A. D. Hutson, "Calculating nonparametric confidence intervals
    for quantiles using fractional order statistics", Journal of Applied Statistics 26 (1999), 343-353. Whole ranks
    would cover more than they state. inflation: samples that say as much as one independent one; ranks are those of n
    / inflation samples, stretched to n. The value is the sample's quantile of type 1 (Hyndman and Fan 1996).
    """
    effective = max(1.0, n / inflation)
    stretch = (n + 1) / (effective + 1)
    low = _rank(effective, q, 1 - alpha)
    high = _rank(effective, q, alpha)
    return Ranks(
        low=low * stretch if low >= 1 else None,
        value=min(n, max(1, math.ceil(n * q - 1e-9))),
        high=min(float(n), high * stretch) if high <= effective else None,
    )


@lru_cache(maxsize=4096)
def _rank(n: float, q: float, chance: float) -> float:
    """The r in 0..n+1 at which I_q(r, n + 1 - r), which falls with r, is `chance`."""
    z = -normal_quantile(chance)
    spread = math.sqrt(n * q * (1 - q))
    # Cornish and Fisher's expansion of the binomial tail (Abramowitz and Stegun 26.2.49): beyond `MANY` as good as the
    # root, to a hundredth of a rank.
    skew, tails = 1 - 2 * q, 1 - 6 * q * (1 - q)
    third = (z**3 - 3 * z) * tails / 24 - (2 * z**3 - 5 * z) * skew * skew / 36 - z / 24
    guess = n * q + 0.5 + z * spread + skew * (z * z - 1) / 6 + third / spread
    if spread > MANY:
        return guess
    return root(lambda r: chance - beta_cdf(q, r, n + 1 - r), 1e-9, n + 1 - 1e-9, guess, 1e-10)


def quantile_intervals(
    values: Array, qs: Sequence[float], alpha: float, inflations: Sequence[float] | None = None
) -> tuple[Quantile, ...]:
    """The quantiles `qs` of samples in order of time, each with its interval; one partition for all of them.

    values: at least one; infinite for what never finished. Neighbours that resemble each other count for less: by the
    series of zeros and ones that tells which samples lie below a pilot quantile, or by
    `inflations`, one for each of `qs`.
    """
    n = len(values)
    if inflations is None:
        inflations = _inflations(values, qs, alpha)
    ranks = [quantile_ranks(n, q, alpha, each) for q, each in zip(qs, inflations, strict=True)]
    ordered = _ordered(values, sorted({index for each in ranks for index in _indices(each, n)}))
    return tuple(
        Quantile(
            q,
            float(ordered[each.value - 1]),
            -INFINITY if each.low is None else _between(ordered, each.low, -1),
            INFINITY if each.high is None else _between(ordered, each.high, 1),
            n / spent,
        )
        for q, each, spent in zip(qs, ranks, inflations, strict=True)
    )


def _inflations(values: Array, qs: Sequence[float], alpha: float) -> list[float]:
    """Of each quantile's error: by how all samples resemble their neighbours, and by the quantile's own series; the
    greater of the two, but where too few lie beyond the quantile to believe its series, or so many that it tells all.
    """
    n = len(values)
    pilot = np.sort(values[:: max(1, n // PILOT)])
    beyond = [n * min(q, 1 - q) for q in qs]
    scores = normal_scores(values) if n > 2 and min(beyond, default=n) < PLENTY else None
    found = []
    for q, count in zip(qs, beyond, strict=True):
        general = 1.0 if scores is None or count >= PLENTY else copula_inflation(scores, q, alpha)
        at = pilot[min(len(pilot), max(1, math.ceil(len(pilot) * q - 1e-9))) - 1]
        found.append(max(general, inflation_of(values <= at, alpha)) if count >= ENOUGH else general)
    return found


def _indices(ranks: Ranks, n: int) -> list[int]:
    """From 0: the value, and the neighbours of both ends and theirs, by which ties are seen."""
    found = [ranks.value - 1]
    for end in (ranks.low, ranks.high):
        if end is not None:
            found += range(max(0, math.floor(end) - 2), min(n, math.floor(end) + 2))
    return found


def _ordered(values: Array, indices: Sequence[int]) -> Any:
    """A copy of the column of which the values at `indices` (ascending, from 0) are where sorting puts them.

    Indices that lie close together share a span, whose ends alone are partitioned; the little between is sorted.
    """
    near = max(4, len(values) // 16)
    spans = [[indices[0], indices[0]]]
    for index in indices[1:]:
        if index - spans[-1][1] <= near:
            spans[-1][1] = index
        else:
            spans.append([index, index])
    ordered = np.partition(values, spans[0][0])
    done = spans[0][0]
    for first, last in spans:
        for end in sorted({first, last} - {done}):
            # What lies beyond is all greater; one place at a time is several times faster than all at once.
            ordered[done + 1 :].partition(end - done - 1)
            done = end
        ordered[first : last + 1].sort()
    return ordered


def _between(ordered: Any, rank: float, outward: int) -> float:
    """The value at a fractional rank (from 1). Among tied values there is nothing to interpolate: the outer one."""
    n = len(ordered)
    k = min(math.floor(rank), n - 1) if n > 1 else 1
    below, above = float(ordered[k - 1]), float(ordered[min(k, n - 1)])
    part = rank - k
    if below == above or not math.isfinite(above):
        return above if part > 0 else below
    tied = (k >= 2 and ordered[k - 2] == below) or (k + 1 < n and ordered[k + 1] == above)
    if tied and 0 < part < 1:
        return above if outward > 0 else below
    return below + part * (above - below)
