"""How much the neighbours in a series resemble each other, and what that costs a mean.

Samples of a load test come in the order of time and are not independent. A series is cut into at most `BATCHES`
batches, whose means are taken for a first-order autoregression with a coefficient that is not known:

    m[i] - mean = phi (m[i-1] - mean) + noise

Every phi on a grid is weighted by its likelihood, and the mean's uncertainty is the mixture over the grid: where the
series is too short to tell phi, that it cannot is part of the interval. Nothing is switched by a test of significance.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from erisc.base.record import record, replace
from erisc.verdict.statistics.distributions import normal_quantile, student_quantile

BATCHES = 50
"""Batches of a series; what is shorter is taken as it is. Longer batches would leave fewer of them to learn phi
from.
"""
HIT_BATCHES = 200
"""Batches of a series of zeros and ones, whose spread is known beforehand and whose mean needs no bootstrap."""
_STEPS = 120
_RARE = 1e-7
"""Weight below which a grid point is left out."""

Array = Any
"""A one-dimensional numpy array of float64."""


def batch_size(n: int, batches: int = BATCHES) -> int:
    """How many consecutive samples of `n` make a batch, give or take one: as few as give at most `batches` of them."""
    return max(1, -(-n // batches))


def batch_count(n: int, batches: int = BATCHES) -> int:
    """Into how many batches `n` samples are cut."""
    return n // batch_size(n, batches)


def batch_means(values: Array, batches: int = BATCHES) -> Array:
    """The means of `batch_count` runs of consecutive samples, in order."""
    n = len(values)
    count = batch_count(n, batches)
    if count == n:
        return np.asarray(values, dtype=float)
    starts = (np.arange(count) * n) // count
    return np.add.reduceat(values, starts) / np.diff(starts, append=n)


@record
class Mixture:
    """What is known of a mean: Student's t with `freedom`, located at `centres`, of scale `scales`, with `weights`.

    phis: the coefficient of each part; phi: its mean over the mixture.
    """

    centre: float
    centres: Array
    scales: Array
    weights: Array
    freedom: int
    phis: Array
    phi: float

    def reach(self, alpha: float) -> tuple[float, float]:
        """How far the mean may lie below and above `centre`, each with error `alpha`."""
        return -self._quantile(alpha), self._quantile(1 - alpha)

    def _quantile(self, p: float) -> float:
        """Relative to the centre, by bisection on a grid that closes in eightfold a step."""
        offsets = (self.centres - self.centre)[:, None]
        scales = self.scales[:, None]
        span = abs(normal_quantile(p)) * 4 + 4
        low, high = float(np.min(offsets - span * scales)), float(np.max(offsets + span * scales))
        for _ in range(6):
            tried = np.linspace(low, high, 17)
            below = self.weights @ _student((tried - offsets) / scales, self.freedom)
            at = int(np.clip(np.searchsorted(below, p), 1, 16))
            low, high = float(tried[at - 1]), float(tried[at])
        return (low + high) / 2


def mean_mixture(series: Array, size: int = 1) -> Mixture | None:
    """The mixture for the mean of a stationary first-order autoregression; None when the values are all the same.

    series: at least 3 values in order of time, each the mean of `size` samples. The exact Gaussian likelihood with
    mean and variance integrated out under the usual p(mean, log sigma) = 1, and a flat weight for phi in (-0.95,
    0.995): A. Zellner and G. C. Tiao, "Bayesian Analysis of the Regression Model with Autocorrelated Errors", Journal
    of the American Statistical Association 59 (1964), 763-778, with the stationary first observation.
    """
    n = len(series)
    centre = float(np.mean(series))
    z = series - centre
    squares = float(z @ z)
    if not squares > (1e-12 * abs(centre)) ** 2 * n:
        return None
    phi, log_stationary = _grid()
    lagged = float(z[1:] @ z[:-1])
    inner = squares - z[0] ** 2 - z[-1] ** 2
    # The generalised sum of squares in the mean m: a - 2 b m + c m^2.
    a = squares + phi * phi * inner - 2 * phi * lagged
    b = (1 - phi * phi) * z[0] + (1 - phi) * (phi * z[-1] - z[0])
    c = (1 - phi * phi) + (n - 1) * (1 - phi) ** 2
    left = a - b * b / c
    log_weight = log_stationary - 0.5 * np.log(c) - (n - 1) / 2 * np.log(left)
    weights = np.exp(log_weight - np.max(log_weight))
    weights /= np.sum(weights)
    keep = weights > _RARE
    scales = (np.sqrt(left / (n - 1) / c) * _batching(size))[keep]
    kept = weights[keep] / np.sum(weights[keep])
    return Mixture(centre, (b / c)[keep] + centre, scales, kept, n - 1, phi[keep], float(phi @ weights))


@lru_cache(maxsize=1)
def _grid() -> tuple[Array, Array]:
    phi = np.linspace(-0.95, 0.995, _STEPS)
    return phi, 0.5 * np.log(1 - phi * phi)


@lru_cache(maxsize=64)
def _batching(size: int) -> Array:
    """By how much the scale of a mean shrinks, for each phi of the grid, because batches were taken for samples.

    Batches of `size` samples of an autoregression with coefficient f have the correlation r(f) at the first lag and
    r(f) f**size, f**(2 size), … times that at the next, less than r(f) squared, cubed, …: W. W. S. Wei, "Time Series
    Analysis" (2006), section 20.2. Positive phi only: what alternates is left alone.
    """
    phi, _ = _grid()
    if size == 1:
        return np.ones(len(phi))
    f = 1 - np.geomspace(1e-4, 0.9999, 2000)[::-1]
    power = f**size
    first = f * (1 - power) ** 2 / (size * (1 - f * f) - 2 * f * (1 - power))
    true = 1 + 2 * first / (1 - power)
    taken = (1 + first) / (1 - first)
    return np.where(phi > 0, np.interp(phi, first, np.sqrt(true / taken)), 1.0)


def _student(t: Array, freedom: int) -> Array:
    """P(T <= t): D. L. Wallace, "Bounds on Normal Approximations to Student's and the Chi-Square Distributions",
    Annals of Mathematical Statistics 30 (1959), 1121-1130; to 2e-4 from 9 degrees of freedom on.
    """
    scale = (8 * freedom + 1) / (8 * freedom + 3)
    z = np.sign(t) * scale * np.sqrt(freedom * np.log1p(t * t / freedom))
    return _normal(z)


def _normal(z: Array) -> Array:
    """P(Z <= z) to 1e-7: Abramowitz and Stegun 26.2.17."""
    k = 1 / (1 + 0.2316419 * np.abs(z))
    series = k * (0.319381530 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
    tail = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * series
    return np.where(z < 0, tail, 1 - tail)


def inflation(series: Array, spread: float, n: int, alpha: float, size: int = 1) -> float:
    """How many samples of this series say as much about its mean as one independent sample, at least 1.

    series: means of batches of `size` samples; spread: the standard deviation of a single sample; n: samples in all.
    Sets the length of the interval of the mean, with error `alpha` at each end, against that of n independent samples
    of known spread; n / inflation is the effective sample size (Priestley, "Spectral Analysis and Time Series", 5.3.2).
    """
    if len(series) < 3 or not spread > 0:
        return 1.0
    mixture = mean_mixture(series, size)
    if mixture is None:
        return 1.0
    below, above = mixture.reach(alpha)
    naive = 2 * abs(normal_quantile(alpha)) * spread / math.sqrt(n)
    return max(1.0, ((below + above) / naive) ** 2)


def inflation_of(hits: Array, alpha: float) -> float:
    """`inflation` of a series of zeros and ones in order of time."""
    n = len(hits)
    if not n:
        return 1.0
    share = float(np.count_nonzero(hits)) / n
    series = batch_means(hits, HIT_BATCHES)
    return inflation(series, math.sqrt(share * (1 - share)), n, alpha, batch_size(n, HIT_BATCHES))


def copula_inflation(scores: Array, q: float, alpha: float) -> float:
    """`inflation` of the share of samples below the q-quantile, told from how all of them resemble their neighbours.

    scores: normal scores of the samples in order of time, at least 3. Takes them for a Gaussian autoregression of the
    first order, as in `mean_mixture`. A tail's own series of zeros and ones has too few ones in a short series.
    """
    mixture = mean_mixture(scores)
    if mixture is None:
        return 1.0
    phi = mixture.phis
    costs = np.interp(phi, _grid()[0], _costs(round(q, 6))) * (1 - phi) / (1 + phi)
    below, above = replace(mixture, scales=mixture.scales * np.sqrt(costs)).reach(alpha)
    n = len(scores)
    naive = 2 * student_quantile(1 - alpha, n - 1) * float(np.std(scores)) / math.sqrt(n)
    return max(1.0, ((below + above) / naive) ** 2)


@lru_cache(maxsize=64)
def _costs(q: float) -> Array:
    """1 + 2 (r(1) + r(2) + …) for each phi of the grid, r the autocorrelation of [x <= q-quantile].

    r(k) = (P(x[0] <= z, x[k] <= z) - q²) / (q (1 - q)), of which the derivative in the correlation is the bivariate
    normal density (Plackett, Biometrika 41 (1954), 351-360).
    """
    z = normal_quantile(q)
    rho = np.sin(np.linspace(-math.pi / 2, math.pi / 2, 2001)[1:-1])
    # With rho = sin(angle) the density loses its singularity at 1.
    density = np.exp(-z * z / (1 + rho)) / (2 * math.pi)
    joint = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2) * math.pi / 2000])
    joint -= np.interp(0.0, rho, joint)
    phi, _ = _grid()
    lags = np.arange(1, 1500)
    powers = np.sign(phi)[:, None] ** lags * np.abs(phi)[:, None] ** lags
    return np.maximum(0.05, 1 + 2 * np.sum(np.interp(powers, rho, joint), axis=1) / (q * (1 - q)))
