"""Intervals for proportions, quantiles, means and counts. `alpha` is the error of each end on its own.

A two-sided interval of 95 % has alpha = 0.025; a rule with one limit accepts an error of 1 - confidence at the one end
that matters, so it is judged with alpha = 1 - confidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from erisc.base.record import record
from erisc.verdict.statistics.distributions import binomial_cdf, least, normal_quantile, poisson_cdf, student_quantile

ENDLESS = 10**9
"""Samples beyond which asking for more is no advice."""
FEWEST = 10
"""Values below which a mean's error is not estimated."""
BATCHES = 20
"""Batches of batch means; 10 to 30 are recommended (Schmeiser 1982, Operations Research 30(3), 556-568)."""


def wilson(hits: int, n: int, alpha: float) -> tuple[float, float]:
    """Bounds of a proportion from `hits` of `n` >= 1 independent samples.

    The score interval of E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal
    of the American Statistical Association 22 (1927), 209-212, without continuity correction, as recommended by Brown,
    Cai and DasGupta, Statistical Science 16 (2001), 101-133.
    """
    low, high = _score(hits / n, n, normal_quantile(1 - alpha))
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def _score(share: float, n: int, z: float) -> tuple[float, float]:
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def wilson_needs(share: float, limit: float, alpha: float) -> int | None:
    """The samples at which the bound clears `limit` if the observed share stays; None when it never does."""
    z = normal_quantile(1 - alpha)

    def clears(n: int) -> bool:
        low, high = _score(share, n, z)
        return low > limit if share > limit else high < limit

    if share == limit:
        return None
    found = least(clears, 1, ENDLESS)
    return found if found <= ENDLESS else None


@record
class Ranks:
    """Ranks from 1 in the sorted sample; None where the sample is too small to bound that end."""

    low: int | None
    value: int
    high: int | None


def quantile_ranks(n: int, q: float, alpha: float) -> Ranks:
    """Which order statistics bound the q-quantile, whatever the distribution, from `n` >= 1 independent samples.

    X(l) <= quantile fails with P(B(n, q) <= l - 1), X(u) >= quantile with P(B(n, q) >= u): Hahn and Meeker,
    "Statistical Intervals" (1991), section 5.2. The value is the sample's quantile of type 1 (Hyndman and Fan 1996).
    """
    low = least(lambda k: binomial_cdf(k - 1, n, q) > alpha, 1, n) - 1
    high = least(lambda k: 1 - binomial_cdf(k - 1, n, q) <= alpha, 1, n)
    value = min(n, max(1, math.ceil(n * q - 1e-9)))
    return Ranks(low if low >= 1 else None, value, high if high <= n else None)


def quantile_needs(q: float, alpha: float) -> int:
    """The fewest samples that bound the q-quantile from above: 59 for a p95 with an error of 5 %."""
    return math.ceil(math.log(alpha) / math.log(q) - 1e-9)


def poisson_bounds(count: int, alpha: float) -> tuple[float, float]:
    """Bounds of the mean of a Poisson count: F. Garwood, Biometrika 28 (1936), 437-442."""
    low = 0.0 if count == 0 else _solve(lambda mean: 1 - poisson_cdf(count - 1, mean) >= alpha, count)
    return low, _solve(lambda mean: poisson_cdf(count, mean) <= alpha, count)


def _solve(test: Callable[[float], bool], count: int) -> float:
    """The least mean for which the monotone `test` holds, to 1e-12 of it."""
    low, high = 0.0, 10.0 + 4.0 * count
    while not test(high):
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if test(middle) else (middle, high)
    return high


def batch_mean(means: Sequence[float], alpha: float) -> tuple[float, float]:
    """Bounds of a mean from the means of equal stretches of a series, at least 9 of them.

    Batch means: neighbours in a load test resemble each other, so single values are not independent, but the means of
    long stretches nearly are (Law, "Simulation Modeling and Analysis", section 9.5.3). Student's t over the batches.
    """
    count = len(means)
    middle = math.fsum(means) / count
    spread = math.sqrt(math.fsum((mean - middle) ** 2 for mean in means) / (count - 1) / count)
    reach = student_quantile(1 - alpha, count - 1) * spread
    return middle - reach, middle + reach
