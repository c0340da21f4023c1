"""Two runs compared: KPI by KPI, workload by workload, operation by operation.

A difference counts as a change when it is significant *and* large enough to matter, and as none only when the interval
says that it is not: few samples are never "no change". Significance is shared out over all rows (false discovery rate).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from erisc.base import failure
from erisc.base.record import record, replace
from erisc.verdict.compare_options import Limits
from erisc.verdict.compared_samples import series
from erisc.verdict.comparison_row import ALPHA, BETTER, INCONCLUSIVE, RUNS, SAME, WORSE, Row, judge
from erisc.verdict.history import RunHistory
from erisc.verdict.model import KpiResult, LabelResult, Verdict
from erisc.verdict.statistics.difference import Ends, difference, ratio
from erisc.verdict.statistics.shift import false_discovery

EXIT_CODES = {WORSE: failure.SLO_FAILED, INCONCLUSIVE: failure.INCONCLUSIVE, SAME: failure.PASS, BETTER: failure.PASS}
FACTS = ("observed", "counted")
"""Methods that say what happened in a run, not what a run can come to."""


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
    rows = [*_kpis(a.verdict, b.verdict), *series(a.history, b.history)]
    # What has no bound could not have been significant: it is no test, and must not thin out the others.
    told = [row for row in rows if math.isfinite(row.change.low) and math.isfinite(row.change.high)]
    adjusted = dict(zip(map(id, told), false_discovery([row.change.p for row in told]), strict=True))
    judged = tuple(judge(replace(row, adjusted=adjusted.get(id(row), 1.0)), limits) for row in rows)
    return Comparison(a.verdict.run, b.verdict.run, limits, overall(judged), judged, _notes(a, b, rows))


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
