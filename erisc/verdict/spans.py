"""Stretches of time that windows cover, and rates over them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from erisc.base.record import record
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Window

Stretch = tuple[float, float]
"""From, to in s from t = 0; the end is exclusive."""


@record
class Batches:
    """Events per s in equal parts of the time looked at; n events in all."""

    rates: tuple[float, ...]
    n: int


def stretches(window: Window | None, cell: CellHistory) -> tuple[Stretch, ...]:
    """The union of a window's instances while load ran, in order and without overlap."""
    if cell.load_end is None:
        return ()
    if window is None:
        return ((0.0, cell.load_end),)
    raw = [_stretch(window, row.start_s, row.end_s, cell.load_end) for row in cell.windows if row.name == window.of]
    cut = sorted((max(0.0, start), min(end, cell.load_end)) for start, end in raw)
    merged: list[Stretch] = []
    for start, end in cut:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def _stretch(window: Window, start: float, end: float | None, load_end: float) -> Stretch:
    """As the SQL of the other terms has it: `before` ends at the start, `after` begins at the end (if there is one)."""
    if window.kind == "before":
        return (0.0 if window.length is None else start - window.length, start)
    if window.kind == "after":
        begin = load_end if end is None else end
        return (begin, load_end if window.length is None else begin + window.length)
    return (start, load_end if end is None else end)


def rate_batches(times: Sequence[float], window: Window | None, cell: CellHistory, batches: int) -> Batches | None:
    """Events per s in `batches` equal parts of the window's time; None when the window was never open."""
    covered = stretches(window, cell)
    total = sum(end - start for start, end in covered)
    if total <= 0:
        return None
    shifted = sorted(at for at in (_inside(time, covered) for time in times) if at is not None)
    width = total / batches
    bounds = [bisect_left(shifted, index * width) for index in range(batches)] + [len(shifted)]
    return Batches(tuple((b - a) / width for a, b in pairwise(bounds)), len(shifted))


def _inside(time: float, covered: Sequence[Stretch]) -> float | None:
    """s of covered time before `time`, None when it lies outside."""
    passed = 0.0
    for start, end in covered:
        if start <= time < end:
            return passed + time - start
        passed += end - start
    return None
