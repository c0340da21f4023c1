"""The functions of all iterations of a workload after a fault: `recovery`, and downtime and MTTR as published.

Each gives an estimate a run; `pooled_…` takes those of the repeats together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from erisc.verdict import degradation, rally_runners
from erisc.verdict.degradation import Attempt
from erisc.verdict.fault_rows import FaultRow
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Stage
from erisc.verdict.recovery import Outcome, Strike, Watch, kept_until, steady_since
from erisc.verdict.statistics.distributions import student_quantile
from erisc.verdict.statistics.estimate import INFINITY, Estimate, unseen
from erisc.verdict.statistics.survival import kaplan_meier, restricted_mean

RECOVERY = "scan of errors and latency"
PUBLISHED = "rally-runners"


def downtime(rows: Sequence[Attempt], fault: str, cell: CellHistory) -> Estimate:
    """Published downtime of a run, s: errors at whatever time count. Nothing to tell without an error."""
    found = rally_runners.downtime(_samples(rows))
    return _published(found, "no error")


def mttr(rows: Sequence[Attempt], fault: str, cell: CellHistory) -> Estimate:
    """Published MTTR of a run, s: the degraded time after the first strike's baseline. Nothing to tell without one."""
    onsets = [row.onset for row in cell.faults if row.fault == fault and row.onset is not None]
    if not onsets:
        return unseen(PUBLISHED, f"{fault} was not injected: there is no baseline")
    try:
        found = rally_runners.degraded(_samples(rows), min(onsets))
    except ValueError as error:
        return unseen(PUBLISHED, str(error))
    return _published(found, "no degradation detected")


def _samples(rows: Sequence[Attempt]) -> list[rally_runners.Iteration]:
    """An iteration that never finished is an error as well; its duration is not used."""
    return [rally_runners.Iteration(row.started, row.duration or 0.0, row.failed) for row in rows]


def _published(found: rally_runners.Span | None, note: str) -> Estimate:
    if found is None:
        return unseen(PUBLISHED, note)
    said = "" if found.ended else "still so when the load ended: taken for over, as published"
    return Estimate(found.value, found.low, found.high, 1, PUBLISHED, said)


def recovery(
    rows: Sequence[Attempt], workload: str, fault: str, length: float | None, cell: CellHistory, alpha: float
) -> Estimate:
    """Time from the onset until errors and latency are back for good, s; of the instance that took longest.

    rows: of `workload`. length: s to look after the heal, None to the end of the load. alpha: the error accepted of
    each end.
    """
    done = [row for row in cell.faults if row.fault == fault]
    struck = sorted((row for row in done if row.onset is not None), key=lambda row: row.onset or 0.0)
    if not struck or len(struck) < len(done):
        failed = next((row.error for row in done if row.error), None)
        said = f"{fault} could not be injected: {failed}" if failed else f"{fault} was not injected"
        return unseen(RECOVERY, f"{said}: there was nothing to recover from" if not failed else said)
    stages = next((load.levels for load in cell.workloads if load.name == workload), ())
    return _worst(_strikes(rows, struck, stages, length, cell.load_end or 0.0, alpha / len(struck)))


def _strikes(
    rows: Sequence[Attempt],
    struck: Sequence[FaultRow],
    stages: Sequence[Stage],
    length: float | None,
    end: float,
    alpha: float,
) -> list[Outcome]:
    """One after the other: the next one's baseline begins where the one before was over."""
    outcomes: list[Outcome] = []
    since = 0.0
    for index, row in enumerate(struck):
        onset = row.onset or 0.0
        steady = steady_since(stages, onset)
        if steady is None:
            note = f"{row.fault} struck outside a steady stage: there is no steady state to come back to"
            outcomes.append(Outcome(None, -INFINITY, INFINITY, note, seen=False))
            continue
        following = struck[index + 1].onset if index + 1 < len(struck) else None
        ends = [INFINITY if following is None else following, end, kept_until(stages, steady, onset)]
        ends += [] if length is None or row.healed_s is None else [row.healed_s + length]
        watch = Watch(max(since, steady), min(ends))
        strike = Strike(row.fault, onset, row.healed_s)
        outcome = degradation.recovery(strike, rows, watch, alpha, fresh=since <= steady)
        if row.error and outcome.value == 0:
            outcome = Outcome(None, -INFINITY, INFINITY, f"nothing was felt of {row.fault}: {row.error}", seen=False)
        outcomes.append(outcome)
        since = onset if outcome.ended is None else outcome.ended
    return outcomes


