"""Faults that meet on one target.

The same effect twice at one time is done once, and healed when the last of them ends. One that comes after another has
ended is armed only when that one has healed: what it finds before may not be what is there at its instant.

Of different effects on one service at one time, all heal when the last of them ends, that one first.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future

from erisc.executor.faults.protocol import Strike
from erisc.executor.faults.strikes import Struck

_NUMBERS = itertools.count()
ROUNDING = 1e-6
"""s between two instants that are one."""

Key = tuple[str, str, str, str, tuple[str, ...]]


def key_of(action: str, strike: Strike) -> Key:
    """What makes two effects the same."""
    arguments = json.dumps(strike.arguments, sort_keys=True)
    return strike.host.name, strike.service, action, arguments, tuple(host.name for host in strike.others)


class Shared:
    """An effect on one target with everybody who wants it. The first arms it and the first whose instant comes fires
    it; for the others it is there already. The last to end heals it, and all of them are healed at that moment.

    begin, end: as planned, CLOCK_MONOTONIC s.
    """

    def __init__(self, key: Key, made: Struck, begin: float, end: float) -> None:
        self.key = key
        self.made = made
        self.begin = begin
        self.end = end
        self.users = 0
        self.healing = False
        self.fired = False
        self.number = next(_NUMBERS)
        self._lock = threading.Lock()
        self._armed: Future[None] | None = None
        self._struck: Future[float | None] = Future()
        self._healed: Future[float] = Future()

    def arm(self, after: float) -> None:
        """Get ready, or wait until another is and let the host's own heal come no earlier than this one needs."""
        with self._lock:
            first = self._armed is None
            self._armed = self._armed or Future()
        if not first:
            self._armed.result()
            self.made.extend(after)
            return
        try:
            self.made.arm(after)
        except BaseException as error:
            self._armed.set_exception(error)
            raise
        self._armed.set_result(None)

    def fire(self) -> None:
        """On the clock's thread."""
        if not self.fired:
            self.fired = True
            self.made.fire()

    def struck(self) -> float | None:
        """When it was effective, whoever waits first asks; None: not known."""
        with self._lock:
            if not self._struck.done():
                try:
                    self._struck.set_result(self.made.struck())
                except Exception as error:
                    self._struck.set_exception(error)
        return self._struck.result()

    def hold(self) -> None:
        """Keep it."""
        with self._lock:
            self.made.hold()

    def heal(self, last: bool) -> float:
        """Heal it as the last one, or wait for the last one; the moment."""
        if not last:
            return self._healed.result()
        try:
            at = self.made.heal()
        except BaseException as error:
            self._healed.set_exception(error)
            raise
        self._healed.set_result(at)
        return at


class Overlaps:
    """All effects that are armed or open now."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._all: list[Shared] = []

    def enter(self, key: Key, begin: float, end: float, make: Callable[[], Struck]) -> Shared:
        """The effect from `begin` to `end`, made when nobody has it at that time."""
        with self._changed:
            for shared in self._all:
                meets = shared.begin <= end and (begin < shared.end - ROUNDING or begin <= shared.begin)
                if shared.key == key and not shared.healing and meets:
                    shared.begin, shared.end = min(begin, shared.begin), max(end, shared.end)
                    break
            else:
                shared = Shared(key, make(), begin, end)
                self._all.append(shared)
            shared.users += 1
            return shared

    def wait_turn(self, shared: Shared, stopping: threading.Event) -> None:
        """Until whatever was to end on its target before it begins has healed."""
        with self._changed:
            while not stopping.is_set() and any(_before(other, shared) for other in self._all):
                self._changed.wait(0.25)

    def wait_last(self, shared: Shared) -> None:
        """Until whatever struck the same service meanwhile and ends later has healed: one fault must not start what
        another keeps down, nor wait for what cannot come back yet.
        """
        with self._changed:
            while shared.key[1] and any(_outlasts(other, shared) for other in self._all):
                self._changed.wait(0.25)

    def leave(self, shared: Shared) -> bool:
        """Whether it was the last: it heals then, says so with `gone`, and whoever comes next makes another."""
        with self._changed:
            shared.users -= 1
            shared.healing = shared.users == 0
            return shared.healing

    def gone(self, shared: Shared) -> None:
        """It is healed, or was given up."""
        with self._changed:
            self._all.remove(shared)
            self._changed.notify_all()

    def others(self, shared: Shared) -> list[str]:
        """Names of other actions that have the same service, or the same host, now."""
        with self._changed:
            return sorted({one.key[2] for one in self._all if one.key[:2] == shared.key[:2] and one.key != shared.key})


def _outlasts(other: Shared, one: Shared) -> bool:
    later = (other.end, other.number) > (one.end, one.number)
    return other is not one and other.key[:2] == one.key[:2] and other.fired and later


def _before(other: Shared, one: Shared) -> bool:
    """A host that is sent away takes its services with it."""
    same_target = other.key[:2] == one.key[:2] or (other.made.away and other.key[0] == one.key[0])
    return other is not one and same_target and other.begin < one.begin and other.end <= one.begin + ROUNDING


def moment(at: float | None, called: float) -> float:
    """When an effect was there for one that came at `called`: not before it came."""
    return called if at is None else max(at, called)
