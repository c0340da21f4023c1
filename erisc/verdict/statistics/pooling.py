"""Repeats of a run as the outer level: a run is one sample of what a run can come to.

Samples within a run share its cold caches, its placement and its neighbours; a thousand of them tell nothing about
the next run. Where there are repeats, the spread between them is the error: T. Kalibera and R. Jones, "Rigorous
Benchmarking in Reasonable Time", ISMM 2013.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.statistics.distributions import student_quantile
from erisc.verdict.statistics.resampling import generator

RESAMPLES = 1999
INFINITY = math.inf


@record
class Pooled:
    """What several runs say. low, high: of the mean over all runs (confidence); next_low, next_high: of the next run.

    between: the standard deviation between runs that their own errors do not explain; runs: how many.
    """

    value: float
    low: float
    high: float
    next_low: float
    next_high: float
    between: float
    runs: int


def pool(values: Sequence[float], alpha: float) -> Pooled:
    """The mean of the runs' values, with Student's t over runs; the next run's interval is t sqrt(1 + 1/k) s wide at
    each side (Hahn and Meeker, "Statistical Intervals" (1991), section 4.8). One run bounds nothing. Raises
    ValueError without any.
    """
    k = len(values)
    if not k:
        raise ValueError("no runs")
    middle = math.fsum(values) / k
    if k == 1:
        return Pooled(middle, -INFINITY, INFINITY, -INFINITY, INFINITY, INFINITY, 1)
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (k - 1))
    t = student_quantile(1 - alpha, k - 1)
    reach, following = t * spread / math.sqrt(k), t * spread * math.sqrt(1 + 1 / k)
    return Pooled(middle, middle - reach, middle + reach, middle - following, middle + following, spread, k)


def random_effects(values: Sequence[float], errors: Sequence[float], alpha: float) -> Pooled:
    """Runs of unlike precision: `errors` are the standard errors of `values` within their runs, all positive.

    The variance between runs by R. C. Paule and J. Mandel, Journal of Research of the National Bureau of Standards 87
    (1982), 377-385, which DerSimonian and Kacker, Contemporary Clinical Trials 28 (2007), 105-114, recommend; the
    interval by J. Hartung and G. Knapp, Statistics in Medicine 20 (2001), 1771-1782, which holds for few runs. Two
    runs or more.
    """
    y, within = np.asarray(values, dtype=float), np.asarray(errors, dtype=float) ** 2
    k = len(y)
    if k < 2:
        raise ValueError("random effects need two runs")
    between = _paule_mandel(y, within)
    weights = 1 / (within + between)
    middle = float(weights @ y / weights.sum())
    residual = float(weights @ (y - middle) ** 2) / (k - 1)
    error = math.sqrt(max(1.0, residual) / float(weights.sum()))
    t = student_quantile(1 - alpha, k - 1)
    following = t * math.sqrt(between + error * error)
    return Pooled(
        middle, middle - t * error, middle + t * error, middle - following, middle + following, math.sqrt(between), k
    )


def _paule_mandel(y: Any, within: Any) -> float:
    """The variance at which the weighted squares are as many as there are degrees of freedom; 0 when they are fewer."""

    def excess(between: float) -> float:
        weights = 1 / (within + between)
        middle = float(weights @ y / weights.sum())
        return float(weights @ (y - middle) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.var(y, ddof=1)) + float(within.max())
    while excess(high) > 0:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def pooled_quantile(runs: Sequence[Any], q: float, alpha: float) -> tuple[float, float, float]:
    """The q-quantile of what all runs drew, with bounds, each with error `alpha`: (value, low, high).

    The bootstrap of the outer level alone: whole runs are drawn with replacement, each with the samples it has,
    because drawing again within them counts their spread twice (A. C. Davison and D. V. Hinkley, "Bootstrap Methods
    and their Application" (1997), section 3.8). With few runs percentiles are too narrow; they are widened by t
    sqrt(k / (k - 1)) over the normal's (T. C. Hesterberg, The American Statistician 69 (2015), 371-386). Two runs or
    more bound it.
    """
    columns = [np.sort(np.asarray(run, dtype=float)) for run in runs if len(run)]
    k = len(columns)
    if not k:
        raise ValueError("no samples")
    value = _weighted_quantile(columns, np.ones(k), q)
    if k < 2:
        return value, -INFINITY, INFINITY
    chance = generator(*columns)
    draws = chance.multinomial(k, np.full(k, 1 / k), RESAMPLES)
    drawn = np.array([_weighted_quantile(columns, weights, q) for weights in draws])
    from erisc.verdict.statistics.distributions import normal_cdf

    widened = normal_cdf(-math.sqrt(k / (k - 1)) * student_quantile(1 - alpha, k - 1))
    low, high = np.quantile(drawn, [widened, 1 - widened])
    return value, float(low), float(high)


def _weighted_quantile(columns: Sequence[Any], weights: Any, q: float) -> float:
    taken = [column for column, weight in zip(columns, weights, strict=True) for _ in range(int(weight))]
    ordered = np.concatenate(taken)
    k = min(len(ordered), max(1, math.ceil(len(ordered) * q - 1e-9))) - 1
    return float(np.partition(ordered, k)[k])
