"""The event log as a timeline: when load ran and its stages, in s from t = 0 of the cell."""

from __future__ import annotations

import math

from erisc.base.record import record, replace
from erisc.verdict.model import Loss
from erisc.verdict.program import Stage, Workload
from erisc.verdict.readers import Row, number, read_lines, text

STAGE, FAULT = "stage", "fault"

LATE = 1.0
"""s by which a stage's recorded start may differ from its planned one before the recorded one counts.

Arrivals follow the plan from t = 0, so the plan bounds a stage more exactly than the moment its event was written.
"""


@record
class WindowRow:
    """A row of the table `windows`. injected: for a fault, whether it was done (False in a control run)."""

    name: str
    kind: str
    instance: int
    start_s: float
    end_s: float | None
    injected: bool | None


@record
class Log:
    """The good events of a run, and how it ended."""

    events: tuple[Row, ...]
    run: str
    control: bool
    status: str
    error: str
    started_wall: float | None

    def cell(self, name: str) -> tuple[Row, ...]:
        """The events of one cell."""
        return tuple(event for event in self.events if event.get("cell") == name)


def read_log(run_dir: str, name: str) -> tuple[Log, tuple[Loss, ...]]:
    """The log in order, and what could not be used: bad lines, repeated numbers, a clock that ran backwards (kept)."""
    events: list[Row] = []
    jumps: list[Loss] = []

    def take(place: int, row: Row) -> None:
        mono, seq = number(row, "mono"), number(row, "seq")
        text(row, "type")
        if events and seq <= events[-1]["seq"]:
            raise ValueError(f"event {seq:g} comes after event {events[-1]['seq']:g}: left out as a repetition")
        if events and mono < events[-1]["mono"]:
            back = events[-1]["mono"] - mono
            jumps.append(Loss(name, place, f"the clock ran backwards by {back:.6g} s; the event is kept"))
        events.append(row)

    losses = read_lines(run_dir, name, take).losses
    return _log(tuple(events)), tuple(sorted([*losses, *jumps], key=lambda loss: loss.line))


def _log(events: tuple[Row, ...]) -> Log:
    started = next((event for event in events if event["type"] == "run_started"), {})
    finished = next((event for event in reversed(events) if event["type"] == "run_finished"), {})
    return Log(
        events=events,
        run=str(started.get("run", "")),
        control=started.get("control") is True,
        status=str(finished.get("status", "")),
        error=_said(finished.get("error")),
        started_wall=_wall(started),
    )


def _wall(event: Row) -> float | None:
    try:
        return number(event, "wall")
    except ValueError:
        return None


def _said(error: object) -> str:
    return "" if error is None else str(error)


def t0(events: tuple[Row, ...]) -> float | None:
    """CLOCK_MONOTONIC s of t = 0, None when the load never started."""
    for event in _of(events, "load_started"):
        try:
            return number(event, "t0_mono")
        except ValueError:
            continue
    return None


def _of(events: tuple[Row, ...], kind: str) -> list[Row]:
    return [event for event in events if event["type"] == kind]


def moment(event: Row, start: float) -> float:
    """s from t = 0: what the event says, else when it was written."""
    try:
        return number(event, "at")
    except ValueError:
        return float(event["mono"]) - start


def load_end(events: tuple[Row, ...], workloads: tuple[Workload, ...]) -> float | None:
    """When load ended: the plan's end, or earlier when the drivers or the run stopped before it."""
    start = t0(events)
    if start is None:
        return None
    planned = max((stage.end for workload in workloads for stage in workload.stages), default=0.0)
    finished = [event["mono"] for event in _of(events, "load_finished")]
    if len(finished) < len(workloads):
        driven = [event["mono"] for event in _of(events, "phase_finished") if event.get("phase") == "drive"]
        finished = driven or [events[-1]["mono"]]
    return round(max(0.0, min(planned, float(max(finished)) - start)), 9)


def settled(events: tuple[Row, ...], workloads: tuple[Workload, ...]) -> tuple[Workload, ...]:
    """The workloads with the bounds of their stages; where the plan leaves them to the run, as they were recorded."""
    start = t0(events)
    return tuple(
        replace(load, stages=_settled(load, events, start)) if any(map(_unsettled, load.stages)) else load
        for load in workloads
    )


def _unsettled(stage: Stage) -> bool:
    return math.isnan(stage.start) or math.isnan(stage.duration)


def _settled(load: Workload, events: tuple[Row, ...], t0: float | None) -> tuple[Stage, ...]:
    """A stage without a record of its start follows the one before; one without an end lasted until the last event."""
    last = max((moment(event, t0) for event in events), default=0.0) if t0 is not None else 0.0
    stages: list[Stage] = []
    for index, stage in enumerate(load.stages):
        began = _recorded("stage_started", load, stage, events, t0)
        ended = _recorded("stage_finished", load, stage, events, t0)
        start = stage.start
        if math.isnan(start):
            start = began if began is not None else (stages[index - 1].end if index else 0.0)
        duration = stage.duration
        if math.isnan(duration):
            duration = max(0.0, (last if ended is None else ended) - start)
        stages.append(replace(stage, start=start, duration=duration))
    return tuple(stages)


def _recorded(kind: str, load: Workload, stage: Stage, events: tuple[Row, ...], t0: float | None) -> float | None:
    told = [e for e in _of(events, kind) if (e.get("workload"), e.get("stage")) == (load.name, stage.name)]
    return moment(told[0], t0) if told and t0 is not None else None


def stage_windows(events: tuple[Row, ...], workloads: tuple[Workload, ...], end: float | None) -> tuple[WindowRow, ...]:
    """A window for every named stage that began, as planned when it began on time (see LATE)."""
    start = t0(events)
    if start is None or end is None:
        return ()
    began = {(e.get("workload"), e.get("stage")): moment(e, start) for e in reversed(_of(events, "stage_started"))}
    rows = []
    for workload in workloads:
        for stage in workload.stages:
            at = began.get((workload.name, stage.name))
            if stage.name and at is not None:
                rows.append(_stage_window(workload.name, stage, at, end))
    return tuple(rows)


def _stage_window(workload: str, stage: Stage, at: float, end: float) -> WindowRow:
    begin = stage.start if abs(at - stage.start) <= LATE else at
    finish = begin + stage.duration
    return WindowRow(f"{workload}.{stage.name}", STAGE, 0, begin, None if finish > end else finish, None)
