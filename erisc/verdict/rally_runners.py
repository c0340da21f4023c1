"""Downtime and MTTR as shakhat/rally-runners published them, from the description of the method and what it printed.

docs/verdict.md states the method and its weaknesses; `erisc.verdict.degradation` is the better estimate. What the
description leaves open was settled by the numbers printed for 43 runs, which come out to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

WARM_UP = 10
"""Iterations left out at the start of the load."""
DEVIATIONS = 4.0
"""Standard deviations over the baseline's mean at which the moving mean counts as degraded."""
WINDOW = 21
"""Successful iterations a moving mean is taken of."""
GAP = 6
"""As many others may lie between two members of a cluster."""
LEAST = 3
"""Steps from the first to the last moving mean of a cluster; a shorter one is no degradation."""


class Iteration(NamedTuple):
    """started in s from t = 0, duration in s."""

    started: float
    duration: float
    failed: bool


class Span(NamedTuple):
    """A value in s with what the resolution of the samples leaves open. ended: whether a sample shows its end."""

    value: float
    low: float
    high: float
    ended: bool


def downtime(rows: Sequence[Iteration]) -> Span | None:
    """s from the first to the last error of every cluster, widened by half the gap to the neighbours; None without.

    rows: by `started`. low: from error to error; high: from the iteration before to the one after.
    """
    starts = [row.started for row in rows]
    errors = [index for index, row in enumerate(rows) if row.failed]
    return _sum(_widened(starts, first, last) for first, last in clusters(errors))


def _widened(starts: Sequence[float], first: int, last: int) -> Span:
    before = starts[first] - starts[first - 1] if first > 0 else 0.0
    after = starts[last + 1] - starts[last] if last + 1 < len(starts) else 0.0
    seen = starts[last] - starts[first]
    return Span(seen + (before + after) / 2, seen, seen + before + after, last + 1 < len(starts))


def degraded(rows: Sequence[Iteration], onset: float) -> Span | None:
    """s for which the moving mean of the durations was at or over the threshold; None when it never was.

    rows: by `started`. Raises ValueError when there is no baseline. The mean of a run's own times is where a moving
    mean stands; the last moving mean is left out. A run that is degraded when its load ends counts as recovered.
    """
    bound = threshold(rows, onset)
    good = [row for row in rows if not row.failed]
    means = moving([row.duration for row in good])
    times = moving([row.started for row in good])
    over = [index for index, mean in enumerate(means) if mean >= bound]
    found = [(first, last) for first, last in clusters(over) if last - first >= LEAST]
    return _sum(_between(times, first, last) for first, last in found)


def _between(times: Sequence[float], first: int, last: int) -> Span:
    seen = times[last] - times[first]
    before = times[first] - times[max(0, first - 1)]
    after = times[min(len(times) - 1, last + 1)] - times[last]
    return Span(seen, seen, seen + before + after, last + 1 < len(times))


def threshold(rows: Sequence[Iteration], onset: float) -> float:
    """The baseline's mean + 4 population standard deviations, s. Raises ValueError when there is no baseline.

    The baseline is what succeeded from the eleventh iteration up to, and without, the last that ended before `onset`.
    """
    end = max((index for index, row in enumerate(rows) if row.started + row.duration < onset), default=0)
    sample = [row.duration for row in rows[WARM_UP:end] if not row.failed]
    if not sample:
        raise ValueError(f"there is no baseline: the fault struck before {WARM_UP + 2} iterations had ended")
    mean = math.fsum(sample) / len(sample)
    return mean + DEVIATIONS * math.sqrt(math.fsum((value - mean) ** 2 for value in sample) / len(sample))


def moving(values: Sequence[float]) -> list[float]:
    """The means of `WINDOW` neighbours, without the last."""
    sums = [0.0, *accumulate(values)]
    return [(sums[end] - sums[end - WINDOW]) / WINDOW for end in range(WINDOW, len(values))]


def clusters(indices: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of the members of every cluster; at most `GAP` others lie between two members."""
    if not indices:
        return []
    cuts = [(a, b) for a, b in pairwise(indices) if b - a > GAP + 1]
    firsts = [indices[0], *(b for _, b in cuts)]
    lasts = [*(a for a, _ in cuts), indices[-1]]
    return list(zip(firsts, lasts, strict=True))


def _sum(spans: Iterable[Span]) -> Span | None:
    found = list(spans)
    if not found:
        return None
    value, low, high = (math.fsum(side) for side in ([span[index] for span in found] for index in range(3)))
    return Span(value, low, high, found[-1].ended)
