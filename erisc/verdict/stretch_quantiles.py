"""Quantiles of thousands of stretches of a series at once, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from erisc.verdict.statistics.distributions import normal_quantile
from erisc.verdict.statistics.estimate import INFINITY


def quantiles_of(values: Any, first: Any, last: Any, qs: Sequence[float], alpha: float) -> Any:
    """Stretches by quantiles by (value, low, high): order statistics, each stretch sorted once for all `qs`."""
    n = last - first
    sizes, back = np.unique(n, return_inverse=True)
    places = np.stack([places_of(sizes, q, alpha) for q in qs], axis=1)[back]
    wanted = np.maximum(places, 0).reshape(len(n), -1)
    found = np.empty(wanted.shape)
    step = max(1, BLOCK // int(np.max(n)))
    for start in range(0, len(n), step):
        some = slice(start, start + step)
        found[some] = np.take_along_axis(_sorted(values, first[some], last[some]), wanted[some], axis=1)
    return np.where(places >= 0, found.reshape(places.shape), _OPEN)


BLOCK = 1 << 16
"""Samples that are sorted in one go; beyond, they leave the processor's cache."""


def _sorted(values: Any, first: Any, last: Any) -> Any:
    """The samples of each stretch in a row of their own, sorted; the rows of shorter ones end in infinities."""
    place = first[:, None] + np.arange(int(np.max(last - first)))
    block = values[np.minimum(place, len(values) - 1)]
    block[place >= last[:, None]] = INFINITY
    block.sort(axis=1)
    return block


_OPEN = np.array([math.nan, -INFINITY, INFINITY])
_SMALL = 30.0
"""Samples expected beyond a quantile, above which their number is nearly normal."""


def places_of(n: Any, q: float, alpha: float) -> Any:
    """Indices in sorted samples of sizes `n` of the q-quantile and of the ends of its interval, -1 where there is none.

    Whole ranks, outward, for thousands of sizes at once (Hahn and Meeker, "Statistical Intervals" (1991), 5.2): how
    many of n samples lie beyond the quantile is binomial; where many do, by Cornish and Fisher's expansion (Johnson,
    Kemp and Kotz, "Univariate Discrete Distributions", section 3.6).
    """
    value = np.minimum(n, np.maximum(1, np.ceil(n * q - 1e-9).astype(np.int64))) - 1
    if q < 0.5:
        _, lower, upper = places_of(n, 1 - q, alpha).T
        ends = [np.where(end >= 0, n - 1 - end, -1) for end in (upper, lower)]
        return np.stack([value, *ends], axis=1)
    near, far = _beyond_nearly(n, 1 - q, alpha)
    for place in np.flatnonzero(n * (1 - q) < _SMALL).tolist():
        near[place], far[place] = _beyond_exactly(int(n[place]), 1 - q, alpha)
    return np.stack([value, np.where(far <= n, n - far, -1), np.where(near >= 0, n - 1 - near, -1)], axis=1)


@lru_cache(maxsize=65536)
def _beyond_exactly(n: int, p: float, alpha: float) -> tuple[int, int]:
    """The most j with P(Y <= j) <= alpha, -1 for none, and the fewest m with P(Y >= m) <= alpha, Y binomial(n, p)."""
    term = math.exp(n * math.log1p(-p))
    odds, below, near, j = p / (1 - p), term, -1, 0
    while 1 - below > alpha and j < n:
        near = j if below <= alpha else near
        term *= (n - j) / (j + 1) * odds
        below += term
        j += 1
    return near, j + 1


def _beyond_nearly(n: Any, p: float, alpha: float) -> tuple[Any, Any]:
    z = normal_quantile(1 - alpha)
    spread, skew = np.sqrt(n * p * (1 - p)), (z * z - 1) * (1 - 2 * p) / 6
    near = np.floor(n * p - z * spread + skew - 0.5 + 1e-9).astype(np.int64)
    return near, np.ceil(n * p + z * spread + skew + 0.5 - 1e-9).astype(np.int64)
