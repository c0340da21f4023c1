"""The joint block bootstrap: what the delta method is checked against."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from erisc.verdict.statistics.dependence import Array
from erisc.verdict.statistics.resampling import generator

RESAMPLES = 1999


def joint_bootstrap(
    columns: Sequence[Array], formula: Callable[[Sequence[Array]], float], block: int, alpha: float
) -> tuple[float, float]:
    """Bounds of a formula by resampling blocks of time, the same ones for all columns: the circular block bootstrap
    of D. N. Politis and J. P. Romano (1992), percentile bounds.

    columns: of equal length, in order of time. formula: of one column each. block: samples in a block (`block_length`).
    It costs `RESAMPLES` times the formula.
    """
    n = len(columns[0])
    chance = generator(*columns)
    blocks = -(-n // block)
    values = []
    for _ in range(RESAMPLES):
        starts = chance.integers(0, n, blocks)
        rows = ((starts[:, None] + np.arange(block)) % n).ravel()[:n]
        values.append(formula([column[rows] for column in columns]))
    low, high = np.quantile(values, [alpha, 1 - alpha])
    return float(low), float(high)


def block_length(series: Array) -> int:
    """The block length of the circular bootstrap of a mean that minimises its mean squared error: D. N. Politis and H.
    White, Econometric Reviews 23 (2004), 53-70, with the correction of Patton, Politis and White, 28 (2009), 372-375.
    """
    n = len(series)
    z = np.asarray(series, dtype=float) - float(np.mean(series))
    if n < 4 or not float(z @ z) > 0:
        return 1
    runs = max(5, round(math.log10(n)))
    most = math.ceil(math.sqrt(n)) + runs
    gamma = np.array([float(z[: n - lag] @ z[lag:]) / n for lag in range(min(most, n - 1) + 1)])
    small = np.abs(gamma[1:] / gamma[0]) < 2 * math.sqrt(math.log10(n) / n)
    last = next((lag for lag in range(len(small)) if small[lag : lag + runs].all()), len(small))
    reach = min(2 * max(last, 1), len(gamma) - 1)
    lags = np.arange(-reach, reach + 1)
    window = np.minimum(1.0, 2 * (1 - np.abs(lags) / reach)) * gamma[np.abs(lags)]
    bias, density = float(window @ np.abs(lags)), float(window.sum())
    length = (2 * bias * bias / (4 / 3 * density * density)) ** (1 / 3) * n ** (1 / 3) if density > 0 else 1.0
    return int(min(max(1, math.ceil(length)), math.ceil(min(3 * math.sqrt(n), n / 3))))
