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
from erisc.verdict.statistics.distributions import normal_quantile, normal_quantiles, root, student_quantile

BATCHES = 50
"""Batches of a series; what is shorter is taken as it is. Longer batches would leave fewer of them to learn phi
from.
"""
HIT_BATCHES = 200
"""Batches of a series of zeros and ones, whose spread is known beforehand and whose mean needs no bootstrap."""
LONG = 100
"""Samples of a batch beyond which its neighbours' resemblance no longer depends on their number."""
RARITIES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares for which the resemblance of zeros and ones is worked out."""
TELLING = 10
"""Values below which nothing is told of how they resemble each other beside what zeros and ones tell themselves."""
PLENTY = 100
"""Samples on either side of a share from which on its own series of zeros and ones tells how they cluster."""
STRETCH = 1000
"""Samples by which the resemblance of values is told."""
_AROUND = np.array([0.75, 0.87, 0.95, 1.02, 1.1, 1.2, 1.35, 1.6])
_STEPS = 120
_RARE = 1e-6
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
    values = np.asarray(values)
    n = len(values)
    count = batch_count(n, batches)
    if count == n:
        return np.asarray(values, dtype=float)
    starts, sizes = _cuts(n, count)
    if values.dtype == bool:
        # As bytes into 32 bits: twice as fast as numpy's own way with truth values.
        return np.add.reduceat(values.view(np.int8), starts, dtype=np.int32) / sizes
    return np.add.reduceat(values, starts) / sizes


@lru_cache(maxsize=256)
def _cuts(n: int, count: int) -> tuple[Array, Array]:
    """Where `count` batches of `n` samples begin, and how long they are."""
    starts = (np.arange(count) * n) // count
    return starts, np.diff(starts, append=n)


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
        spread = self.spread(alpha)
        far = 40 * spread
        below = root(lambda x: float(self._below(x)) - alpha, -far, far, -spread, alpha * 1e-4)
        above = root(lambda x: float(self._below(x)) - (1 - alpha), -far, far, spread, alpha * 1e-4)
        return -below, above

    def width(self, alpha: float) -> float:
        """The half of an interval around `centre` outside of which the mean lies with a probability of 2 `alpha`."""
        spread = self.spread(alpha)
        tried = spread * _AROUND
        outside = self._below(-tried[:, None]) + 1 - self._below(tried[:, None])
        if not outside[-1] < 2 * alpha < outside[0]:
            return root(lambda x: self._within(x) - (1 - 2 * alpha), 0.0, 40 * spread, spread, alpha * 1e-3)
        return float(np.interp(-math.log(2 * alpha), -np.log(outside), tried))

    def _within(self, x: float) -> float:
        above, below = self._below(np.array([[x], [-x]]))
        return float(above - below)

    def spread(self, alpha: float) -> float:
        """About `width`, a few percent less."""
        squares = self.scales * self.scales + (self.centres - self.centre) ** 2
        return abs(normal_quantile(alpha)) * math.sqrt(float(self.weights @ squares))

    def _below(self, x: Any) -> Any:
        """P(mean - centre <= x) of a number, or of a column of them."""
        return _student((x - (self.centres - self.centre)) / self.scales, self.freedom) @ self.weights


def mean_mixture(series: Array, size: int = 1, q: float = 0.0) -> Mixture | None:
    """The mixture for the mean of a stationary first-order autoregression; None when the values are all the same.

    series: at least 3 values in order of time, each the mean of `size` samples; q: the share of ones, if the samples
    are zeros and ones that tell where an autoregression lies below a level. The exact Gaussian likelihood with mean
    and variance integrated out under the usual p(mean, log sigma) = 1, and a flat weight for phi in (-0.95, 0.995):
    A. Zellner and G. C. Tiao, "Bayesian Analysis of the Regression Model with Autocorrelated Errors", Journal of the
    American Statistical Association 59 (1964), 763-778, with the stationary first observation.
    """
    n = len(series)
    centre = float(np.mean(series))
    z = series - centre
    squares = float(z @ z)
    if not squares > (1e-12 * abs(centre)) ** 2 * n:
        return None
    phi, square, rest, log_stationary = _grid()
    lagged = float(z[1:] @ z[:-1])
    inner = squares - z[0] ** 2 - z[-1] ** 2
    # The generalised sum of squares in the mean m: a - 2 b m + c m^2.
    a = squares + square * inner - 2 * phi * lagged
    b = (1 - square) * z[0] + rest * (phi * z[-1] - z[0])
    c = (1 - square) + (n - 1) * rest * rest
    left = a - b * b / c
    log_weight = log_stationary - 0.5 * np.log(c) - (n - 1) / 2 * np.log(left)
    weights = np.exp(log_weight - np.max(log_weight))
    weights /= np.sum(weights)
    keep = weights > _RARE
    scales = (np.sqrt(left / (n - 1) / c) * _scaling(min(size, LONG), _nearest(q)))[keep]
    kept = weights[keep] / np.sum(weights[keep])
    return Mixture(centre, (b / c)[keep] + centre, scales, kept, n - 1, phi[keep], float(phi @ weights))


@lru_cache(maxsize=1)
def _grid() -> tuple[Array, Array, Array, Array]:
    """phi, its square, 1 - phi, and the logarithm of sqrt(1 - phi²)."""
    phi = np.linspace(-0.95, 0.995, _STEPS)
    return phi, phi * phi, 1 - phi, 0.5 * np.log(1 - phi * phi)


def _nearest(q: float) -> float:
    """The entry of `RARITIES` next to q or 1 - q, whose series of zeros and ones is the same turned over."""
    return min(RARITIES, key=lambda each: abs(math.log(each / min(q, 1 - q)))) if 0 < q < 1 else 0.0


@lru_cache(maxsize=1024)
def _scaling(size: int, q: float) -> Array:
    """What the scale of a mean must be multiplied by, for each phi of the grid, because batches are not an
    autoregression.

    Batches of `size` samples of an autoregression with coefficient f (q = 0), or of the zeros and ones that tell where
    it lies below its q-quantile, have a correlation at the first lag, by which phi is told, and others at the next that
    are not its powers: W. W. S. Wei, "Time Series Analysis" (2006), section 20.2. Positive phi only: what alternates is
    left alone.
    """
    phi = _grid()[0]
    if size == 1 and not q:
        return np.ones(len(phi))
    f = 1 - np.geomspace(1e-2, 0.999, 100)[::-1]
    lags = np.arange(0, 2 * size)
    near = _autocorrelations(f, q, lags)
    within = size * near[:, 0] + 2 * near[:, 1:size] @ (size - lags[1:size])
    beside = near[:, 1:] @ (size - np.abs(lags[1:] - size))
    first = beside / within
    total = 1 + 2 * np.sum(_autocorrelations(f, q, np.arange(1, 600)), axis=1)
    true = size * total / within
    taken = (1 + first) / (1 - first)
    return np.where(phi > 0, np.interp(phi, first, np.sqrt(true / taken)), 1.0)


def _autocorrelations(phi: Array, q: float, lags: Array) -> Array:
    """Of an autoregression (q = 0), or of [x <= its q-quantile]; a row a phi, a column a lag."""
    powers = np.sign(phi)[:, None] ** lags * np.abs(phi)[:, None] ** lags
    if not q:
        return powers
    rho, joint = _joint(q)
    return np.interp(powers, rho, joint) / (q * (1 - q))


@lru_cache(maxsize=64)
def _joint(q: float) -> tuple[Array, Array]:
    """P(x <= z, y <= z) - q² of a bivariate normal, z the q-quantile, for correlations from -1 to 1.

    Its derivative in the correlation is the density at (z, z): R. L. Plackett, Biometrika 41 (1954), 351-360.
    """
    z = normal_quantile(q)
    # With rho = sin(angle) the density loses its singularity at 1.
    rho = np.sin(np.linspace(-math.pi / 2, math.pi / 2, 2001)[1:])
    density = np.exp(-z * z / (1 + rho)) / (2 * math.pi)
    joint = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2) * math.pi / 2000])
    return rho, joint - np.interp(0.0, rho, joint)


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


def inflation(series: Array, spread: float, n: int, alpha: float, size: int = 1, q: float = 0.0) -> float:
    """How many samples of this series say as much about its mean as one independent sample, at least 1.

    series: means of batches of `size` samples; spread: the standard deviation of a single sample; n: samples in all.
    Sets the length of the interval of the mean, with error `alpha` at each end, against that of n independent samples
    of known spread. q: the share of ones, if they are zeros and ones; n / inflation is the effective sample size
    (Priestley, "Spectral Analysis and Time Series", 5.3.2).
    """
    if len(series) < 3 or not spread > 0:
        return 1.0
    mixture = mean_mixture(series, size, q)
    if mixture is None:
        return 1.0
    naive = abs(normal_quantile(alpha)) * spread / math.sqrt(n)
    # The mixture's tails are longer than a normal's, by a tenth at 30 batches and hardly at 200.
    if mixture.spread(alpha) < (0.97 if mixture.freedom > 100 else 0.9) * naive:
        return 1.0
    return max(1.0, (mixture.width(alpha) / naive) ** 2)


def inflation_of(hits: Array, alpha: float, beside: Array | None = None) -> float:
    """`inflation` of a series of zeros and ones in order of time.

    beside: values of the same samples (their durations). What happened once or never does not show whether it
    clusters; where the values do, it is taken to do so as well.
    """
    n = len(hits)
    if not n:
        return 1.0
    share = float(np.count_nonzero(hits)) / n
    spread = math.sqrt(share * (1 - share))
    found = inflation(batch_means(hits, HIT_BATCHES), spread, n, alpha, batch_size(n, HIT_BATCHES), share)
    if beside is None or not one_sided(hits):
        return found
    return max(found, inflation_beside(hits, normal_scores(beside), alpha))


def one_sided(hits: Array) -> bool:
    """Whether a series of zeros and ones has too few of one kind to show whether they cluster."""
    count = int(np.count_nonzero(hits))
    return min(count, len(hits) - count) < PLENTY


def inflation_beside(hits: Array, scores: Array, alpha: float) -> float:
    """`inflation` of a series of zeros and ones, if they cluster as values do whose normal scores are given."""
    n = len(hits)
    if min(n, len(scores)) < TELLING:
        return 1.0
    share = float(np.count_nonzero(hits)) / n
    return copula_inflation(scores, min(1 - 0.5 / n, max(0.5 / n, share)), alpha)


def normal_scores(values: Array) -> Array:
    """Of the first `STRETCH` values: van der Waerden's, from mid-ranks (Hájek and Šidák 1967, section III.1)."""
    taken = values[:STRETCH]
    ordered = np.sort(taken)
    ranks = (np.searchsorted(ordered, taken, "left") + np.searchsorted(ordered, taken, "right") + 1) / 2
    return normal_quantiles(ranks / (len(taken) + 1))


def copula_inflation(scores: Array, q: float, alpha: float) -> float:
    """`inflation` of the share of samples below the q-quantile, told from how all of them resemble their neighbours.

    scores: normal scores of the samples in order of time, at least 3. Takes them for a Gaussian autoregression of the
    first order, as in `mean_mixture`. A tail's own series of zeros and ones has too few ones in a short series.
    """
    mixture = mean_mixture(scores)
    if mixture is None:
        return 1.0
    phi = mixture.phis
    costs = np.interp(phi, _grid()[0], _costs(_nearest(q))) * (1 - phi) / (1 + phi)
    width = replace(mixture, scales=mixture.scales * np.sqrt(costs)).width(alpha)
    n = len(scores)
    naive = student_quantile(1 - alpha, n - 1) * float(np.std(scores)) / math.sqrt(n)
    return max(1.0, (width / naive) ** 2)


@lru_cache(maxsize=64)
def _costs(q: float) -> Array:
    """1 + 2 (r(1) + r(2) + …) for each phi of the grid, r the autocorrelation of [x <= q-quantile]."""
    return np.maximum(0.05, 1 + 2 * np.sum(_autocorrelations(_grid()[0], q, np.arange(1, 1500)), axis=1))
