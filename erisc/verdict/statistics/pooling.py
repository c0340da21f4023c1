"""Repeats of a run as the outer level: a run is one sample of what a run can come to.

Samples within a run share its cold caches, its placement and its neighbours; a thousand of them tell nothing about
the next run. Where there are repeats, the spread between them is the error: T. Kalibera and R. Jones, "Rigorous
Benchmarking in Reasonable Time", ISMM 2013.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from erisc.base.record import record
from erisc.verdict.statistics.distributions import student_quantile

INFINITY = math.inf


@record
class Pooled:
    """What several runs say: their mean, and bounds of the mean over all runs that there could be."""

    value: float
    low: float
    high: float


def pool(values: Sequence[float], alpha: float) -> Pooled:
    """The mean of the runs' values, with Student's t over runs, each bound with error `alpha`. One run bounds nothing.
    Raises ValueError without any.
    """
    k = len(values)
    if not k:
        raise ValueError("no runs")
    middle = math.fsum(values) / k
    if k == 1:
        return Pooled(middle, -INFINITY, INFINITY)
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (k - 1))
    reach = student_quantile(1 - alpha, k - 1) * spread / math.sqrt(k)
    return Pooled(middle, middle - reach, middle + reach)
