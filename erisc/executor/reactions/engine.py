"""The reactions of a cell, watched while its load runs: each strikes when what it waits for turns true."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.executor.events import Event
from erisc.executor.live.workloads import LiveWorkload
from erisc.executor.reactions.edges import Edge, Pulses, holds
from erisc.executor.reactions.phrases import shown
from erisc.executor.reactions.sensors import FAULTS, Reading, Sensor, Sources, sensor
from erisc.executor.schedule import AtIteration, Reaction, Schedule, When

HAPPENED = {"started": "fault_effective", "ended": "fault_healed"}
"""Events of faults that reactions wait for, and how the event log calls them."""

Strike = Callable[[Reaction, int, str], Any]
"""Reaction, instance from 0, and a phrase that says what held."""


@record
class Waiting:
    """A reaction as it stands. now: the value of what it waits for, for people. held: s for which it has held, None
    when it does not. struck: how often it has struck, of at most `most`.
    """

    name: str
    about: str
    now: str
    held: float | None
    after: float
    struck: int
    most: int


class _Watch(Protocol):
    """One trigger."""

    def take(self, event: Event, at: float) -> None:
        """Something happened to a fault, at `at` s from t = 0."""

    def due(self, now: float) -> str:
        """Why the fault is to strike now (s from t = 0), "" when it is not."""

    def waiting(self, name: str, now: float, struck: int) -> Waiting:
        """How it stands."""


class _Condition:
    """An event that is read."""

    def __init__(self, when: When, sensed: Sensor) -> None:
        self._when = when
        self._sensor = sensed
        self._edge = Edge(when.after)

    def take(self, event: Event, at: float) -> None:
        """As in _Watch: not its matter."""

    def due(self, now: float) -> str:
        """As in _Watch."""
        value = self._sensor.read(now)
        held = holds(value, self._when.operator, self._when.limit)
        if not self._edge.look(held, now):
            return ""
        lasted = f" for {shown(self._when.after, 'duration')}" if self._when.after else ""
        if not self._when.operator:
            return self._sensor.about + lasted
        return f"{self._sensor.about} = {self._sensor.shown(value)} {self._limit()}{lasted}"

    def _limit(self) -> str:
        return f"{self._when.operator} {shown(self._when.limit or 0.0, self._sensor.kind)}"

    def waiting(self, name: str, now: float, struck: int) -> Waiting:
        """As in _Watch."""
        value = self._sensor.read(now)
        told = self._sensor.shown(value) if self._when.operator else _said(value)
        about = f"{self._sensor.about} {self._limit()}" if self._when.operator else self._sensor.about
        since = self._edge.since
        held = None if since is None else now - since
        return Waiting(name, about, told, held, self._when.after, struck, self._when.most)


def _said(value: Reading) -> str:
    return "unknown" if value is None else "yes" if value else "no"


class _OfFault:
    """The start or the end of another fault; each instance counts. turns: how many a strike of that fault has."""

    def __init__(self, when: When, turns: int) -> None:
        self._when = when
        self._turns = turns if when.event == "ended" else 1
        self._pulses = Pulses(when.after)
        self._about = f"{when.event}({when.arguments['fault']})"
        self._seen: dict[int, set[tuple[object, ...]]] = {}

    def take(self, event: Event, at: float) -> None:
        """As in _Watch: a fault has started with the first of its turns, and ended with the last."""
        if event["type"] != HAPPENED[self._when.event] or event.get("fault") != self._when.arguments["fault"]:
            return
        seen = self._seen.setdefault(event.get("instance", 0), set())
        before = len(seen)
        seen.add((event.get("step", 0), event.get("effect", 0), *event.get("hosts", ())))
        if len(seen) == self._turns > before:
            self._pulses.happen(at)

    def due(self, now: float) -> str:
        """As in _Watch."""
        if not self._pulses.look(now):
            return ""
        return self._about + (f", {shown(self._when.after, 'duration')} ago" if self._when.after else "")

    def waiting(self, name: str, now: float, struck: int) -> Waiting:
        """As in _Watch."""
        due = self._pulses.next
        held = None if due is None else now - (due - self._when.after)
        told = "no" if due is None else "yes"
        return Waiting(name, self._about, told, held, self._when.after, struck, self._when.most)


class _Iteration:
    """A workload begins an iteration."""

    def __init__(self, trigger: AtIteration, workload: LiveWorkload) -> None:
        self._trigger = trigger
        self._workload = workload
        self._done = False

    def take(self, event: Event, at: float) -> None:
        """As in _Watch: not its matter."""

    def due(self, now: float) -> str:
        """As in _Watch. Numbers are given from 0 and told from 1."""
        if self._done or self._workload.highest + 1 < self._trigger.iteration:
            return ""
        self._done = True
        return f"{self._trigger.workload} began iteration {self._trigger.iteration}"

    def waiting(self, name: str, now: float, struck: int) -> Waiting:
        """As in _Watch."""
        about = f"iteration {self._trigger.iteration} of {self._trigger.workload}"
        return Waiting(name, about, str(self._workload.highest + 1), None, 0.0, struck, 1)


class Reactions:
    """All reactions of a cell. strike: called with what is to strike; it must return at once. turns: fault to how often
    something is healed until a strike of it is over.

    Raises Failure when one waits for what this executor does not know.
    """

    def __init__(self, schedule: Schedule, sources: Sources, strike: Strike, turns: Mapping[str, int]) -> None:
        self._strike = strike
        self._events: deque[Event] = deque()
        self._watched = [(each, _watch(each, sources, turns)) for each in schedule.reactions]
        self._struck = {each.name: 0 for each in schedule.reactions}

    def take(self, event: Event) -> None:
        """An event of a fault was written; from any thread."""
        self._events.append(event)

    def look(self, now: float) -> None:
        """Strike what is due. now: s from t = 0."""
        while self._events:
            event = self._events.popleft()
            for _, watch in self._watched:
                watch.take(event, float(event.get("at", now)))
        for reaction, watch in self._watched:
            while (by := watch.due(now)) and self._struck[reaction.name] < most(reaction):
                self._struck[reaction.name] += 1
                self._strike(reaction, self._struck[reaction.name] - 1, by)

    def waiting(self, now: float) -> list[Waiting]:
        """How each of them stands, in the order of the schedule."""
        return [watch.waiting(each.name, now, self._struck[each.name]) for each, watch in self._watched]


def most(reaction: Reaction) -> int:
    """How often it may strike."""
    return reaction.trigger.most if isinstance(reaction.trigger, When) else 1


def _watch(reaction: Reaction, sources: Sources, turns: Mapping[str, int]) -> _Watch:
    trigger = reaction.trigger
    if isinstance(trigger, AtIteration):
        workload = sources.live.workloads.get(trigger.workload)
        if workload is None:
            raise Failure(f"fault {reaction.name}: the cell has no workload {trigger.workload!r}", exit_code=WRONG_CALL)
        return _Iteration(trigger, workload)
    if trigger.event in FAULTS:
        return _OfFault(trigger, turns.get(trigger.arguments["fault"], 1))
    return _Condition(trigger, sensor(trigger, sources))
