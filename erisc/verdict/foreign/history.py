"""Runs that another tool recorded, as the history of a spec's repeats.

A run of a file is one repeat; its hooks are the instances of the fault. t = 0 is the start of its load. Files know no
stages: the first named stage of the spec's workload is the whole load.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.verdict.fault_rows import FaultRow, fault_windows
from erisc.verdict.foreign.rally import Run
from erisc.verdict.foreign.rally_hooks import Hook
from erisc.verdict.history import CellHistory
from erisc.verdict.iterations import ApiCall, Iteration
from erisc.verdict.program import Stage, Workload
from erisc.verdict.timeline import STAGE, WindowRow

DIGITS = 7
"""Of times in s: what a double resolves of the seconds since the epoch."""


@record
class Wanted:
    """A workload of the spec. scenario: what it runs; stage: its first named one, "" when none has a name."""

    name: str
    scenario: str
    stage: str


@record
class Spec:
    """What files are mapped onto. faults: names, of those that KPIs ask for."""

    workloads: tuple[Wanted, ...]
    faults: tuple[str, ...]


@record
class Mapped:
    """Runs by repeat, and what a reader must know about how they were mapped."""

    repeats: tuple[tuple[tuple[Wanted, Run], ...], ...]
    notes: tuple[str, ...]


def mapped(spec: Spec, runs: Sequence[Run]) -> Mapped:
    """Runs go to the workload of their scenario, or to the only one there is. Raises Failure when neither tells."""
    named = [(wanted, run) for run in runs for wanted in spec.workloads if wanted.scenario == run.scenario]
    if named:
        other = [run for run in runs if all(run.scenario != wanted.scenario for wanted in spec.workloads)]
        return Mapped(_repeats(spec, named), tuple(_left_out(run) for run in other))
    scenarios = list(dict.fromkeys(run.scenario for run in runs))
    if len(spec.workloads) != 1 or len(scenarios) > 1:
        known = ", ".join(wanted.scenario or wanted.name for wanted in spec.workloads)
        raise Failure(
            f"the files hold runs of {', '.join(scenarios)}; the spec has workloads of {known or 'none'}",
            mend="name the scenario in the spec's workload, or give files of one scenario",
            exit_code=WRONG_CALL,
        )
    [only] = spec.workloads
    note = f"the runs are of {scenarios[0] or 'a scenario without a name'}: taken for workload {only.name}"
    return Mapped(_repeats(spec, [(only, run) for run in runs]), (f"{note}, which runs {only.scenario}",))


def _left_out(run: Run) -> str:
    return f"{run.file}: run {run.place} is of {run.scenario}, which no workload of the spec runs: left out"


def _repeats(spec: Spec, pairs: Sequence[tuple[Wanted, Run]]) -> tuple[tuple[tuple[Wanted, Run], ...], ...]:
    """The k-th run of every workload makes the k-th repeat."""
    by = [[pair for pair in pairs if pair[0] is wanted] for wanted in spec.workloads]
    most = max(len(of) for of in by)
    return tuple(tuple(of[k] for of in by if k < len(of)) for k in range(most))


def cell(spec: Spec, repeat: int, parts: Sequence[tuple[Wanted, Run]]) -> tuple[CellHistory, tuple[str, ...]]:
    """One repeat as it went, and notes."""
    starts = _starts([run for _, run in parts])
    notes: list[str] = []
    faults: list[FaultRow] = []
    for (_, run), start in zip(parts, starts, strict=True):
        rows, said = _faults(spec, run, start, len(faults))
        faults += rows
        notes += said
    done = [row for (wanted, run), start in zip(parts, starts, strict=True) for row in _iterations(wanted, run, start)]
    end = max((row.finished_s or 0.0 for row in done), default=None)
    made = CellHistory(
        id=f"{repeat:04d}",
        workloads=tuple(_workload(wanted, run, end or 0.0) for wanted, run in parts),
        iterations=tuple(done),
        api=tuple(
            call for (wanted, run), start in zip(parts, starts, strict=True) for call in _calls(wanted, run, start)
        ),
        windows=(*_stages(parts, end), *fault_windows(tuple(faults), end)),
        faults=tuple(faults),
        load_end=end,
        lost_share=_share(parts),
        repeat=repeat,
    )
    return made, tuple(notes)


def _starts(runs: Sequence[Run]) -> list[float]:
    """s since the epoch of each run's t = 0: one for all when they overlap, else each its own."""
    own = [run.rows[0].timestamp if run.rows else 0.0 for run in runs]
    ends = [max((row.timestamp + row.duration for row in run.rows), default=0.0) for run in runs]
    if own and max(own) < min(ends):
        return [min(own)] * len(own)
    return own


