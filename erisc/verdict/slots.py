"""Terms over slots of time: availability, downtime, and the highest rate that meets a limit."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.program import Term
from erisc.verdict.rows import Rows, Site
from erisc.verdict.spans import stretches
from erisc.verdict.statistics.counts import poisson_bounds
from erisc.verdict.statistics.estimate import Estimate, unseen
from erisc.verdict.statistics.proportions import wilson
from erisc.verdict.strata import inflation_in

SLOTS = "slots of time"


@record
class _Slots:
    """Slots of time with an attempt, in order: whether one succeeded in it; at: its first attempt, s from t = 0.

    resolution: how long a slot is, s.
    """

    up: Any
    at: Any
    resolution: float

    @property
    def n(self) -> int:
        return len(self.up)


def availability(term: Term, site: Site, alpha: float) -> Estimate:
    """The share of the slots with an attempt in which one succeeded (ITU-T E.800); Wilson's interval."""
    slots = _slots(term, site)
    if slots.n == 0:
        return unseen(SLOTS, "no samples")
    share = float(np.count_nonzero(slots.up)) / slots.n
    effective = slots.n / inflation_in(slots.up, slots, site.cell, alpha)
    low, high = wilson(share * effective, effective, alpha)
    return Estimate(share, low, high, slots.n, SLOTS)


def downtime(term: Term, site: Site, alpha: float) -> Estimate:
    """s in which all that was attempted failed.

    It says what happened in this run; each outage is known to a slot at either end.
    """
    slots = _slots(term, site)
    if slots.n == 0:
        return unseen(SLOTS, "no samples")
    down = ~slots.up
    outages = int(np.count_nonzero(down[1:] & ~down[:-1])) + int(down[0])
    value, reach = float(np.count_nonzero(down)) * slots.resolution, outages * slots.resolution
    return Estimate(value, max(0.0, value - reach), value + reach, slots.n, SLOTS)


def _slots(term: Term, site: Site) -> _Slots:
    rows = site.rows(term)
    starts = [start for start, _ in stretches(term.window, site.cell)]
    origin = min(starts, default=0.0)
    places = np.floor((rows.at - origin) / term.resolution + 1e-9).astype(np.int64)
    if not rows.n:
        return _Slots(np.zeros(0, dtype=bool), np.zeros(0), term.resolution)
    firsts = np.flatnonzero(np.diff(places, prepend=places[0] - 1))
    return _Slots(np.logical_or.reduceat(rows.hit, firsts), rows.at[firsts], term.resolution)


def throughput_at(term: Term, site: Site, alpha: float) -> Estimate:
    """The highest rate of successes in a stretch of `width` s whose quantile of durations is within the limit.

    After RFC 2544, 26.1. The ends are exact Poisson bounds of the count in that stretch, with the error shared by all
    stretches that met the limit, because the highest of many is high by chance as well.
    """
    rows = site.rows(term)
    open_ = stretches(term.window, site.cell)
    if rows.n == 0 or not open_:
        return unseen("highest stretch", "no samples")
    counts = [count for start, end in open_ for count in _meeting(term, rows, start, end)]
    if not counts:
        note = f"no stretch of {term.width:g} s had its quantile within the limit"
        return Estimate(0.0, 0.0, poisson_bounds(0, alpha)[1] / term.width, rows.n, "highest stretch", note)
    best = max(counts)
    low, high = (end / term.width for end in poisson_bounds(best, alpha / len(counts)))
    return Estimate(best / term.width, low, high, rows.n, "highest stretch")


def _meeting(term: Term, rows: Rows, start: float, end: float) -> list[int]:
    """Successes in every whole stretch that meets the limit."""
    edges = np.arange(start, end + 1e-9, term.width)
    places = np.searchsorted(rows.at, edges, side="left")
    found = []
    for first, last in pairwise(places.tolist()):
        part = rows.part(slice(first, last))
        if part.n and _within(part.value, term.q, term.limit):
            found.append(int(np.count_nonzero(part.hit)))
    return found


def _within(values: Any, q: float, limit: float) -> bool:
    """The quantile of type 1 is within the limit when so many values are."""
    return int(np.count_nonzero(values <= limit)) >= math.ceil(len(values) * q - 1e-9)
