"""Recovery from every instance of a fault, one after the other, and combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from erisc.verdict.fault_rows import FaultRow
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Stage, Term
from erisc.verdict.recovery import Outcome, Strike, Success, Watch, recover
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen

METHOD = "sliding scan"


def unharmed(fault: str, cell: CellHistory) -> Estimate | None:
    """Why there is nothing to recover from in this cell; None when every instance of the fault struck."""
    faults = [row for row in cell.faults if row.fault == fault]
    missed = [row for row in faults if row.onset is None]
    if len(missed) == len(faults):
        return unseen(METHOD, _nothing(fault, faults))
    if missed:
        return unseen(METHOD, f"{_nothing(fault, missed)} in instance {missed[0].instance}")
    return None


def instances(term: Term, series: Sequence[Success], cell: CellHistory, alpha: float) -> list[Outcome]:
    """What came of every instance of the term's fault, each with error `alpha`. series: the successes by time."""
    faults = [row for row in cell.faults if row.fault == term.fault]
    return _all(term, sorted(faults, key=lambda row: row.onset or 0.0), series, cell, alpha)


def _nothing(fault: str, faults: Sequence[FaultRow]) -> str:
    failed = next((row.error for row in faults if row.error), None)
    if failed:
        return f"{fault} could not be injected: {failed}"
    return f"{fault} was not injected: there was nothing to recover from"


def _all(
    term: Term, struck: Sequence[FaultRow], series: Sequence[Success], cell: CellHistory, alpha: float
) -> list[Outcome]:
    stages = _stages(term.workload, cell)
    onsets = [row.onset or 0.0 for row in struck]
    outcomes: list[Outcome] = []
    since = 0.0
    for row, onset, following in zip(struck, onsets, [*onsets[1:], INFINITY], strict=True):
        length = None if term.window is None else term.window.length
        window = INFINITY if length is None or row.healed_s is None else row.healed_s + length
        until = min(window, following, cell.load_end or 0.0)
        outcome = recover(
            Strike(term.fault, onset, row.healed_s), series, stages, Watch(since, until), term.within, alpha
        )
        outcomes.append(outcome)
        since = onset if outcome.ended is None else outcome.ended
    return outcomes


def _stages(workload: str, cell: CellHistory) -> tuple[Stage, ...]:
    return next((load.levels for load in cell.workloads if load.name == workload), ())


def combined(combine: str, outcomes: Sequence[Outcome]) -> Estimate:
    """The outcomes of all instances as one: their largest, smallest or mean."""
    notes = "; ".join(dict.fromkeys(outcome.note for outcome in outcomes if outcome.note))
    needed = "; ".join(dict.fromkeys(outcome.needed for outcome in outcomes if outcome.needed))
    n = len(outcomes)
    if not all(outcome.seen for outcome in outcomes):
        return unseen(METHOD, notes, n, needed)
    fold = COMBINE[combine]
    values = [outcome.value for outcome in outcomes]
    known = [value for value in values if value is not None]
    return Estimate(
        value=fold(known) if len(known) == n else None,
        low=fold([outcome.low for outcome in outcomes]),
        high=fold([outcome.high for outcome in outcomes]),
        n=n,
        method=METHOD,
        note=notes,
    )


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)


COMBINE: dict[str, Callable[[Sequence[float]], float]] = {"max": max, "min": min, "mean": _average}
