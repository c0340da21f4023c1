"""The repeats of a sweep point taken together: a run is one sample of what a run can come to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from erisc.verdict.program import Term
from erisc.verdict.rows import Site
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen
from erisc.verdict.statistics.pooling import pool

Single = Callable[[Term, Site, float], Estimate]


def each(method: Single) -> Callable[[Term, Sequence[Site], float], Estimate]:
    """A method of one run, as one of the repeats: their mean."""

    def over_runs(term: Term, sites: Sequence[Site], alpha: float) -> Estimate:
        return mean_of_runs([method(term, site, alpha) for site in sites], alpha)

    return over_runs


def mean_of_runs(runs: Sequence[Estimate], alpha: float) -> Estimate:
    """The mean over runs. Its error is the spread between them, and no less than their own errors leave.

    Runs are samples: Student's t over them (`statistics.pooling.pool`). Where they agree by chance, or are few, their
    own intervals still count: independent errors add up by their squares (Donner and Zou, Statistical Methods in
    Medical Research 21 (2012), 347-359). A run that saw nothing leaves nothing to be told.
    """
    if len(runs) == 1:
        return runs[0]
    n = sum(max(0, run.n) for run in runs)
    note = "; ".join(dict.fromkeys(run.note for run in runs if run.note))
    needed = "; ".join(dict.fromkeys(run.needed for run in runs if run.needed))
    method = f"{runs[0].method}, mean of {len(runs)} runs"
    blind = [index for index, run in enumerate(runs, 1) if not run.seen]
    if blind:
        return unseen(method, f"{len(blind)} of {len(runs)} repeats say nothing: {note}", n, needed)
    values = [run.value for run in runs if run.value is not None]
    if len(values) < len(runs):
        low = math.fsum(run.low for run in runs) / len(runs)
        return Estimate(None, low, INFINITY, n, method, note, needed=needed)
    value = math.fsum(values) / len(values)
    low, high = spread(value, values, alpha)
    down = math.hypot(*(run.low - at for run, at in zip(runs, values, strict=True))) / len(runs)
    up = math.hypot(*(run.high - at for run, at in zip(runs, values, strict=True))) / len(runs)
    return Estimate(value, min(low, value - down), max(high, value + up), n, method, note, needed=needed)


def spread(value: float, runs: Sequence[float], alpha: float) -> tuple[float, float]:
    """Bounds of `value` by the spread between the runs' own; the value itself when there is but one run."""
    if len(runs) < 2:
        return value, value
    found = pool(runs, alpha)
    return value - (found.value - found.low), value + (found.high - found.value)