def _share(parts: Sequence[tuple[Wanted, Run]]) -> float:
    total = sum(run.total for _, run in parts)
    return sum(run.lost for _, run in parts) / total if total else 0.0


def _workload(wanted: Wanted, run: Run, end: float) -> Workload:
    level = 1.0 if run.level is None else run.level
    return Workload(wanted.name, run.model, (Stage(wanted.stage, "hold", 0.0, end, level, level),))


def _stages(parts: Sequence[tuple[Wanted, Run]], end: float | None) -> Iterator[WindowRow]:
    for wanted, _ in parts:
        if wanted.stage and end is not None:
            yield WindowRow(f"{wanted.name}.{wanted.stage}", STAGE, 0, 0.0, end, None)


def _iterations(wanted: Wanted, run: Run, start: float) -> Iterator[Iteration]:
    for index, row in enumerate(run.rows):
        began = _at(row.timestamp, start)
        yield Iteration(
            workload=wanted.name,
            iteration=index,
            stage=wanted.stage,
            intended_s=began,
            started_s=began,
            finished_s=round(began + row.duration + row.idle, DIGITS),
            duration_s=row.duration,
            ok=row.error is None,
            error=row.error,
        )


def _calls(wanted: Wanted, run: Run, start: float) -> Iterator[ApiCall]:
    for index, row in enumerate(run.rows):
        began = _at(row.timestamp, start)
        for action in row.actions:
            at = None if action.started is None else _at(action.started, start)
            yield ApiCall(wanted.name, index, action.name, began, at, action.duration, action.ok)


def _at(wall: float, start: float) -> float:
    return round(wall - start, DIGITS) + 0.0


def _faults(spec: Spec, run: Run, start: float, before: int) -> tuple[list[FaultRow], list[str]]:
    """Instances in order of time; hooks that are no fault of the spec are noted."""
    rows: list[FaultRow] = []
    notes: list[str] = []
    for hook in sorted(run.hooks, key=lambda hook: hook.started or 0.0):
        name = _fault(spec, hook)
        if not name:
            notes.append(
                f"{run.file}: the hook {' '.join(hook.names) or hook.action} is no fault of the spec: left out"
            )
        else:
            instance = before + sum(row.fault == name for row in rows)
            rows.append(_row(name, instance, hook, start))
            notes += [f"{run.file}: run {run.place}: the hook of {name} failed: {hook.error}"] if hook.error else []
    return rows, notes


def _fault(spec: Spec, hook: Hook) -> str:
    """The fault of the hook's name, or the only one."""
    named = next((name for name in (*hook.names, hook.action) if name in spec.faults), "")
    return named or (spec.faults[0] if len(spec.faults) == 1 else "")


def _row(name: str, instance: int, hook: Hook, start: float) -> FaultRow:
    """A hook tells when it was called and when it was over, not when it took effect.

    One that failed may have acted all the same: a host that is rebooted hangs up on who told it to.
    """
    return FaultRow(
        fault=name,
        instance=instance,
        action=hook.action or next(iter(hook.names), ""),
        service="",
        hosts="",
        planned_s=None,
        called_s=None if hook.started is None else _at(hook.started, start),
        effective_s=None,
        heal_called_s=None,
        healed_s=None if hook.finished is None else _at(hook.finished, start),
        error=hook.error or None,
        failed=hook.started is None,
        withheld_s=None,
        until_s=None,
    )
