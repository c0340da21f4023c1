"""One quantity compared, and what comes of it."""

from __future__ import annotations

import math
from typing import Any

from erisc.base.record import record, replace
from erisc.verdict.compare_options import Limits
from erisc.verdict.statistics.difference import Change

BETTER, WORSE, SAME, INCONCLUSIVE = "better", "worse", "no relevant change", "inconclusive"
ALPHA = 0.025
"""The error of each end of a row's interval."""
RUNS = 4
"""Repeats at either side from which on a run is a sample: fewer cannot be significant in a rank test."""
FAR = 100.0
"""Times as many samples beyond which asking for more is no advice."""


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
