"""Until when a fault was felt, in errors or in latency: `recovery(workload after FAULT)`; see docs/verdict.md."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import accumulate
from typing import NamedTuple

from erisc.base.record import record
from erisc.verdict.recovery import FEWEST, Outcome, Strike, Watch
from erisc.verdict.statistics.distributions import binomial_cdf, least

SLOWER = 1.5
"""An iteration is bad when it takes this times as long as what bounds 95 % of the baseline."""
USUAL = 0.95
"""The share of the baseline that the bound is above."""
SCALES = 4
"""Runs of m, 2 m, 4 m and 8 m iterations are looked at: short ones see an outage, long ones a partial loss."""


class Attempt(NamedTuple):
    """An iteration: s from t = 0; finished and duration are None when it never finished."""

    started: float
    finished: float | None
    duration: float | None
    failed: bool


@record
class Usual:
    """What was usual before the fault. limit: s, above which an iteration is bad. share: at most so many were bad."""

    n: int
    limit: float
    share: float


@record
class _Stretch:
    """The last degraded stretch, indices into what was watched; both ends are bad.

    certain: where the last run of iterations begins that proves degradation by itself.
    """

    first: int
    last: int
    certain: int


def recovery(strike: Strike, attempts: Sequence[Attempt], watch: Watch, alpha: float, fresh: bool) -> Outcome:
    """How long after the onset the workload was good again for good.

    attempts: by `started`. watch.since: where the baseline begins; fresh: the load began there, so that its first
    results are left out. alpha: the error accepted of each end of the interval.
    """
    usual = baseline(attempts, watch.since, strike.onset, fresh)
    if usual is None:
        few = f"fewer than {FEWEST} iterations ended before {strike.fault}"
        return Outcome(None, -math.inf, math.inf, f"too little load: {few}", seen=False, needed="a longer baseline")
    seen = [row for row in attempts if row.started < watch.until and _end(row, watch.until) >= strike.onset]
    bad = [is_bad(row, usual.limit) for row in seen]
    run = _shortest(len(seen), usual.share, alpha)
    if run > len(seen):
        note = f"too little load: {len(seen)} iterations after {strike.fault}, {run} are needed"
        return Outcome(None, -math.inf, math.inf, note, seen=False, needed=f"{run - len(seen)} more iterations")
    stretch = _last(bad, run, usual.share, alpha)
    if stretch is None:
        return _unharmed(strike, seen, run, watch)
    return _outcome(strike, seen, bad, stretch, watch, alpha)


def baseline(attempts: Sequence[Attempt], since: float, onset: float, fresh: bool) -> Usual | None:
    """What was usual among the iterations that ended before the onset; None when they are too few.

    The limit is 1.5 times the order statistic that is above the 95 % quantile with 95 % confidence, the longest when
    the baseline has fewer than 59 (Wilks 1941). The share of bad ones is bounded with 95 % confidence by Clopper and
    Pearson (Biometrika 26 (1934), 404-413), and is not taken for less than 5 %.
    """
    before = [row for row in attempts if row.started >= since and row.finished is not None and row.finished < onset]
    if fresh:
        before = _settled(before, since)
    took = sorted(row.duration for row in before if not row.failed and row.duration is not None)
    if len(took) < FEWEST:
        return None
    rank = least(lambda k: 1 - binomial_cdf(k - 1, len(took), USUAL) <= 1 - USUAL, 1, len(took))
    limit = SLOWER * took[min(rank, len(took)) - 1]
    worse = sum(is_bad(row, limit) for row in before)
    return Usual(len(before), limit, max(1 - USUAL, _share_at_most(worse, len(before))))


def _settled(before: Sequence[Attempt], since: float) -> list[Attempt]:
    """Without those that began within one latency (its p95) of the start of the load."""
    took = sorted(row.duration for row in before if row.duration is not None)
    usual = took[math.ceil(USUAL * len(took)) - 1] if took else 0.0
    return [row for row in before if row.started >= since + usual]


def _share_at_most(hits: int, n: int) -> float:
    """The upper bound of a proportion with 95 % confidence, to 1e-9."""
    low, high = hits / n, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if binomial_cdf(hits, n, middle) <= 1 - USUAL else (middle, high)
    return high


def is_bad(row: Attempt, limit: float) -> bool:
    """It failed, never finished, or took longer than `limit` s."""
    return row.failed or row.duration is None or row.duration > limit


def _end(row: Attempt, until: float) -> float:
    return until if row.finished is None else row.finished


def _allowed(n: int, alpha: float) -> float:
    """The error of one look when `n` runs are looked at on every scale (union bound)."""
    return alpha / SCALES / max(1, n)


def _shortest(n: int, share: float, alpha: float) -> int:
    """The fewest iterations in a row that, all bad, chance yields with probability <= alpha / (SCALES n)."""
    return max(2, math.ceil(math.log(_allowed(n, alpha)) / math.log(share) - 1e-9)) if share < 1 else n + 1


def _last(bad: Sequence[bool], run: int, share: float, alpha: float) -> _Stretch | None:
    """The last degraded stretch: runs with more bad ones than chance yields, joined where they touch."""
    first = last = certain = -1
    for start, end in merge(*(_proofs(bad, run * 2**power, share, alpha) for power in range(SCALES))):
        first, last = (start, end) if start > last else (first, max(last, end))
        certain = start
    return None if certain < 0 else _Stretch(first, last, certain)


def _proofs(bad: Sequence[bool], run: int, share: float, alpha: float) -> Iterator[tuple[int, int]]:
    """First and last bad one of every run of `run` iterations with too many bad ones."""
    n = len(bad)
    if run > n:
        return
    allowed = _allowed(n, alpha)
    most = least(lambda k: 1 - binomial_cdf(k - 1, run, share) <= allowed, 1, run)
    sums = [0, *accumulate(bad)]
    places = [index for index, one in enumerate(bad) if one]
    for start in places:
        end = min(start + run, n)
        if sums[end] - sums[start] >= most:
            yield start, places[sums[end] - 1]


def _unharmed(strike: Strike, seen: Sequence[Attempt], run: int, watch: Watch) -> Outcome:
    """No degradation was seen; one of fewer iterations than `run` in a row cannot be, and could end so long after."""
    note = f"nothing to recover from: no degradation seen after {strike.fault}"
    healed = strike.onset if strike.healed is None else strike.healed
    spans = [
        max(_end(row, watch.until) for row in seen[at : at + run - 1]) - seen[at].started
        for at in range(len(seen) - run + 2)
    ]
    return Outcome(0.0, 0.0, healed - strike.onset + max(spans), note, ended=strike.onset)


def _outcome(
    strike: Strike, seen: Sequence[Attempt], bad: Sequence[bool], stretch: _Stretch, watch: Watch, alpha: float
) -> Outcome:
    within = range(stretch.first, stretch.last + 1)
    ended = max(_end(seen[index], watch.until) for index in within if bad[index])
    low = max(0.0, seen[stretch.certain].started - strike.onset)
    share = sum(bad[index] for index in within) / (len(within) + 1)
    proof = _back(seen, bad, ended, share, watch, alpha)
    if proof is None:
        felt = f"still degraded {ended - strike.onset:.4g} s after {strike.fault} struck, when the watch ended"
        return Outcome(None, low, math.inf, f"not recovered: {felt}")
    return Outcome(ended - strike.onset, low, proof - strike.onset, "", ended=ended)


def _back(
    seen: Sequence[Attempt], bad: Sequence[bool], ended: float, share: float, watch: Watch, alpha: float
) -> float | None:
    """When enough good iterations had followed to rule out that `share` of them is still bad; None when never."""
    total = worse = 0
    latest = ended
    for row, one in zip(seen, bad, strict=True):
        if row.started >= ended:
            total, worse, latest = total + 1, worse + one, max(latest, _end(row, watch.until))
            if binomial_cdf(worse, total, share) <= alpha:
                return latest
    return None
