"""Faults are part of the experiment, not of chance: how samples vary is told within the stretches that faults part.

A window that holds an outage by design would otherwise look like a series with a very long memory. Conditioning on what
was fixed by design is stratification: W. G. Cochran, "Sampling Techniques" (1977), chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from erisc.base.record import record
from erisc.verdict.history import CellHistory
from erisc.verdict.statistics.dependence import (
    HIT_BATCHES,
    STRETCH,
    batch_means,
    batch_size,
    inflation,
    inflation_beside,
    inflation_of,
    normal_scores,
    one_sided,
)
from erisc.verdict.timeline import FAULT


def edges(cell: CellHistory) -> Any:
    """When faults took effect and were healed, s from t = 0, sorted."""
    struck = [row for row in cell.windows if row.kind == FAULT and row.injected]
    return np.array(sorted({at for row in struck for at in (row.start_s, row.end_s) if at is not None}))


class Timed(Protocol):
    """What has times, in order, s from t = 0; they are not made before they are asked for."""

    @property
    def at(self) -> Any: ...


@record
class Moments:
    """Times that there are already."""

    at: Any


def steadied(values: Any, times: Timed, cell: CellHistory) -> Any:
    """The values less what sets their stretch apart from the others: every stretch gets the mean of all.

    values: finite, in order of time; times: of each.
    """
    cuts = edges(cell)
    if not len(cuts):
        return values
    strata = np.searchsorted(cuts, times.at, side="right")
    if strata[0] == strata[-1]:
        return values
    numbers = values.astype(float)
    counts = np.bincount(strata)
    means = np.bincount(strata, numbers) / np.maximum(counts, 1)
    return numbers - means[strata] + float(np.mean(numbers))


def inflation_in(
    hits: Any, times: Timed, cell: CellHistory, alpha: float, beside: Callable[[], Any] | None = None
) -> float:
    """How many samples of a series of truths say as much about its share as one independent one, at least 1.

    beside: values of the same samples (their durations), asked for only where the truths are too one-sided to show
    whether they cluster: there they are taken to do so as the values do (`dependence.inflation_of`).
    """
    found = _own(hits, times, cell, alpha)
    if beside is None or not one_sided(hits):
        return found
    return max(found, inflation_beside(hits, _scores(beside(), times, edges(cell)), alpha))


def _own(hits: Any, times: Timed, cell: CellHistory, alpha: float) -> float:
    """By the series of truths itself."""
    steady = steadied(hits, times, cell)
    if steady is hits:
        return inflation_of(hits, alpha)
    n = len(hits)
    share = float(np.count_nonzero(hits)) / n
    series = batch_means(steady, HIT_BATCHES)
    return inflation(series, math.sqrt(share * (1 - share)), n, alpha, batch_size(n, HIT_BATCHES))


def _scores(values: Any, times: Timed, cuts: Any) -> Any:
    """Normal scores of the first values, in every stretch by itself; what has no value has none."""
    taken = values[:STRETCH]
    known = ~np.isnan(taken)
    if not len(cuts):
        return normal_scores(taken[known])
    strata = np.searchsorted(cuts, times.at[:STRETCH][known], side="right")
    parts = np.split(taken[known], np.flatnonzero(np.diff(strata)) + 1)
    return np.concatenate([normal_scores(part) for part in parts])
