"""The error of a formula from the errors of its terms, dependence between them included.

Every term can say how much each batch of its samples moved it: its *influence*, one number a batch, whose mean is 0
and whose mean square over the number of batches is the term's variance. Terms of one run have their batches at the
same stretches of time, so that what moves two of them together is seen. A formula's influence is the sum of its
terms', each times the formula's derivative by it (the delta method); its interval is that of a mean of dependent
values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from erisc.verdict.statistics.dependence import Array
from erisc.verdict.statistics.means import mean_interval


def mean_influence(batches: Array) -> Array:
    """Of a mean, from the means of its batches."""
    return np.asarray(batches, dtype=float) - float(np.mean(batches))


def ratio_influence(above: Array, below: Array) -> Array:
    """Of sum(above) / sum(below), from the sums of its batches, which may be of unlike size: W. G. Cochran, "Sampling
    Techniques" (1977), section 6.4.
    """
    top, bottom = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    share = float(np.sum(top) / np.sum(bottom))
    return (top - share * bottom) / float(np.mean(bottom))


def quantile_influence(below: Array, q: float, density: float) -> Array:
    """Of a q-quantile, from the shares of each batch that lie below it: R. R. Bahadur, Annals of Mathematical
    Statistics 37 (1966), 577-580. density: of the samples at the quantile (`density_at`), per unit of the value.
    """
    shares = np.asarray(below, dtype=float)
    return -(shares - float(np.mean(shares))) / density


def density_at(n: float, q: float, low: float, high: float, reach: float) -> float:
    """The density at a quantile, from an interval of it `reach` standard errors wide at each side, of `n` independent
    samples: the difference quotient of M. M. Siddiqui (1960) and D. A. Bloch and J. L. Gastwirth (1968).
    """
    width = high - low
    return 2 * reach * math.sqrt(q * (1 - q) / n) / width if width > 0 else math.inf


def formula_interval(
    value: float, gradient: Sequence[float], influences: Sequence[Array], alpha: float, *, size: int = 1
) -> tuple[float, float]:
    """Bounds of a formula, each with error `alpha`, by the delta method over the batches of its terms.

    gradient: the formula's derivative by each term, at the terms' values; influences: of each term, at the same
    batches, of `size` samples each. A positive product or quotient is better off as `log_interval`.
    """
    series = np.asarray(gradient, dtype=float) @ np.vstack(influences)
    low, high = mean_interval(series, alpha, size)
    return value + low, value + high


def log_interval(
    value: float, gradient: Sequence[float], influences: Sequence[Array], alpha: float, *, size: int = 1
) -> tuple[float, float]:
    """`formula_interval` on the scale of the logarithm, for a formula whose value is positive: products, quotients,
    powers.

    There a product's error is a sum, and no bound is below 0. Raises ValueError for a value that is not positive.
    """
    if not value > 0:
        raise ValueError(f"{value} has no logarithm")
    scaled = [derivative / value for derivative in gradient]
    low, high = formula_interval(math.log(value), scaled, influences, alpha, size=size)
    return math.exp(low), math.exp(high)
