"""The interval of the mean of a Poisson count."""

from __future__ import annotations

from erisc.verdict.statistics.distributions import least_real, poisson_cdf


def poisson_bounds(count: int, alpha: float) -> tuple[float, float]:
    """Bounds of the mean of a Poisson count, each with error `alpha`: F. Garwood, Biometrika 28 (1936), 437-442."""
    low = 0.0 if count == 0 else least_real(lambda mean: 1 - poisson_cdf(count - 1, mean) >= alpha, 0.0, _top(count))
    return low, least_real(lambda mean: poisson_cdf(count, mean) <= alpha, 0.0, _top(count))


def _top(count: int) -> float:
    """More than any bound whose error is above 1e-12."""
    return 40.0 + 2 * count
