"""The event log as a timeline: when load ran, stages, faults and heals, in s from t = 0 of the cell."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from typing import Any

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
class FaultRow:
    """A row of the table `faults`. Times in s from t = 0; None for what did not happen."""

    fault: str
    instance: int
    action: str
    service: str
    hosts: str
    planned_s: float | None
    called_s: float | None
    effective_s: float | None
    heal_called_s: float | None
    healed_s: float | None
    error: str | None
    failed: bool
    withheld_s: float | None
    until_s: float | None

    @property
    def onset(self) -> float | None:
        """When it took effect, or was called when nobody saw it take effect; None when it was not injected."""
        if self.failed:
            return None
        return self.called_s if self.effective_s is None else self.effective_s


@record
class Planned:
    """A fault of the schedule. duration: s, None when its action is over by itself."""

    name: str
    instance: int
    at: float
    duration: float | None
    action: str
    service: str


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


def _at(event: Row, start: float) -> float:
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
    last = max((_at(event, t0) for event in events), default=0.0) if t0 is not None else 0.0
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
    return _at(told[0], t0) if told and t0 is not None else None


def stage_windows(events: tuple[Row, ...], workloads: tuple[Workload, ...], end: float | None) -> tuple[WindowRow, ...]:
    """A window for every named stage that began, as planned when it began on time (see LATE)."""
    start = t0(events)
    if start is None or end is None:
        return ()
    began = {(e.get("workload"), e.get("stage")): _at(e, start) for e in reversed(_of(events, "stage_started"))}
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


def planned(bundle: str, cell: str) -> tuple[Planned, ...]:
    """The fault schedule of a cell; nothing when the bundle has none for it."""
    try:
        with open(os.path.join(bundle, "cells", cell, "faults", "schedule.json"), encoding="utf-8") as file:
            return tuple(_planned(fault) for fault in json.load(file)["faults"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def _planned(fault: dict[str, Any]) -> Planned:
    effects = [effect for step in fault["steps"] for effect in step]
    return Planned(
        name=fault["name"],
        instance=fault["instance"],
        at=float(fault["at"]),
        duration=_planned_length(fault["steps"]),
        action=_joined(effect["action"] for effect in effects),
        service=_joined(effect["target"]["service"] for effect in effects),
    )


def _planned_length(steps: list[list[dict[str, Any]]]) -> float | None:
    """Steps follow each other, each as long as its longest effect; None when all are over by themselves."""
    lengths = [[effect["duration"] for effect in step if effect["duration"] is not None] for step in steps]
    return sum(max(step, default=0.0) for step in lengths) if any(lengths) else None


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def faults(events: tuple[Row, ...], schedule: tuple[Planned, ...]) -> tuple[FaultRow, ...]:
    """What was planned and what came of it, a row an instance."""
    plans = {(plan.name, plan.instance): plan for plan in schedule}
    seen: dict[tuple[str, int], dict[str, Row]] = {key: {} for key in plans}
    for event in events:
        if event["type"].startswith("fault_") and isinstance(event.get("fault"), str):
            key = (event["fault"], event["instance"] if isinstance(event.get("instance"), int) else 0)
            seen.setdefault(key, {}).setdefault(event["type"], event)
    start = t0(events)
    rows = [_fault(key, plans.get(key), of, start) for key, of in seen.items()]
    return tuple(sorted(rows, key=lambda row: (_first(row), row.fault, row.instance)))


def _first(row: FaultRow) -> float:
    return min((at for at in (row.planned_s, row.called_s, row.withheld_s) if at is not None), default=0.0)


def _fault(key: tuple[str, int], plan: Planned | None, seen: dict[str, Row], start: float | None) -> FaultRow:
    told = seen.get("fault_effective") or seen.get("fault_called") or {}
    withheld = seen.get("fault_withheld")

    def at(kind: str) -> float | None:
        event = seen.get(kind)
        return None if event is None or start is None else _at(event, start)

    healed = at("fault_healed")
    if healed is None and plan is not None and plan.duration is None and "fault_effective" in seen:
        healed = at("fault_effective")
    return FaultRow(
        fault=key[0],
        instance=key[1],
        action=str(told.get("action") or (plan.action if plan else "")),
        service=str(told.get("service") or (plan.service if plan else "")),
        hosts=_hosts(told.get("hosts")),
        planned_s=plan.at if plan else None,
        called_s=at("fault_called"),
        effective_s=at("fault_effective"),
        heal_called_s=at("fault_heal_called"),
        healed_s=healed,
        error=_errors(seen),
        failed="fault_failed" in seen and "fault_effective" not in seen,
        withheld_s=at("fault_withheld"),
        until_s=None if withheld is None else _until(withheld, plan, at("fault_withheld")),
    )


def _hosts(hosts: object) -> str:
    return ", ".join(str(host) for host in hosts) if isinstance(hosts, list) else str(hosts or "")


def _errors(seen: dict[str, Row]) -> str | None:
    said = [_said(seen[kind].get("error")) or kind for kind in ("fault_failed", "fault_heal_failed") if kind in seen]
    return "; ".join(said) or None


def _until(event: Row, plan: Planned | None, at: float | None) -> float | None:
    try:
        return number(event, "until")
    except ValueError:
        return None if at is None or plan is None else at + (plan.duration or 0.0)


def fault_windows(rows: tuple[FaultRow, ...], end: float | None) -> tuple[WindowRow, ...]:
    """A window for every fault that was done or kept back: from its onset until it was healed."""
    windows = []
    for row in rows:
        if row.onset is not None:
            windows.append(WindowRow(row.fault, FAULT, row.instance, row.onset, _closed(row.healed_s, end), True))
        elif row.withheld_s is not None:
            windows.append(WindowRow(row.fault, FAULT, row.instance, row.withheld_s, _closed(row.until_s, end), False))
    return tuple(windows)


def _closed(at: float | None, end: float | None) -> float | None:
    return None if at is None or end is None or at > end else at
