"""Workloads and operations of two runs compared by their samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.comparison_row import ALPHA, RUNS, Row
from erisc.verdict.history import CellHistory, RunHistory
from erisc.verdict.statistics.dependence import batch_means, batch_size
from erisc.verdict.statistics.difference import Change, Ends, block_medians, difference, ratio
from erisc.verdict.statistics.means import FEWEST, mean_interval
from erisc.verdict.statistics.proportions import wilson
from erisc.verdict.statistics.quantiles import quantile_intervals
from erisc.verdict.statistics.shift import shift
from erisc.verdict.strata import Moments, inflation_in, steadied


@record
class Samples:
    """Of one workload or operation in one cell, in order of time: durations (s) of what went well, and what did.

    steady: the durations without what planned faults did to them. spent: the inflation of the share of `ok`.
    """

    durations: Any
    ok: Any
    steady: Any
    spent: float = 1.0


def series(a: RunHistory, b: RunHistory) -> list[Row]:
    left, right = _by_point(a.cells), _by_point(b.cells)
    rows = []
    for point in left:
        mine, theirs = _subjects(left[point]), _subjects(right.get(point, []))
        for subject in mine:
            if subject in theirs:
                rows += samples_rows(subject, point, mine[subject], theirs[subject])
    return rows


def _by_point(cells: Sequence[CellHistory]) -> dict[tuple[tuple[str, Any], ...], list[CellHistory]]:
    found: dict[tuple[tuple[str, Any], ...], list[CellHistory]] = {}
    for cell in cells:
        found.setdefault(cell.point, []).append(cell)
    return found


def _subjects(cells: Sequence[CellHistory]) -> dict[str, list[Samples]]:
    """The samples of every workload and of every operation of it, one entry a repeat."""
    found: dict[str, list[Samples]] = {}
    for cell in cells:
        columns: dict[str, list[tuple[float, float | None, bool]]] = {}
        for row in cell.iterations:
            columns.setdefault(row.workload, []).append((row.intended_s, row.duration_s, row.ok))
        for call in cell.api:
            key = f"{call.workload}/{call.op}"
            columns.setdefault(key, []).append((call.started_s or 0.0, call.duration_s, call.ok))
        for subject, values in columns.items():
            found.setdefault(subject, []).append(_samples(sorted(values, key=lambda value: value[0]), cell))
    return found


def _samples(rows: Sequence[tuple[float, float | None, bool]], cell: CellHistory) -> Samples:
    """Of (when, duration, whether it went well), in order of time."""
    good = [(at, took) for at, took, ok in rows if ok and took is not None]
    durations, ok = np.array([took for _, took in good]), np.array([ok for *_, ok in rows])
    steady = steadied(durations, Moments(np.array([at for at, _ in good])), cell) if good else durations
    return Samples(durations, ok, steady, inflation_in(ok, Moments(np.array([at for at, *_ in rows])), cell, ALPHA))


def samples_rows(
    subject: str, point: tuple[tuple[str, Any], ...], a: Sequence[Samples], b: Sequence[Samples]
) -> list[Row]:
    """Typical duration (rank test), mean, p95 and success of one subject; a and b: one entry a repeat."""
    rows = []
    left, right = [x for x in a if len(x.durations)], [x for x in b if len(x.durations)]
    if left and right:
        rows.append(_typical(subject, point, left, right))
        rows += _moments(subject, point, left, right)
    before, after = _share(a), _share(b)
    counts = (sum(len(x.ok) for x in a), sum(len(x.ok) for x in b))
    change = difference(before, after, ALPHA)
    success = Row(subject, point, "success", "1", before.value, after.value, change, True, False, counts, "samples")
    return [*rows, success]


def _typical(subject: str, point: tuple[tuple[str, Any], ...], a: Sequence[Samples], b: Sequence[Samples]) -> Row:
    """The Hodges-Lehmann shift of runs when there are enough, else of blocks within them; of logarithms when all are
    positive.
    """
    runs = min(len(a), len(b)) >= RUNS
    left, right = _independent(a, runs), _independent(b, runs)
    positive = min(float(left.min()), float(right.min())) > 0
    found = shift(np.log(left), np.log(right), ALPHA) if positive else shift(left, right, ALPHA)
    change = Change(found.estimate, found.low, found.high, found.p)
    if positive:
        change = Change(_relative(found.estimate), _relative(found.low), _relative(found.high), found.p)
    return Row(
        subject, point, "typical", "s", float(np.median(left)), float(np.median(right)), change, not positive, True,
        (len(left), len(right)), "runs" if runs else "independent stretches", found.superiority,
    )  # fmt: skip


def _independent(side: Sequence[Samples], runs: bool) -> Any:
    """Values that resemble each other no more than chance has it: medians of runs, or of stretches within them."""
    if runs:
        return np.array([np.median(x.durations) for x in side])
    return np.concatenate([block_medians(x.durations, x.steady) for x in side])


def _relative(log: float) -> float:
    return math.expm1(log) if log < 700 else math.inf


def _moments(subject: str, point: tuple[tuple[str, Any], ...], a: Sequence[Samples], b: Sequence[Samples]) -> list[Row]:
    """Mean and p95, to which ranks are blind: what became more variable, or bad only at times."""
    rows = []
    counts = (sum(len(x.durations) for x in a), sum(len(x.durations) for x in b))
    for aspect, of in (("mean", _mean), ("p95", _p95)):
        left, right = of(a), of(b)
        absolute = min(left.value, right.value) <= 0
        change = (difference if absolute else ratio)(left, right, ALPHA)
        rows.append(
            Row(subject, point, aspect, "s", left.value, right.value, change, absolute, True, counts, "samples")
        )
    return rows


def _mean(side: Sequence[Samples]) -> Ends:
    values = np.concatenate([x.steady for x in side])
    value = float(np.mean(values))
    if len(values) < FEWEST:
        return Ends(value, -math.inf, math.inf)
    return Ends(value, *mean_interval(batch_means(values), ALPHA, batch_size(len(values))))


def _p95(side: Sequence[Samples]) -> Ends:
    [found] = quantile_intervals(np.concatenate([x.durations for x in side]), (0.95,), ALPHA)
    return Ends(found.value, found.low, found.high)


def _share(side: Sequence[Samples]) -> Ends:
    n, hits = sum(len(x.ok) for x in side), sum(int(np.count_nonzero(x.ok)) for x in side)
    effective = sum(len(x.ok) / x.spent for x in side)
    return Ends(hits / n, *wilson(hits / n * effective, effective, ALPHA))
