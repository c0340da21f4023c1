"""How each kind of term is estimated from the tables of a cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Term
from erisc.verdict.recovering import recover_term
from erisc.verdict.spans import rate_batches
from erisc.verdict.statistics import intervals
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen


@record
class Site:
    """What terms are computed on: the cell's tables behind a DuckDB connection, and its history."""

    connection: Any
    cell: CellHistory

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query. Raises Failure quoting DuckDB's message."""
        try:
            found: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        except Exception as error:  # DuckDB's own classes are not imported at load time
            raise Failure(
                "a query of the KPI program does not run on the tables of this run",
                mend="compile the spec again with this erisc",
                detail=f"{sql}\n{error}",
                exit_code=WRONG_CALL,
            ) from error
        return found


def estimate(term: Term, site: Site, alpha: float) -> Estimate:
    """The term's value and interval; `alpha` is the error of each end. Raises Failure for an unknown method."""
    method = METHODS.get(term.method)
    if method is None:
        raise Failure(
            f"the KPI program uses the method {term.method!r}, which this erisc does not know",
            mend="evaluate with the erisc that compiled the bundle",
            exit_code=WRONG_CALL,
        )
    return method(term, site, alpha)


def _proportion(term: Term, site: Site, alpha: float) -> Estimate:
    hits, n = _hits(term, site)
    if n == 0:
        return unseen("Wilson score", "no samples")
    low, high = intervals.wilson(hits, n, alpha)
    return Estimate(hits / n, low, high, n, "Wilson score")


def _count(term: Term, site: Site, alpha: float) -> Estimate:
    hits, n = _hits(term, site)
    return Estimate(hits, hits, hits, n, "counted") if n else unseen("counted", "no samples")


def _poisson(term: Term, site: Site, alpha: float) -> Estimate:
    hits, n = _hits(term, site)
    if n == 0:
        return unseen("Poisson count", "no samples")
    low, high = intervals.poisson_bounds(hits, alpha)
    return Estimate(hits, low, high, n, "Poisson count")


def _hits(term: Term, site: Site) -> tuple[int, int]:
    [(hits, n)] = site.rows(f"SELECT count(*) FILTER (WHERE hit), count(*) FROM ({term.sql})")
    return hits, n


def _quantile(term: Term, site: Site, alpha: float) -> Estimate:
    """Unfinished iterations took longer than was seen: they count as longer than any other."""
    n, endless = _sizes(term, site)
    method = "order statistics"
    if n == 0:
        return unseen(method, "no samples")
    ranks = intervals.quantile_ranks(n, term.q, alpha)
    ordered = f"SELECT coalesce(value, 'infinity'::DOUBLE) AS v, row_number() OVER (ORDER BY v) AS r FROM ({term.sql})"
    wanted = ", ".join(str(rank) for rank in (ranks.low, ranks.value, ranks.high) if rank)
    at = dict(site.rows(f"SELECT r, v FROM ({ordered}) WHERE r IN ({wanted})"))
    value = at[ranks.value]
    needs = intervals.quantile_needs(term.q, alpha)
    needed = f"{needs} samples are needed, {n} were seen" if ranks.high is None and n < needs else ""
    notes = [_unfinished(endless)] if endless else []
    notes += [f"{n} samples cannot bound it from above, {needs} can"] if needed else []
    return Estimate(
        value=value if math.isfinite(value) else None,
        low=at[ranks.low] if ranks.low else -INFINITY,
        high=at[ranks.high] if ranks.high else INFINITY,
        n=n,
        method=method,
        note="; ".join(notes),
        needed=needed,
    )


def _sizes(term: Term, site: Site) -> tuple[int, int]:
    [(n, endless)] = site.rows(f"SELECT count(*), count(*) FILTER (WHERE value IS NULL) FROM ({term.sql})")
    return n, endless


def _unfinished(count: int) -> str:
    return f"{count} unfinished count{'s' if count == 1 else ''} as longer than any other"


def _mean(term: Term, site: Site, alpha: float) -> Estimate:
    n, endless = _sizes(term, site)
    method = "batch means"
    if n == 0:
        return unseen(method, "no samples")
    if endless:
        return Estimate(None, -INFINITY, INFINITY, n, method, f"{_unfinished(endless)}, which leaves no mean")
    [(value,)] = site.rows(f"SELECT fsum(value) / count(*) FROM ({term.sql})")
    if n < intervals.FEWEST:
        return _too_few(value, n, method)
    split = f"SELECT value, ntile({min(n, intervals.BATCHES)}) OVER (ORDER BY at_s, value) AS b FROM ({term.sql})"
    means = [mean for (mean,) in site.rows(f"SELECT fsum(value) / count(*) FROM ({split}) GROUP BY b ORDER BY b")]
    low, high = intervals.batch_mean(means, alpha)
    return Estimate(value, low, high, n, method)


def _too_few(value: float, n: int, method: str) -> Estimate:
    needed = f"{intervals.FEWEST} samples are needed, {n} were seen"
    note = f"{n} samples are too few to tell the error of a mean, {intervals.FEWEST} are needed"
    return Estimate(value, -INFINITY, INFINITY, n, method, note, needed=needed)


def _observed(function: str) -> Callable[[Term, Site, float], Estimate]:
    """What was seen in this run, a fact without an error: sum, min, max."""

    def method(term: Term, site: Site, alpha: float) -> Estimate:
        n, endless = _sizes(term, site)
        if n == 0:
            return unseen("observed", "no samples")
        [(value,)] = site.rows(f"SELECT {function}(value) FROM ({term.sql})")
        value = None if value is None else float(value)
        if endless and function != "min":
            low = -INFINITY if value is None else value
            return Estimate(None, low, INFINITY, n, "observed", _unfinished(endless))
        if value is None:
            return Estimate(None, -INFINITY, INFINITY, n, "observed", _unfinished(endless))
        return Estimate(value, value, value, n, "observed")

    return method


def _rate(term: Term, site: Site, alpha: float) -> Estimate:
    """Successes per s while the window was open: batch means over equal stretches of it."""
    method = "batch means"
    times = [at for at, _ in site.rows(f"SELECT at_s, took_s FROM ({term.sql}) ORDER BY at_s")]
    batches = rate_batches(times, term.window, site.cell, intervals.BATCHES)
    if batches is None:
        return unseen(method, "the window was never open")
    value = math.fsum(batches.rates) / len(batches.rates)
    if batches.n < intervals.FEWEST:
        return _too_few(value, batches.n, method)
    low, high = intervals.batch_mean(batches.rates, alpha)
    return Estimate(value, max(0.0, low), high, batches.n, method)


def _recover(term: Term, site: Site, alpha: float) -> Estimate:
    return recover_term(term, site.rows(f"SELECT at_s, took_s FROM ({term.sql}) ORDER BY at_s"), site.cell, alpha)


METHODS: dict[str, Callable[[Term, Site, float], Estimate]] = {
    "proportion": _proportion,
    "count": _count,
    "poisson": _poisson,
    "quantile": _quantile,
    "mean": _mean,
    "sum": _observed("fsum"),
    "min": _observed("min"),
    "max": _observed("max"),
    "rate": _rate,
    "recover": _recover,
}
