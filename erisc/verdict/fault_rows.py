"""What was planned of faults and what came of it, from the events of a run: a row an instance, and their windows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from erisc.base.record import record
from erisc.verdict.readers import Row, number
from erisc.verdict.timeline import FAULT, WindowRow, moment, t0


@record
class FaultRow:
    """A row of the table `faults`. Times in s from t = 0; None for what did not happen.

    A fault of several effects on several hosts is in effect from the first of them on, and healed with the last.
    last_effective_s: when the last host of the first step was struck. by: what a reaction was triggered by, "" for a
    planned fault; triggered_s: when. reason: why it was withheld. unconfirmed: hosts that the fault itself kept from
    saying when it took effect; they count as struck when they were called.
    """

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
    last_effective_s: float | None = None
    triggered_s: float | None = None
    by: str = ""
    reason: str = ""
    unconfirmed: tuple[str, ...] = ()

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
    """What was planned and what came of it, a row an instance; strikes of reactions are instances too."""
    plans = {(plan.name, plan.instance): plan for plan in schedule}
    seen: dict[tuple[str, int], list[Row]] = {key: [] for key in plans}
    for event in events:
        if event["type"].startswith("fault_") and isinstance(event.get("fault"), str):
            key = (event["fault"], event["instance"] if isinstance(event.get("instance"), int) else 0)
            seen.setdefault(key, []).append(event)
    start = t0(events)
    rows = [_fault(key, plans.get(key), _Told(of, start)) for key, of in seen.items()]
    return tuple(sorted(rows, key=lambda row: (_first(row), row.fault, row.instance)))


def _first(row: FaultRow) -> float:
    known = (row.planned_s, row.triggered_s, row.called_s, row.withheld_s)
    return min((at for at in known if at is not None), default=0.0)


class _Told:
    """The events of one instance. start: CLOCK_MONOTONIC s of t = 0, None when nothing can be placed in time."""

    def __init__(self, events: list[Row], start: float | None) -> None:
        self._events = events
        self._start = start

    def of(self, kind: str) -> list[Row]:
        """Events of a kind, in order."""
        return [event for event in self._events if event["type"] == kind]

    def at(self, event: Row) -> float | None:
        """s from t = 0: for several hosts the last one's."""
        return None if self._start is None else moment(event, self._start)

    def times(self, kind: str) -> list[float]:
        """When all events of a kind were."""
        return [at for at in map(self.at, self.of(kind)) if at is not None]

    def first(self, kind: str) -> float | None:
        """The earliest, by the first of its hosts."""
        return min(
            (min(_by_host(event), default=at) for event in self.of(kind) if (at := self.at(event)) is not None),
            default=None,
        )

    def last(self, kind: str) -> float | None:
        """The latest, by the last of its hosts."""
        return max(self.times(kind), default=None)


def _by_host(event: Row) -> list[float]:
    found = event.get("by_host")
    if not isinstance(found, dict):
        return []
    return [float(at) for at in found.values() if isinstance(at, int | float) and not isinstance(at, bool)]


def _fault(key: tuple[str, int], plan: Planned | None, told: _Told) -> FaultRow:
    struck = told.of("fault_effective") or told.of("fault_called") or told.of("fault_withheld")
    withheld = told.of("fault_withheld")
    triggered = told.of("fault_triggered")
    first_step = [event for event in told.of("fault_effective") if not event.get("step")]
    return FaultRow(
        fault=key[0],
        instance=key[1],
        action=_joined(_words(struck, "action")) or (plan.action if plan else ""),
        service=_joined(_words(struck, "service")) or (plan.service if plan else ""),
        hosts=", ".join(dict.fromkeys(host for event in struck for host in _hosts(event.get("hosts")))),
        planned_s=plan.at if plan else None,
        called_s=told.first("fault_called"),
        effective_s=told.first("fault_effective"),
        heal_called_s=told.last("fault_heal_called"),
        healed_s=_healed(told, plan),
        error=_errors(told),
        failed=bool(told.of("fault_failed")) and not told.of("fault_effective"),
        withheld_s=told.first("fault_withheld"),
        until_s=_until(withheld[0], plan, told.first("fault_withheld")) if withheld else None,
        last_effective_s=max((at for at in map(told.at, first_step) if at is not None), default=None),
        triggered_s=told.first("fault_triggered"),
        by=_joined(_words(triggered, "by")),
        reason=_joined(_words(withheld, "reason")),
        unconfirmed=tuple(dict.fromkeys(host for event in struck for host in _hosts(event.get("unconfirmed")))),
    )


def _words(events: Iterable[Row], key: str) -> list[str]:
    return [str(event.get(key) or "") for event in events]


def _hosts(hosts: object) -> list[str]:
    return [str(host) for host in hosts] if isinstance(hosts, list) else [str(hosts)] if hosts else []


def _healed(told: _Told, plan: Planned | None) -> float | None:
    """When all of it was healed; None while something is not."""
    healed = {_turn(event) for event in told.of("fault_healed")}
    struck = {_turn(event) for event in told.of("fault_effective")}
    if healed and struck <= healed:
        return told.last("fault_healed")
    if not healed and plan is not None and plan.duration is None:
        return told.last("fault_effective")  # over by itself
    return None


def _turn(event: Row) -> tuple[object, ...]:
    """Effects that are healed together: `each` heals host by host."""
    return (event.get("step", 0), event.get("effect", 0), *_hosts(event.get("hosts")))


def _errors(told: _Told) -> str | None:
    said = [
        str(event["error"]) if event.get("error") else kind
        for kind in ("fault_failed", "fault_heal_failed")
        for event in told.of(kind)
    ]
    return "; ".join(dict.fromkeys(said)) or None


def _until(event: Row, plan: Planned | None, at: float | None) -> float | None:
    try:
        return number(event, "until")
    except ValueError:
        return None if at is None or plan is None else at + (plan.duration or 0.0)


def fault_windows(rows: tuple[FaultRow, ...], end: float | None, *, control: bool = False) -> tuple[WindowRow, ...]:
    """A window for every fault that was done: from its first effect until all of it was healed. In a control run those
    that were kept back have one too, so that the same KPIs can be told; elsewhere what was withheld was nothing.
    """
    windows = []
    for row in rows:
        if row.onset is not None:
            windows.append(WindowRow(row.fault, FAULT, row.instance, row.onset, _closed(row.healed_s, end), True))
        elif row.withheld_s is not None and control:
            windows.append(WindowRow(row.fault, FAULT, row.instance, row.withheld_s, _closed(row.until_s, end), False))
    return tuple(windows)


def _closed(at: float | None, end: float | None) -> float | None:
    return None if at is None or end is None or at > end else at
