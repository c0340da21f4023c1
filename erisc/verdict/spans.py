"""Stretches of time that windows cover, and how many instants lie in their parts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from erisc.verdict.history import CellHistory
from erisc.verdict.program import Window

Stretch = tuple[float, float]
"""From, to in s from t = 0; the end is exclusive."""


def openings(window: Window, cell: CellHistory) -> tuple[Stretch, ...]:
    """When a window was open, whether load ran or not: all its instances, in order and without overlap.

    A window that is still open has an infinite end, and no `after`.
    """
    rows = [row for row in cell.windows if row.name == window.of]
    if window.kind == "between":
        starts = [row.start_s for row in cell.windows if row.name == window.to]
        return _merged(_between([row.end_s for row in rows if row.end_s is not None], starts))
    return _merged(_opening(window, row.start_s, row.end_s) for row in rows)


def stretches(window: Window | None, cell: CellHistory) -> tuple[Stretch, ...]:
    """The same while load ran."""
    if cell.load_end is None:
        return ()
    if window is None:
        return ((0.0, cell.load_end),)
    end = cell.load_end
    return _merged((max(0.0, start), min(stop, end)) for start, stop in openings(window, cell))


def _merged(raw: Iterable[Stretch]) -> tuple[Stretch, ...]:
    merged: list[Stretch] = []
    for start, end in sorted(raw):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def _opening(window: Window, start: float, end: float | None) -> Stretch:
    """`before` ends at the start, `after` begins at the end, if there is one."""
    if window.kind == "before":
        return (-math.inf if window.length is None else start - window.length, start)
    if window.kind == "after":
        begin = math.inf if end is None else end
        return (begin, math.inf if window.length is None else begin + window.length)
    return (start, math.inf if end is None else end)


def _between(ends: Iterable[float], starts: Sequence[float]) -> Iterator[Stretch]:
    """From every end of the first window to the next start of the second."""
    for end in ends:
        following = [start for start in starts if start > end]
        if following:
            yield (end, min(following))


def covered_time(covered: Sequence[Stretch]) -> float:
    """s in all."""
    return math.fsum(end - start for start, end in covered)


def inside(times: Any, covered: Sequence[Stretch]) -> Any:
    """s of covered time before each of `times` (sorted), for those that lie in a stretch."""
    passed, parts = 0.0, []
    for start, end in covered:
        first, last = np.searchsorted(times, (start, end), side="left")
        parts.append(times[first:last] - start + passed)
        passed += end - start
    return np.concatenate(parts) if parts else np.zeros(0)


def middles(covered: Sequence[Stretch], count: int) -> Any:
    """The instant in the middle of each of `count` equal parts of the covered time."""
    lengths = np.array([end - start for start, end in covered])
    passed = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = (np.arange(count) + 0.5) * (passed[-1] / count)
    place = np.minimum(np.searchsorted(passed, wanted, side="right") - 1, len(covered) - 1)
    return np.array([start for start, _ in covered])[place] + wanted - passed[place]


def batches_of(times: Any, covered: Sequence[Stretch], count: int, weights: Any = None) -> Any:
    """How many of `times` (sorted) lie in each of `count` equal parts of the covered time; or the sum of `weights`,
    which are given for those inside.
    """
    places = (inside(times, covered) * (count / covered_time(covered))).astype(np.int64)
    return np.bincount(np.minimum(places, count - 1), weights, count)[:count]
