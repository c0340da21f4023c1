"""Two runs compared: KPI by KPI, workload by workload, operation by operation.

A difference counts as a change when it is significant *and* large enough to matter, and as none only when the interval
says that it is not: few samples are never "no change". Significance is shared out over all rows (false discovery rate).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from erisc.base import failure
from erisc.base.record import record, replace
from erisc.verdict.compare_options import Limits
from erisc.verdict.history import CellHistory, RunHistory
from erisc.verdict.model import KpiResult, LabelResult, Verdict
from erisc.verdict.statistics.dependence import batch_means, batch_size, inflation_of
from erisc.verdict.statistics.difference import Change, Ends, block_medians, difference, ratio
from erisc.verdict.statistics.means import FEWEST, mean_interval
from erisc.verdict.statistics.proportions import wilson
from erisc.verdict.statistics.quantiles import quantile_intervals
from erisc.verdict.statistics.shift import false_discovery, shift

BETTER, WORSE, SAME, INCONCLUSIVE = "better", "worse", "no relevant change", "inconclusive"
EXIT_CODES = {WORSE: failure.SLO_FAILED, INCONCLUSIVE: failure.INCONCLUSIVE, SAME: failure.PASS, BETTER: failure.PASS}
ALPHA = 0.025
"""The error of each end of a row's interval."""
RUNS = 4
"""Repeats at either side from which on a run is a sample: fewer cannot be significant in a rank test."""
FAR = 100.0
"""Times as many samples beyond which asking for more is no advice."""
FACTS = ("observed", "counted")
"""Methods that say what happened in a run, not what a run can come to."""


@record
class Row:
    """One quantity in A and in B.

    subject: `kpi NAME`, `WORKLOAD` or `WORKLOAD/OPERATION`, at a sweep point. aspect: what of it. absolute: the
    change is b - a, not b / a - 1. lower: whether less is better, None when nothing says so. superiority: P(b > a),
    of a rank test. samples: what the interval rests on at either side. outcome: see this module; note: why it is
    inconclusive.
    """

    subject: str
    point: tuple[tuple[str, Any], ...]
    aspect: str
    unit: str
    a: float
    b: float
    change: Change
    absolute: bool
    lower: bool | None
    samples: tuple[int, int]
    unit_of_samples: str
    superiority: float | None = None
    adjusted: float = 1.0
    outcome: str = INCONCLUSIVE
    note: str = ""


