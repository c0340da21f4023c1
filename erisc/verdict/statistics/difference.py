"""How far one estimate lies from another, when each brings its own interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.statistics.dependence import Array, copula_inflation, normal_scores
from erisc.verdict.statistics.distributions import normal_cdf, normal_quantile

INFINITY = math.inf
MOST_BLOCKS = 200
"""Blocks of a series; beyond them a rank test's cost grows and its verdict does not."""
INDEPENDENT = 1.5
"""Inflation below which neighbours are taken for independent."""


@record
class Change:
    """From A to B: the estimate, its bounds, and the two-sided p of no change."""

    estimate: float
    low: float
    high: float
    p: float


@record
class Ends:
    """A value and the bounds that hold it, each with the same error; infinite where there is none."""

    value: float
    low: float
    high: float


def difference(a: Ends, b: Ends, alpha: float) -> Change:
    """b - a of independent estimates, each bound with error `alpha`, which is also that of theirs.

    The method of variance estimates recovery: G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008), 1693-1702,
    which asks for nothing but the intervals, and is Newcombe's interval (1998, method 10) for two proportions.
    """
    estimate = b.value - a.value
    down = math.hypot(b.value - b.low, a.high - a.value)
    up = math.hypot(b.high - b.value, a.value - a.low)
    return Change(estimate, estimate - down, estimate + up, _p(estimate, down if estimate > 0 else up, alpha))


def ratio(a: Ends, b: Ends, alpha: float) -> Change:
    """b / a - 1 of positive independent estimates: `difference` of their logarithms."""
    found = difference(_log(a), _log(b), alpha)
    return Change(math.expm1(found.estimate), math.expm1(found.low), _expm1(found.high), found.p)


def _log(x: Ends) -> Ends:
    return Ends(math.log(x.value), math.log(x.low) if x.low > 0 else -INFINITY, math.log(x.high))


def _expm1(x: float) -> float:
    return math.expm1(x) if x < 700 else INFINITY


def _p(estimate: float, reach: float, alpha: float) -> float:
    """The error at which the bound towards 0 would reach it, if it grows like a normal quantile."""
    if estimate == 0 or math.isinf(reach):
        return 1.0
    if reach == 0:
        return 0.0
    return 2 * normal_cdf(-abs(estimate) / reach * normal_quantile(1 - alpha))


def block_medians(values: Array, like: Array | None = None) -> Any:
    """The medians of stretches of a series (in order of time) that are so long that neighbours hardly resemble each
    other.

    Three times the inflation of its median's error: at an autoregression with phi = 0.9 neighbouring blocks have a
    correlation of 0.1. A series without dependence is left as it is, up to `MOST_BLOCKS` values. Rank tests ask for
    independent values; on the samples themselves they call noise a change.

    like: the same series without what was planned to disturb it (a fault), by which the dependence is told.
    """
    n = len(values)
    if n < 3:
        return np.asarray(values, dtype=float)
    spent = copula_inflation(normal_scores(values if like is None else like), 0.5, 0.16)
    size = 1 if spent < INDEPENDENT else math.ceil(3 * spent)
    count = max(1, min(n // max(1, size), MOST_BLOCKS))
    return np.array([np.median(block) for block in np.array_split(np.asarray(values, dtype=float), count)])
