"""Faults are part of the experiment, not of chance: how samples vary is told within the stretches that faults part.

A window that holds an outage by design would otherwise look like a series with a very long memory. Conditioning on what
was fixed by design is stratification: W. G. Cochran, "Sampling Techniques" (1977), chapter 5.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from erisc.base.record import record
from erisc.verdict.history import CellHistory
from erisc.verdict.statistics.dependence import HIT_BATCHES, batch_means, batch_size, inflation, inflation_of
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


def inflation_in(hits: Any, times: Timed, cell: CellHistory, alpha: float) -> float:
    """How many samples of a series of truths say as much about its share as one independent one, at least 1."""
    steady = steadied(hits, times, cell)
    if steady is hits:
        return inflation_of(hits, alpha)
    n = len(hits)
    share = float(np.count_nonzero(hits)) / n
    series = batch_means(steady, HIT_BATCHES)
    return inflation(series, math.sqrt(share * (1 - share)), n, alpha, batch_size(n, HIT_BATCHES))
