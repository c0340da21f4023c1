"""The interval of a proportion."""

from __future__ import annotations

import math

from erisc.verdict.statistics.distributions import least, normal_quantile

ENDLESS = 10**9
"""Samples beyond which asking for more is no advice."""


def wilson(hits: float, n: float, alpha: float) -> tuple[float, float]:
    """Bounds of a proportion from `hits` of `n` > 0 independent samples, each with error `alpha`.

    Of dependent samples, both divided by `dependence.inflation`. The score interval of E. B. Wilson, "Probable
    Inference, the Law of Succession, and Statistical Inference", Journal of the American Statistical Association 22
    (1927), 209-212, without continuity correction, as recommended by Brown, Cai and DasGupta, Statistical Science 16
    (2001), 101-133.
    """
    low, high = _score(hits / n, n, normal_quantile(1 - alpha))
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def _score(share: float, n: float, z: float) -> tuple[float, float]:
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
