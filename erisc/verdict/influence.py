"""How much each part of a window's time moved a term: by it, terms of the same window are seen to move together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from erisc.base.record import replace
from erisc.verdict.program import Term
from erisc.verdict.rows import Rows, Site
from erisc.verdict.spans import batches_of, covered_time, inside, stretches
from erisc.verdict.statistics.estimate import Estimate
from erisc.verdict.statistics.propagation import density_at, mean_influence, ratio_influence


def influence(term: Term, site: Site, found: Estimate, count: int, reach: float) -> Any:
    """The term's influence in `count` equal parts of its window's time; None for a method that has none.

    found: the term's estimate; reach: how many standard errors its interval is wide at each side.
    """
    of = _INFLUENCES.get(term.method)
    covered = stretches(term.window, site.cell)
    if of is None or term.rolling is not None or not covered_time(covered) > 0:
        return None
    if term.method == "series":
        [ended] = site.columns(replace(term, where=term.where + term.hit), term.value)
        return _events(np.sort(ended), covered, count, 1.0 / covered_time(covered))
    rows = site.rows(term)
    if len(inside(rows.at, covered)) != rows.n:
        return None
    return of(term, rows, covered, count, found, reach)


def _events(times: Any, covered: Any, count: int, scale: float) -> Any:
    return mean_influence(batches_of(times, covered, count) * (count * scale))


def _rate(term: Term, rows: Rows, covered: Any, count: int, found: Estimate, reach: float) -> Any:
    return _events(rows.at[rows.hit], covered, count, 1.0 / covered_time(covered))


def _count(term: Term, rows: Rows, covered: Any, count: int, found: Estimate, reach: float) -> Any:
    return _events(rows.at[rows.hit], covered, count, 1.0)


def _share(term: Term, rows: Rows, covered: Any, count: int, found: Estimate, reach: float) -> Any:
    below = batches_of(rows.at, covered, count)
    return ratio_influence(batches_of(rows.at, covered, count, rows.hit.astype(float)), below)


def _mean(term: Term, rows: Rows, covered: Any, count: int, found: Estimate, reach: float) -> Any:
    below = batches_of(rows.at, covered, count)
    return ratio_influence(batches_of(rows.at, covered, count, rows.value), below)


def _quantile(term: Term, rows: Rows, covered: Any, count: int, found: Estimate, reach: float) -> Any:
    """Bahadur's: the share below the quantile, over the density there, which the interval tells."""
    if found.value is None or not math.isfinite(found.high - found.low):
        return None
    density = density_at(rows.n, term.q, found.low, found.high, reach)
    below = batches_of(rows.at, covered, count)
    under = batches_of(rows.at, covered, count, (rows.value <= found.value).astype(float))
    return -ratio_influence(under, below) / density if math.isfinite(density) else None


_INFLUENCES: dict[str, Callable[[Term, Rows, Any, int, Estimate, float], Any]] = {
    "rate": _rate,
    "series": _rate,
    "poisson": _count,
    "proportion": _share,
    "mean": _mean,
    "quantile": _quantile,
}
