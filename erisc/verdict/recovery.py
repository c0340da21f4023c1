"""How long a fault's effect lasted: `recover(series, within)` after a fault. docs/verdict.md defines and draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from erisc.base.record import record
from erisc.verdict.program import Stage
from erisc.verdict.statistics.distributions import least, poisson_cdf

FEWEST = 10
"""Successes before the onset below which there is no baseline."""
SHORTEST = 1.0
"""s; the shortest stretch that is called degraded."""
SCALES = 4
"""Stretches of length w, 2 w, 4 w and 8 w are looked at: short ones see an outage, long ones a partial loss."""


class Success(NamedTuple):
    """One iteration that succeeded: when (s from t = 0), and how long it took (s)."""

    at: float
    took: float


@record
class Strike:
    """One instance of a fault. healed: None when it was not healed. healed and onset in s from t = 0."""

    fault: str
    onset: float
    healed: float | None


@record
class Outcome:
    """What one instance came to; s from the onset. value is None when not told; high may be infinite.

    seen: False when nothing can be said, then `note` says why and `needed` what would help.
    ended: when degradation was last seen to end, s from t = 0; None when it did not. watched: how long was looked, s.
    """

    value: float | None
    low: float
    high: float
    note: str
    seen: bool = True
    needed: str = ""
    ended: float | None = None
    watched: float = 0.0


@record
class Watch:
    """since: nothing before it belongs to the baseline (the previous strike's recovery). until: the end of what is
    watched (the formula's window, the next strike, the end of load). Both in s from t = 0.
    """

    since: float
    until: float


@record
class _Baseline:
    """n: successes before the onset. rate: of them, 1/s. latency: p95 of how long they took, s."""

    n: int
    rate: float
    latency: float


@record
class _Scan:
    """What is looked for: stretches from `onset` to `end` below `rate` successes/s, with an error of `alpha` in all."""

    onset: float
    end: float
    rate: float
    alpha: float

    @property
    def watched(self) -> float:
        """s."""
        return self.end - self.onset

    @property
    def gaps(self) -> float:
        """How many gaps between successes are expected."""
        return max(self.rate * self.watched, 1.0)


@record
class _Stretch:
    """A degraded stretch. start: the latest at which it begins; s from t = 0. open: what was watched ends with it.

    slack: s by which the degradation may have outlasted it: 0 after a silence, which a success ends for certain; the
    stretch's own length after a partial loss, whose last part is too short to be seen.
    """

    start: float
    end: float
    open: bool
    slack: float


def recover(
    strike: Strike, series: Sequence[Success], stages: Sequence[Stage], watch: Watch, within: float, alpha: float
) -> Outcome:
    """Recovery after one strike.

    series: every success, by `at`. stages: the workload's. within: the tolerance, a share of the baseline, 0..1.
    alpha: the error accepted of each end of the interval.
    """
    steady = steady_since(stages, strike.onset)
    if steady is None:
        return _unsure(f"{strike.fault} struck outside a steady stage: there is no steady rate to come back to")
    usual = _baseline(series, max(watch.since, steady), strike.onset, fresh=watch.since <= steady)
    if usual.n < FEWEST:
        few = f"{usual.n} success{'' if usual.n == 1 else 'es'} before {strike.fault}, {FEWEST} are needed"
        return _unsure(f"too little load: {few}", f"{FEWEST - usual.n} more successes before {strike.fault}")
    end = min(watch.until, kept_until(stages, steady, strike.onset))
    scan = _Scan(strike.onset, end, usual.rate * (1 - within), alpha)
    width = _resolution(scan)
    if width > scan.watched:
        needed = f"{width:.3g} s are needed at {usual.rate:.3g} successes/s"
        seen = f"{max(0.0, scan.watched):.3g} s were watched after {strike.fault}"
        return _unsure(f"too little load: {seen}, {needed}", needed)
    times = [success.at for success in series if strike.onset < success.at <= end]
    return _outcome(strike, _last_degraded(times, scan, width), scan, width + usual.latency)


def _unsure(note: str, needed: str = "") -> Outcome:
    return Outcome(None, -math.inf, math.inf, note, seen=False, needed=needed)


def _outcome(strike: Strike, stretch: _Stretch | None, scan: _Scan, unseen: float) -> Outcome:
    """unseen: s from the onset within which a degradation too short to be seen is over: it shows a latency later."""
    if stretch is not None and stretch.open:
        return _censored(strike, stretch, scan)
    low = 0.0 if stretch is None else max(0.0, stretch.start - strike.onset)
    if strike.healed is None or strike.healed > scan.end:
        note = f"{strike.fault} was not healed while the load ran: the end was not seen"
        return Outcome(None, low, math.inf, note, watched=scan.watched)
    if stretch is None:
        note = f"nothing to recover from: no degradation seen after {strike.fault}"
        return Outcome(0.0, 0.0, unseen, note, ended=strike.onset)
    recovery, ended = stretch.end - strike.onset, stretch.end + stretch.slack
    return Outcome(recovery, low, ended - strike.onset, "", ended=ended)


def _censored(strike: Strike, stretch: _Stretch, scan: _Scan) -> Outcome:
    """Recovery is later than the end, less the time in which a series that is back shows a first success."""
    start = stretch.start if stretch.slack else scan.end - math.log(1 / scan.alpha) / scan.rate
    note = f"not recovered: still degraded {scan.watched:.4g} s after {strike.fault} struck, when the watch ended"
    return Outcome(None, max(0.0, start - strike.onset), math.inf, note, watched=scan.watched)


def steady_since(stages: Sequence[Stage], onset: float) -> float | None:
    """Where the level that holds at the onset began; None when the load was not held then."""
    for index, stage in enumerate(stages):
        if stage.start <= onset < stage.end:
            if not _held(stage):
                return None
            first = index
            while first > 0 and _held(stages[first - 1]) and stages[first - 1].level_to == stage.level_from:
                first -= 1
            return stages[first].start
    return None


def _held(stage: Stage) -> bool:
    return stage.level_from == stage.level_to


def kept_until(stages: Sequence[Stage], steady: float, onset: float) -> float:
    """Until when the load stayed at the onset's level or above: a ramp-down must not look like degradation."""
    level = next(stage.level_from for stage in stages if stage.start <= onset < stage.end)
    end = steady
    for stage in stages:
        if stage.end <= onset:
            continue
        if min(stage.level_from, stage.level_to) < level:
            break
        end = stage.end
    return end


def _baseline(series: Sequence[Success], start: float, onset: float, fresh: bool) -> _Baseline:
    """The steady part before the onset.

    fresh: the level began at `start`, so that its first results came a latency later; that time is left out.
    """
    took = sorted(success.took for success in series if success.at - success.took >= start and success.at <= onset)
    latency = took[math.ceil(0.95 * len(took)) - 1] if took else 0.0
    start += latency if fresh else 0.0
    n = sum(1 for success in series if start < success.at <= onset)
    return _Baseline(n, n / (onset - start) if n else 0.0, latency)


def _resolution(scan: _Scan) -> float:
    """s; the shortest stretch without any success that chance alone yields with probability <= alpha / SCALES.

    Successes as a Poisson process of `rate` over `watched` s have about rate * watched gaps, each longer than w with
    probability exp(-rate * w).
    """
    return max(SHORTEST, math.log(scan.gaps * SCALES / scan.alpha) / scan.rate) if scan.rate > 0 else math.inf


def _threshold(scan: _Scan, width: float) -> int:
    """The most successes in a stretch of `width` that still call it degraded, -1 when none do.

    k + 1 gaps in a row are longer than `width` with probability P(Poisson(rate * width) <= k); there are about
    rate * watched such rows, so by the union bound over all of them and all scales chance yields one with alpha.
    """
    allowed = scan.alpha * (1 + 1e-9) / SCALES / scan.gaps
    return least(lambda k: poisson_cdf(k, scan.rate * width) > allowed, 0, 2**31) - 1


def _last_degraded(times: Sequence[float], scan: _Scan, width: float) -> _Stretch | None:
    """The degraded stretch that begins last, over all scales.

    A burst of held-up work hides nothing: every stretch that begins after it is looked at as well.
    """
    widths = [width * 2**power for power in range(SCALES) if width * 2**power <= scan.watched]
    found = [_last(times, scan, wide, _threshold(scan, wide)) for wide in widths]
    return max((stretch for stretch in found if stretch is not None), key=lambda stretch: stretch.start, default=None)


def _last(times: Sequence[float], scan: _Scan, width: float, most: int) -> _Stretch | None:
    """The last stretch longer than `width` with at most `most` successes inside, found at every gap between them."""
    if most < 0:
        return None
    points = [scan.onset, *times, scan.end]
    for index in range(len(points) - 1, 0, -1):
        end = points[index]
        if end - points[max(0, index - most - 1)] > width:
            slack = width if points[index - 1] > end - width else 0.0
            return _Stretch(end - width, end, index == len(points) - 1, slack)
    return None