def _worst(outcomes: Sequence[Outcome]) -> Estimate:
    note = "; ".join(dict.fromkeys(outcome.note for outcome in outcomes if outcome.note))
    needed = "; ".join(dict.fromkeys(outcome.needed for outcome in outcomes if outcome.needed))
    if not all(outcome.seen for outcome in outcomes):
        return unseen(RECOVERY, note, len(outcomes), needed)
    known = [outcome.value for outcome in outcomes if outcome.value is not None]
    return Estimate(
        value=max(known) if len(known) == len(outcomes) else None,
        low=max(outcome.low for outcome in outcomes),
        high=max(outcome.high for outcome in outcomes),
        n=len(outcomes),
        method=RECOVERY,
        note=note,
    )


def pooled_published(runs: Sequence[Estimate], alpha: float) -> Estimate:
    """The mean over the runs with a detection, as published. One run: what its samples resolve; more: Student's t."""
    found = [run for run in runs if run.value is not None]
    missed = _notes(run for run in runs if run.value is None)
    if not found:
        return unseen(PUBLISHED, f"{missed or 'no runs'}: there is nothing to take a mean of, as published")
    out = len(runs) - len(found)
    note = f"{out} of {_runs(len(runs))} left out, as published: {missed}" if out else ""
    note = "; ".join(part for part in (note, _notes(found)) if part)
    if len(found) == 1:
        return Estimate(found[0].value, found[0].low, found[0].high, 1, PUBLISHED, note)
    values = [run.value for run in found if run.value is not None]
    middle = math.fsum(values) / len(values)
    reach = _reach(values, alpha)
    return Estimate(middle, max(0.0, middle - reach), middle + reach, len(values), f"{PUBLISHED}, mean of runs", note)


def _notes(runs: Iterable[Estimate]) -> str:
    return "; ".join(dict.fromkeys(run.note for run in runs if run.note))


def _runs(n: int) -> str:
    return f"{n} run{'s' if n != 1 else ''}"


def pooled_recovery(runs: Sequence[Estimate], alpha: float) -> Estimate:
    """The mean over all runs. One that was not seen to recover leaves the mean without a value and an upper bound.

    A run without a degradation counts with 0. The ends are Student's t over the lower and the upper ends of the runs:
    what a run could not resolve widens them. With a single run they are that run's.
    """
    seen = [run for run in runs if run.seen]
    blind = _notes(run for run in runs if not run.seen)
    needed = "; ".join(dict.fromkeys(run.needed for run in runs if run.needed))
    if not seen:
        return unseen(RECOVERY, blind or "no runs", 0, needed)
    lows, highs = [run.low for run in seen], [run.high for run in seen]
    values = [run.value for run in seen if run.value is not None]
    lost = len(seen) - len(values)
    return Estimate(
        value=None if lost else math.fsum(values) / len(values),
        low=max(0.0, math.fsum(lows) / len(lows) - _reach(lows, alpha)),
        high=INFINITY if lost else math.fsum(highs) / len(highs) + _reach(highs, alpha),
        n=len(seen),
        method=RECOVERY if len(seen) == 1 else f"{RECOVERY}, mean of runs",
        note="; ".join(_told(runs, seen, blind)),
        needed=needed or ("" if lost else "more runs would narrow it"),
    )


def _told(runs: Sequence[Estimate], seen: Sequence[Estimate], blind: str) -> Iterator[str]:
    """Whether recovery was seen, in how many runs."""
    lost = [run for run in seen if run.value is None]
    calm = sum(run.value == 0 for run in seen)
    back = len(seen) - len(lost) - calm
    if lost:
        yield f"recovery was not seen in {len(lost)} of {_runs(len(seen))}"
        yield from _within(seen)
        yield _notes(lost)
    if back:
        yield f"recovery was seen in {back} of {_runs(len(seen))}"
    if calm:
        yield f"no degradation was seen in {calm} of {_runs(len(seen))}"
    if len(seen) < len(runs):
        yield f"{len(runs) - len(seen)} of {_runs(len(runs))} cannot tell: {blind}"


def _within(seen: Sequence[Estimate]) -> Iterator[str]:
    """What can be said of the mean all the same: Kaplan and Meier's, restricted to the longest time that was seen."""
    if len(seen) > 1:
        times = [run.low if run.value is None else run.value for run in seen]
        curve = kaplan_meier(times, [run.value is not None for run in seen])
        area = restricted_mean(curve, curve.last, 0.025).value
        yield f"restricted to {curve.last:.4g} s its mean is {area:.4g} s"


def _reach(values: Sequence[float], alpha: float) -> float:
    """Half the width of Student's interval of a mean; 0 for one value."""
    n = len(values)
    if n < 2:
        return 0.0
    middle = math.fsum(values) / n
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (n - 1) / n)
    return student_quantile(1 - alpha, n - 1) * spread
