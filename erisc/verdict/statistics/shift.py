"""How far one sample lies from another, without assuming a distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.statistics.distributions import normal_cdf, normal_quantile

INFINITY = math.inf
EXACT = 400
"""Products of sizes up to which the test without ties is exact."""


@record
class Shift:
    """B against A. estimate: the Hodges-Lehmann shift; low, high: its bounds; p: two-sided, of no difference.

    superiority: P(b > a) + P(b = a) / 2, which the literature calls CLES or A12.
    """

    estimate: float
    low: float
    high: float
    p: float
    superiority: float


def shift(a: Sequence[float] | Any, b: Sequence[float] | Any, alpha: float) -> Shift:
    """The shift from `a` to `b`, of independent values, at least one each; each bound with error `alpha`.

    Estimate and bounds: J. L. Hodges and E. L. Lehmann, Annals of Mathematical Statistics 34 (1963), 598-611, with
    the ranks of Lehmann, "Nonparametrics" (1975), section 2.6, corrected for ties. Superiority: A. Vargha and H. D.
    Delaney, Journal of Educational and Behavioral Statistics 25 (2000), 101-132. O(n m): both are best a few hundred
    values.
    """
    x, y = np.sort(np.asarray(a, dtype=float)), np.sort(np.asarray(b, dtype=float))
    differences = np.sort((y[:, None] - x[None, :]).ravel())
    u = float(np.sum(differences > 0)) + 0.5 * float(np.sum(differences == 0))
    pairs = len(differences)
    low, high = _bounds(differences, x, y, alpha)
    return Shift(float(np.median(differences)), low, high, mann_whitney(x, y), u / pairs)


def _bounds(differences: Any, x: Any, y: Any, alpha: float) -> tuple[float, float]:
    """Of the sorted differences, the C-th from either end, C the rank that the test would accept."""
    pairs = len(differences)
    if pairs <= EXACT and not _ties(x, y):
        counts = _exact(len(x), len(y))
        total = float(counts.sum())
        c = int(np.searchsorted(np.cumsum(counts) / total, alpha * (1 + 1e-12), "right"))
    else:
        c = math.floor(pairs / 2 - normal_quantile(1 - alpha) * _spread(x, y))
    if c < 1:
        return -INFINITY, INFINITY
    return float(differences[c - 1]), float(differences[pairs - c])


def mann_whitney(a: Sequence[float] | Any, b: Sequence[float] | Any) -> float:
    """The two-sided p of no difference: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947),
    50-60.

    Exact for small samples without ties; else normal with continuity correction and the correction for ties (Lehmann
    1975, section 1.4), as scipy.stats.mannwhitneyu.
    """
    x, y = np.sort(np.asarray(a, dtype=float)), np.sort(np.asarray(b, dtype=float))
    n, m = len(x), len(y)
    u = float(np.sum(np.searchsorted(x, y, "left") + np.searchsorted(x, y, "right"))) / 2
    if n * m <= EXACT and not _ties(x, y):
        counts = _exact(n, m)
        tail = float(counts[: int(min(u, n * m - u)) + 1].sum()) / float(counts.sum())
        return min(1.0, 2 * tail)
    spread = _spread(x, y)
    if spread == 0:
        return 1.0
    z = (abs(u - n * m / 2) - 0.5) / spread
    return min(1.0, 2 * normal_cdf(-z))


def _ties(x: Any, y: Any) -> bool:
    both = np.concatenate([x, y])
    return len(np.unique(both)) < len(both)


def _spread(x: Any, y: Any) -> float:
    """The standard deviation of U without a difference, corrected for ties."""
    n, m = len(x), len(y)
    total = n + m
    _, counts = np.unique(np.concatenate([x, y]), return_counts=True)
    tied = float(np.sum(counts.astype(float) ** 3 - counts))
    return math.sqrt(max(0.0, n * m / 12 * (total + 1 - tied / (total * (total - 1))))) if total > 1 else 0.0


def _exact(n: int, m: int) -> Any:
    """How many orders of n and m values give each U in 0..n m: the Gaussian binomial coefficient."""
    counts = np.zeros(n * m + 1)
    counts[0] = 1.0
    for i in range(1, n + 1):
        top = m + i
        counts[top:] -= counts[: len(counts) - top].copy() if top <= n * m else 0
        for at in range(i, n * m + 1):
            counts[at] += counts[at - i]
    return counts


def false_discovery(ps: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p values: those at most f hold a share of false discoveries of at most f. Y. Benjamini and Y. Hochberg,
    Journal of the Royal Statistical Society B 57 (1995), 289-300.
    """
    count = len(ps)
    order = sorted(range(count), key=lambda i: ps[i], reverse=True)
    adjusted = [1.0] * count
    running = 1.0
    for place, i in enumerate(order):
        running = min(running, ps[i] * count / (count - place))
        adjusted[i] = running
    return tuple(adjusted)
