"""The interval of a mean, of samples that may be skewed and may resemble their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from erisc.verdict.statistics.dependence import Array, Mixture, mean_mixture
from erisc.verdict.statistics.distributions import student_quantile
from erisc.verdict.statistics.resampling import generator

FEWEST = 10
"""Values below which a mean's error is not estimated."""
RESAMPLES = 1999
SYMMETRIC = 0.04
"""Skewness of a mean below which its distribution is taken for symmetric."""


def mean_interval(series: Array, alpha: float, size: int = 1) -> tuple[float, float]:
    """Bounds of the mean of a series from its batch means (`dependence.batch_means`), at least `FEWEST` of them, each
    of `size` samples.

    Dependence: the mixture over a first-order autoregression (`dependence.mean_mixture`). Skewness: the reach at either
    side is stretched as the studentised bootstrap of the autoregression's innovations stretches Student's t: P. Hall,
    "The Bootstrap and Edgeworth Expansion" (1992), sections 3.2 and 5.3, the bootstrap-t.
    """
    mixture = mean_mixture(series, size)
    if mixture is None:
        value = float(np.mean(series))
        return value, value
    below, above = mixture.reach(alpha)
    down, up = _stretch(series, mixture, alpha)
    return mixture.centre - below * down, mixture.centre + above * up


def _stretch(series: Array, mixture: Mixture, alpha: float) -> tuple[float, float]:
    """By how much skewness stretches the reach below and above the mean."""
    z = series - mixture.centre
    noise = z[1:] - mixture.phi * z[:-1]
    noise = np.append(noise, z[0] * np.sqrt(1 - mixture.phi**2))
    noise = noise - np.mean(noise)
    m = len(noise)
    variance = float(noise @ noise) / m
    skewness = float(np.mean(noise**3)) / variance**1.5
    if abs(skewness) < SYMMETRIC * np.sqrt(m):
        return 1.0, 1.0
    low, high = np.quantile(_studentised(noise), [alpha, 1 - alpha])
    normal = student_quantile(1 - alpha, m - 1)
    return max(0.5, float(high) / normal), max(0.5, -float(low) / normal)


def _studentised(noise: Array) -> Any:
    """Student's t of resamples of values with mean 0."""
    m = len(noise)
    drawn = noise[generator(noise).integers(0, m, (RESAMPLES, m))]
    means = drawn.mean(axis=1)
    spread = np.sqrt(np.maximum((drawn * drawn).mean(axis=1) - means * means, 0.0) / (m - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = means / spread
    return np.where(np.isfinite(found), found, np.sign(means) * 1e3)
