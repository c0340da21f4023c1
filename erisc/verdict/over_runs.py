"""Terms of what happens after a fault. All instances of all repeats are taken together; what was censored stays so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from erisc.base.record import replace
from erisc.verdict import after_faults
from erisc.verdict.degradation import Attempt
from erisc.verdict.program import Term
from erisc.verdict.recovering import combined, instances, unharmed
from erisc.verdict.recovery import Outcome, Success
from erisc.verdict.rows import Site
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen
from erisc.verdict.statistics.survival import kaplan_meier, restricted_mean

SURVIVAL = "Kaplan-Meier, restricted mean"


def recover(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """The longest, shortest or mean recovery over all instances of all repeats."""
    found = _outcomes(term, sites, alpha)
    return found if isinstance(found, Estimate) else combined(term.combine, found)


def mttr(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """The mean time to recovery, restricted to what was watched of every instance, over all instances and repeats."""
    found = _outcomes(term, sites, alpha)
    if isinstance(found, Estimate):
        return found
    note = "; ".join(dict.fromkeys(one.note for one in found if one.note))
    if not all(one.seen for one in found):
        needed = "; ".join(dict.fromkeys(one.needed for one in found if one.needed))
        return unseen(SURVIVAL, note, len(found), needed)
    return survival(found, alpha, note)


def survival(outcomes: Sequence[Outcome], alpha: float, note: str) -> Estimate:
    """Kaplan and Meier's curve over recovery times, and the area under it.

    Where every instance recovered the area is their mean. Where one did not, it is the mean of the time within the
    longest that was watched: less than the true mean, so that it has no upper end.
    """
    times = [one.value if one.value is not None else one.watched for one in outcomes]
    ended = [one.value is not None for one in outcomes]
    curve = kaplan_meier(times, ended)
    area = restricted_mean(curve, curve.last, alpha)
    lost = len(ended) - sum(ended)
    low = min([area.low, math.fsum(one.low for one in outcomes) / len(outcomes)])
    if lost:
        said = f"{lost} of {len(ended)} were not seen to recover: restricted to {curve.last:.4g} s"
        return Estimate(
            area.value, low, INFINITY, len(times), SURVIVAL, "; ".join(part for part in (said, note) if part)
        )
    high = max(area.high, math.fsum(one.high for one in outcomes) / len(outcomes))
    return Estimate(area.value, low, high, len(times), SURVIVAL, note)


def _outcomes(term: Term, sites: Sequence[Site], alpha: float) -> Estimate | list[Outcome]:
    """Every instance of every repeat; an estimate that says why when there are none in one of them."""
    struck = [unharmed(term.fault, site.cell) for site in sites]
    for one in struck:
        if one is not None:
            return one
    share = alpha / max(1, sum(_count(term.fault, site) for site in sites))
    return [one for site in sites for one in instances(term, _successes(term, site), site.cell, share)]


def _count(fault: str, site: Site) -> int:
    return sum(row.fault == fault for row in site.cell.faults)


def _successes(term: Term, site: Site) -> list[Success]:
    """By the instant at which they end."""
    ended, took = site.columns(replace(term, where=term.where + term.hit), term.value, "duration_s")
    order = np.argsort(ended, kind="stable")
    return list(map(Success, ended[order].tolist(), took[order].tolist()))


def _attempts(term: Term, site: Site) -> list[Attempt]:
    """All iterations, by the instant at which they began."""

    def make() -> list[Attempt]:
        columns = ("started_s", "finished_s", "duration_s", *term.hit)
        started, finished, took, ok = site.columns(term, *columns)
        rows = zip(started.tolist(), _known(finished), _known(took), (~ok).tolist(), strict=True)
        return sorted(map(Attempt._make, rows), key=lambda row: row.started)

    return site.once(("attempts", term.scan, term.where, term.hit), make)


def _known(values: Any) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def recovery(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
    """Until errors and latency were back for good; see `erisc.verdict.degradation`."""
    return after_faults.pooled_recovery([_recovery(term, site, alpha) for site in sites], alpha)


def _recovery(term: Term, site: Site, alpha: float) -> Estimate:
    length = None if term.window is None else term.window.length

    def make() -> Estimate:
        return after_faults.recovery(_attempts(term, site), term.workload, term.fault, length, site.cell, alpha)

    return site.once((replace(term, id=""), alpha), make)


Published = Callable[[Sequence[Attempt], str, Any], Estimate]


def _published(of: Published) -> Callable[[Term, Sequence[Site], float], Estimate]:
    """As published: the mean over the runs in which something was detected; see `erisc.verdict.rally_runners`."""

    def one(term: Term, site: Site) -> Estimate:
        return site.once(replace(term, id=""), lambda: of(_attempts(term, site), term.fault, site.cell))

    def method(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
        return after_faults.pooled_published([one(term, site) for site in sites], alpha)

    return method


downtime_rally_runners = _published(after_faults.downtime)
mttr_rally_runners = _published(after_faults.mttr)
