"""What faults are doing, gathered from the events of a run as they are written. No input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from erisc.base.record import record
from erisc.executor.faults.selectors import describe
from erisc.executor.schedule import Effect, Fault, Schedule, Steps

Event = Mapping[str, Any]
Key = tuple[str, int]


@record
class Effects:
    """An effect that was called: what it does, where, since when (s from t = 0), and until when it is planned."""

    what: str
    hosts: tuple[str, ...]
    since: float
    until: float | None


@record
class Next:
    """A planned instant that has not come. armed: the hosts that are ready for it, () while nobody is."""

    name: str
    instance: int
    at: float
    what: str
    armed: tuple[str, ...]


@record
class Past:
    """A strike that is over. what: one of `healed`, `failed`, `withheld`, `heal failed`; told: why, or how long."""

    name: str
    instance: int
    at: float
    what: str
    told: str


class Board:
    """The faults of one cell: what comes, what is open, what is over. Times are s from t = 0."""

    def __init__(self, schedule: Schedule) -> None:
        self._planned: dict[Key, Steps] = {(fault.name, fault.instance): fault.steps for fault in schedule.faults}
        self._reacting: dict[str, Steps] = {reaction.name: reaction.steps for reaction in schedule.reactions}
        self._coming: dict[Key, Fault] = {(fault.name, fault.instance): fault for fault in schedule.faults}
        self._armed: dict[Key, tuple[str, ...]] = {}
        self._effects: dict[tuple[Key, int, int], Effects] = {}
        self._begun: dict[Key, float] = {}
        self._past: dict[Key, Past] = {}
        self.triggered: dict[Key, str] = {}

    def take(self, event: Event) -> None:
        """One event of the log, of this cell; those that are not of faults change nothing."""
        kind = str(event["type"])
        if not kind.startswith("fault_") or "fault" not in event:
            return
        key = (str(event["fault"]), int(event.get("instance", 0)))
        act = _ACTS.get(kind)
        if act:
            act(self, key, event, float(event.get("at", 0.0)))

    def coming(self) -> list[Next]:
        """Planned instants that have not come, the next first."""
        found = []
        for key, fault in self._coming.items():
            what = " + ".join(_planned(effect) for effect in fault.steps[0])
            more = f", then {len(fault.steps) - 1} more" if len(fault.steps) > 1 else ""
            found.append(Next(*key, fault.at, what + more, self._armed.get(key, ())))
        return sorted(found, key=lambda each: (each.at, each.name, each.instance))

    def open(self) -> list[tuple[Key, Effects]]:
        """Effects that were called and are not healed, the oldest first."""
        found = [(key, effect) for (key, _, _), effect in self._effects.items()]
        return sorted(found, key=lambda each: (each[1].since, each[0]))

    def past(self) -> list[Past]:
        """Strikes that are over, the latest first."""
        return sorted(self._past.values(), key=lambda each: -each.at)

    def _ready(self, key: Key, event: Event, at: float) -> None:
        self._armed[key] = (*self._armed.get(key, ()), *_hosts(event))

    def _triggered(self, key: Key, event: Event, at: float) -> None:
        self.triggered[key] = str(event.get("by", ""))

    def _called(self, key: Key, event: Event, at: float) -> None:
        self._coming.pop(key, None)
        self._begun.setdefault(key, at)
        if self._said(key) == "healed":  # the next step, or the next host of `each`
            del self._past[key]
        effect = self._effect(key, event)
        length = None if effect is None else effect.duration
        what = " ".join(str(word) for word in (event.get("action"), event.get("service")) if word)
        until = None if length is None else at + length
        self._effects[self._place(key, event)] = Effects(what, _hosts(event), at, until)

    def _effective(self, key: Key, event: Event, at: float) -> None:
        self._begun.setdefault(key, at)
        place = self._place(key, event)
        if place in self._effects:
            was = self._effects[place]
            length = None if was.until is None else was.until - was.since
            until = None if length is None else at + length
            self._effects[place] = Effects(was.what, _hosts(event) or was.hosts, at, until)

    def _healed(self, key: Key, event: Event, at: float) -> None:
        self._effects.pop(self._place(key, event), None)
        if not any(each[0] == key for each in self._effects) and self._said(key) != "failed":
            self._past[key] = Past(*key, at, "healed", f"after {at - self._begun.get(key, at):.1f} s")

    def _failed(self, key: Key, event: Event, at: float) -> None:
        self._coming.pop(key, None)
        self._past[key] = Past(*key, at, "failed", str(event.get("error", "")))

    def _heal_failed(self, key: Key, event: Event, at: float) -> None:
        self._past[key] = Past(*key, at, "heal failed", str(event.get("error", "")))

    def _withheld(self, key: Key, event: Event, at: float) -> None:
        self._coming.pop(key, None)
        self._past[key] = Past(*key, at, "withheld", str(event.get("reason", "") or "a control run"))

    def _said(self, key: Key) -> str:
        return self._past[key].what if key in self._past else ""

    def _place(self, key: Key, event: Event) -> tuple[Key, int, int]:
        return key, int(event.get("step", 0)), int(event.get("effect", 0))

    def _effect(self, key: Key, event: Event) -> Effect | None:
        _, step, number = self._place(key, event)
        steps = self._planned.get(key) or self._reacting.get(key[0], ())
        return steps[step][number] if step < len(steps) and number < len(steps[step]) else None


def _hosts(event: Event) -> tuple[str, ...]:
    return tuple(str(host) for host in event.get("hosts", ()))


def _planned(effect: Effect) -> str:
    """`kill rabbitmq on one(controller)`, as a spec says it."""
    service = f" {effect.target.service}" if effect.target.service else ""
    return f"{effect.action}{service} on {describe(effect.target)}"


_ACTS: dict[str, Callable[[Board, Key, Event, float], None]] = {
    "fault_armed": Board._ready,
    "fault_triggered": Board._triggered,
    "fault_called": Board._called,
    "fault_effective": Board._effective,
    "fault_healed": Board._healed,
    "fault_failed": Board._failed,
    "fault_heal_failed": Board._heal_failed,
    "fault_withheld": Board._withheld,
}