@record
class Comparison:
    """A against B. outcome: worse when a row is, else inconclusive when a KPI is (or, without KPIs, a row), else
    better or none.
    """

    a: str
    b: str
    limits: Limits
    outcome: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 no regression, 1 a regression, 3 inconclusive."""
        return EXIT_CODES[self.outcome]


@record
class Side:
    """A run that was judged."""

    verdict: Verdict
    history: RunHistory


def compare(a: Side, b: Side, limits: Limits) -> Comparison:
    """All that A and B have in common. Pure: the same runs give the same comparison."""
    rows = [*_kpis(a.verdict, b.verdict), *_series(a.history, b.history)]
    # What has no bound could not have been significant: it is no test, and must not thin out the others.
    told = [row for row in rows if math.isfinite(row.change.low) and math.isfinite(row.change.high)]
    adjusted = dict(zip(map(id, told), false_discovery([row.change.p for row in told]), strict=True))
    judged = tuple(judge(replace(row, adjusted=adjusted.get(id(row), 1.0)), limits) for row in rows)
    return Comparison(a.verdict.run, b.verdict.run, limits, overall(judged), judged, _notes(a, b, rows))


def judge(row: Row, limits: Limits) -> Row:
    """The row with its outcome. Its p must be adjusted."""
    change = row.change
    matters = limits.points if row.absolute and row.unit in ("1", "%") else limits.effect
    if row.absolute and row.unit not in ("1", "%"):
        matters *= abs(row.a)
    if row.adjusted <= limits.discovery and abs(change.estimate) >= matters and change.estimate != 0:
        if row.lower is None:
            return replace(row, note="it changed; no SLO says which way is good")
        return replace(row, outcome=WORSE if (change.estimate > 0) == row.lower else BETTER)
    if change.low >= -matters and change.high <= matters:
        return replace(row, outcome=SAME)
    return replace(row, note=row.note or _why(row, limits, matters))


def _why(row: Row, limits: Limits, matters: float) -> str:
    few = f"{min(row.samples)} {row.unit_of_samples}"
    if row.adjusted <= limits.discovery:
        return "it changed; whether by so much that it matters is open"
    if math.isinf(row.change.low) or math.isinf(row.change.high):
        return f"{few} do not bound the change"
    width = max(abs(row.change.low), abs(row.change.high))
    if row.unit_of_samples == "samples" and min(row.samples) < 2:
        return "one sample a side"
    more = (width / matters) ** 2 if matters else math.inf
    if more > FAR:
        return f"{few} are far too few to tell"
    return f"about {math.ceil(more * min(row.samples))} {row.unit_of_samples} would tell, {min(row.samples)} were seen"


def overall(rows: Sequence[Row]) -> str:
    """Of all rows; see `Comparison`."""
    found = {row.outcome for row in rows}
    if WORSE in found:
        return WORSE
    deciding = [row for row in rows if row.subject.startswith("kpi ")] or list(rows)
    if not deciding or any(row.outcome == INCONCLUSIVE for row in deciding):
        return INCONCLUSIVE
    return BETTER if BETTER in found else SAME


def _notes(a: Side, b: Side, rows: Sequence[Row]) -> tuple[str, ...]:
    notes = [f"{side.verdict.run}: {note}" for side in (a, b) for note in side.verdict.notes]
    if not rows:
        notes.append("the runs have no KPI, workload or sweep point in common")
    repeats = min((len(point.cells) for side in (a, b) for point in side.verdict.points), default=0)
    if rows and repeats < RUNS:
        notes.append(
            f"{repeats} run{'s' if repeats > 1 else ''} at a side: that two runs of the same may differ is not "
            f"in these intervals; `repeat {RUNS}` or more would tell"
        )
    return tuple(notes)


# --- KPIs: values with intervals ---


def _kpis(a: Verdict, b: Verdict) -> list[Row]:
    there = {point.point: point for point in b.points}
    rows: list[Row] = []
    for point in a.points:
        other = there.get(point.point)
        kpis = {kpi.name: kpi for kpi in other.kpis} if other else {}
        directions = {slo.kpi: "<" in slo.rule for slo in (*point.slos, *(other.slos if other else ()))}
        for kpi in point.kpis:
            if kpi.name in kpis:
                rows += _kpi(kpi, kpis[kpi.name], point.point, directions)
    return rows


def _kpi(
    a: KpiResult, b: KpiResult, point: tuple[tuple[str, Any], ...], directions: Mapping[str, bool]
) -> Iterable[Row]:
    """A row for the KPI, or for each of its labels."""
    lower = directions.get(a.name, True if a.type == "duration" else None)
    labelled = {one.labels: one for one in b.by}
    pairs: list[tuple[str, KpiResult | LabelResult, KpiResult | LabelResult]] = [
        (f"{a.name}[{', '.join(value for _, value in one.labels)}]", one, labelled[one.labels])
        for one in a.by
        if one.labels in labelled
    ] or [(a.name, a, b)]
    for name, mine, theirs in pairs:
        left, right = _ends(mine), _ends(theirs)
        if left is None or right is None or mine.method in FACTS:
            continue
        absolute = a.type == "ratio" or left.value <= 0 or right.value <= 0
        change = (difference if absolute else ratio)(left, right, ALPHA)
        yield Row(
            f"kpi {name}", point, mine.method, "1" if a.type == "ratio" else a.unit, left.value, right.value,
            change, absolute, lower, (mine.n, theirs.n), "samples",
        )  # fmt: skip


def _ends(found: KpiResult | LabelResult) -> Ends | None:
    if found.value is None or found.interval is None:
        return None
    low, high = found.interval
    return Ends(found.value, -math.inf if low is None else low, math.inf if high is None else high)


# --- workloads and operations: samples ---


@record
class Samples:
    """Of one workload or operation in one cell, in order of time: durations (s) of what went well, and what did."""

    durations: Any
    ok: Any


def _series(a: RunHistory, b: RunHistory) -> list[Row]:
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
            values.sort(key=lambda value: value[0])
            durations = [took for _, took, ok in values if ok and took is not None]
            found.setdefault(subject, []).append(Samples(np.array(durations), np.array([ok for *_, ok in values])))
    return found


def samples_rows(
    subject: str, point: tuple[tuple[str, Any], ...], a: Sequence[Samples], b: Sequence[Samples]
) -> list[Row]:
    """Typical duration (rank test), mean, p95 and success of one subject; a and b: one entry a repeat."""
    rows = []
    left, right = [x.durations for x in a if len(x.durations)], [x.durations for x in b if len(x.durations)]
    if left and right:
        rows.append(_typical(subject, point, left, right))
        rows += _moments(subject, point, np.concatenate(left), np.concatenate(right))
    before, after = (_share(np.concatenate([x.ok for x in side])) for side in (a, b))
    counts = (sum(len(x.ok) for x in a), sum(len(x.ok) for x in b))
    change = difference(before, after, ALPHA)
    success = Row(subject, point, "success", "1", before.value, after.value, change, True, False, counts, "samples")
    return [*rows, success]


def _typical(subject: str, point: tuple[tuple[str, Any], ...], a: Sequence[Any], b: Sequence[Any]) -> Row:
    """The Hodges-Lehmann shift of runs when there are enough, else of blocks within them; of logarithms when all are
    positive.
    """
    runs = min(len(a), len(b)) >= RUNS
    left, right = (np.array([np.median(x) for x in side]) if runs else np.concatenate([block_medians(x) for x in side])
                   for side in (a, b))  # fmt: skip
    positive = min(float(left.min()), float(right.min())) > 0
    found = shift(np.log(left), np.log(right), ALPHA) if positive else shift(left, right, ALPHA)
    change = Change(found.estimate, found.low, found.high, found.p)
    if positive:
        change = Change(_relative(found.estimate), _relative(found.low), _relative(found.high), found.p)
    return Row(
        subject, point, "typical", "s", float(np.median(left)), float(np.median(right)), change, not positive, True,
        (len(left), len(right)), "runs" if runs else "independent stretches", found.superiority,
    )  # fmt: skip


def _relative(log: float) -> float:
    return math.expm1(log) if log < 700 else math.inf


def _moments(subject: str, point: tuple[tuple[str, Any], ...], a: Any, b: Any) -> list[Row]:
    """Mean and p95, to which ranks are blind: what became more variable, or bad only at times."""
    rows = []
    for aspect, of in (("mean", _mean), ("p95", _p95)):
        left, right = of(a), of(b)
        absolute = min(left.value, right.value) <= 0
        change = (difference if absolute else ratio)(left, right, ALPHA)
        rows.append(
            Row(
                subject,
                point,
                aspect,
                "s",
                left.value,
                right.value,
                change,
                absolute,
                True,
                (len(a), len(b)),
                "samples",
            )
        )
    return rows


def _mean(values: Any) -> Ends:
    value = float(np.mean(values))
    if len(values) < FEWEST:
        return Ends(value, -math.inf, math.inf)
    return Ends(value, *mean_interval(batch_means(values), ALPHA, batch_size(len(values))))


def _p95(values: Any) -> Ends:
    [found] = quantile_intervals(values, (0.95,), ALPHA)
    return Ends(found.value, found.low, found.high)


def _share(ok: Any) -> Ends:
    n, hits = len(ok), int(np.count_nonzero(ok))
    spent = inflation_of(ok, ALPHA)
    return Ends(hits / n, *wilson(hits / spent, n / spent, ALPHA))
