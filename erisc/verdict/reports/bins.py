"""What happened in a workload, aggregated along time, so that a report of any run stays small."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from erisc.base.record import record
from erisc.verdict.iterations import Iteration
from erisc.verdict.program import Stage

MOST_BINS = 200
MOST_POINTS = 2000
"""Iterations that are drawn one by one; above it their quantiles are."""


@record
class Latency:
    """Quantiles of latency (s) of what was intended in a bin; at: its middle."""

    at: float
    p50: float
    p95: float


@record
class Bins:
    """width: s. done, failed: successes and errors per s by when they ended, a value a bin."""

    width: float
    done: tuple[float, ...]
    failed: tuple[float, ...]
    latency: tuple[Latency, ...]


def bin_iterations(rows: Sequence[Iteration], until: float) -> Bins:
    """Bins from 0 to `until` s."""
    width = bin_width(until, len(rows))
    count = max(1, math.ceil(until / width - 1e-9))
    done, failed = [0] * count, [0] * count
    took: dict[int, array[float]] = {}
    for row in rows:
        ended = row.intended_s if row.finished_s is None else row.finished_s
        place = _place(ended, width, count)
        if place is not None:
            (done if row.ok else failed)[place] += 1
        begun = _place(row.intended_s, width, count)
        if row.duration_s is not None and begun is not None:
            took.setdefault(begun, array("d")).append(row.duration_s)
    return Bins(
        width=width,
        done=tuple(n / width for n in done),
        failed=tuple(n / width for n in failed),
        latency=tuple(_latency(place, took[place], width) for place in sorted(took)),
    )


def _place(at: float, width: float, count: int) -> int | None:
    place = math.floor(at / width)
    return place if 0 <= place < count else None


def _latency(place: int, values: array[float], width: float) -> Latency:
    ordered = sorted(values)
    return Latency((place + 0.5) * width, _quantile(ordered, 0.5), _quantile(ordered, 0.95))


def _quantile(ordered: list[float], q: float) -> float:
    return ordered[min(len(ordered) - 1, max(0, math.ceil(q * len(ordered)) - 1))]


def bin_width(until: float, n: int) -> float:
    """1, 2 or 5 times a power of ten; at least 0.5 s, at most MOST_BINS of them, about two of the `n` rows in each."""
    return max(0.5, nice(max(until, 1e-3) / min(MOST_BINS, max(20, n // 2))))


def nice(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def ticks(high: float, most: int) -> list[float]:
    """0 and some `most` round values up to `high`, at least one."""
    step = nice(max(high, 1e-9) / most)
    if step > high:
        step = nice(max(high, 1e-9) / most / 2)
    return [step * index for index in range(int(high / step + 1e-9) + 1)]


def level(stages: Sequence[Stage]) -> list[tuple[float, float]]:
    """The planned load as the corners of a line: s, level."""
    return [corner for stage in stages for corner in ((stage.start, stage.level_from), (stage.end, stage.level_to))]
