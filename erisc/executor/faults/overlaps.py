"""Faults that meet: the same effect twice on one target is done once, and healed when the last of them ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future

from erisc.executor.faults.protocol import Strike
from erisc.executor.faults.strikes import Struck

Key = tuple[str, str, str, str, tuple[str, ...]]


def key_of(action: str, strike: Strike) -> Key:
    """What makes two effects the same."""
    arguments = json.dumps(strike.arguments, sort_keys=True)
    return strike.host.name, strike.service, action, arguments, tuple(host.name for host in strike.others)


class Shared:
    """An effect on one target with everybody who wants it. The first arms it and the first whose instant comes fires
    it; for the others it is there already. The last to end heals it, and all of them are healed at that moment.
    """

    def __init__(self, made: Struck) -> None:
        self.made = made
        self.users = 0
        self._lock = threading.Lock()
        self._armed: Future[None] | None = None
        self._fired = False
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
        if not self._fired:
            self._fired = True
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
        self._lock = threading.Lock()
        self._shared: dict[Key, Shared] = {}

    def enter(self, key: Key, make: Callable[[], Struck]) -> Shared:
        """The effect, made when nobody has it yet."""
        with self._lock:
            if key not in self._shared:
                self._shared[key] = Shared(make())
            self._shared[key].users += 1
            return self._shared[key]

    def leave(self, key: Key) -> bool:
        """Whether it was the last: it heals then, and whoever comes next makes another."""
        with self._lock:
            shared = self._shared[key]
            shared.users -= 1
            if shared.users:
                return False
            del self._shared[key]
            return True

    def others(self, key: Key) -> list[str]:
        """Names of other actions that have the same service, or the same host, now."""
        with self._lock:
            return sorted({each[2] for each in self._shared if each[:2] == key[:2] and each != key})


def moment(at: float | None, called: float) -> float:
    """When an effect was there for one that came at `called`: not before it came."""
    return called if at is None else max(at, called)
