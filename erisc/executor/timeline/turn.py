"""One effect on the hosts it strikes together: armed, fired at its instant, held, healed; all of it is logged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.faults.channel import on_each
from erisc.executor.faults.overlaps import Shared, key_of, moment
from erisc.executor.faults.strikes import Struck
from erisc.executor.schedule import Effect
from erisc.executor.timeline.picking import Picked, WithheldError
from erisc.executor.timeline.scene import Place, Scene

HOLD = 0.5
"""s between looks at whether an effect still holds."""
MARGIN = 10.0
"""s after the planned end until a host heals by itself."""
UNPLANNED = 180.0
"""The same for an effect that is over by itself, which may take its time."""

Words = dict[str, Any]


class Trigger:
    """Fires once, on the clock's thread, unless it was cancelled before."""

    def __init__(self, fire: list[Callable[[], None]]) -> None:
        self.fired = threading.Event()
        self.at = 0.0
        self._fire = fire
        self._lock = threading.Lock()
        self._cancelled = False

    def __call__(self) -> None:
        with self._lock:
            if self._cancelled:
                return
            self.at = time.monotonic()
            for fire in self._fire:
                fire()
        self.fired.set()

    def cancel(self) -> bool:
        """Whether it was in time."""
        with self._lock:
            self._cancelled = not self.fired.is_set() and not self.at
            return self._cancelled


class Turn:
    """at: s from t = 0, None for now. words: what every event of it says. follows: another turn of the same fault comes
    before it, and it lasts as long as it should even when that makes it late.
    """

    def __init__(
        self, scene: Scene, place: Place, effect: Effect, words: Words, at: float | None, follows: bool
    ) -> None:
        self._scene = scene
        self._place = place
        self._effect = effect
        self._words = words
        self._at = at
        self._follows = follows
        self._entered: list[Shared] = []
        self._called = False

    def play(self, picked: Picked) -> None:
        """Return when it is healed. Raises Failure when it could not be armed, and WithheldError when that is because
        another fault has the target.
        """
        try:
            self._arm(picked)
            called = self._fire()
            if called:
                self._struck(called)
                self._hold(called)
        except (Failure, OSError) as error:
            self._wrong(error)
        finally:
            self._heal()
            self._scene.end(self._place)

    def _arm(self, picked: Picked) -> None:
        maker, overlaps = self._scene.maker, self._scene.overlaps
        begin = self._instant()
        end = begin + (self._effect.duration or 0.0)
        for host in picked.hosts:
            strike = maker.strike(self._effect, host, picked.others)
            key = key_of(self._effect.action, strike)
            made: Callable[[], Struck] = partial(maker.struck, self._effect, strike)
            self._entered.append(overlaps.enter(key, begin, end, made))
        for shared in self._entered:
            overlaps.wait_turn(shared, self._scene.stopping)
        after = max(self._instant() - time.monotonic(), 0.0)
        after += UNPLANNED if self._effect.duration is None else self._effect.duration + MARGIN
        for _, error in on_each(self._entered, lambda shared: shared.arm(after)):
            raise error
        self._note("fault_armed", planned=self._at, at=self._scene.now())

    def _instant(self) -> float:
        return time.monotonic() if self._at is None else self._scene.t0 + self._at

    def _fire(self) -> float:
        """The moment at which it was called, 0 when everything stopped before."""
        trigger = Trigger([shared.fire for shared in self._entered])
        self._scene.clock.at(self._instant(), trigger)
        while not trigger.fired.wait(0.25):
            if self._scene.stopping.is_set() and trigger.cancel():
                return 0.0
        self._called = True
        self._scene.begin(self._place)
        self._note("fault_called", planned=self._at, at=self._scene.since(trigger.at))
        return trigger.at

    def _struck(self, called: float) -> None:
        by_host = {}
        unconfirmed = []
        for shared in self._entered:
            at = shared.struck()
            name = shared.made.strike.host.name
            by_host[name] = self._scene.since(moment(at, called))
            unconfirmed += [] if at else [name]
        more = {"unconfirmed": unconfirmed} if unconfirmed else {}
        self._note("fault_effective", at=max(by_host.values()), by_host=by_host, **more)

    def _hold(self, called: float) -> None:
        if self._effect.duration is None:
            return
        begun = called if self._at is None or self._follows else self._instant()
        for shared in self._entered:  # what starts it again may do so at once
            shared.hold()
        while not self._scene.stopping.is_set():
            end = min(begun + self._effect.duration, max(self._scene.t0 + self._scene.load_end, begun))
            left = end - time.monotonic()
            if left <= 0:
                return
            self._scene.over.wait(min(left, HOLD)) if not self._scene.over.is_set() else time.sleep(min(left, HOLD))
            if left > 2 * HOLD:
                for shared in self._entered:
                    shared.hold()

    def _wrong(self, error: Exception) -> None:
        """Where another fault has the same target, the two cannot be at one time: that breaks nothing."""
        what = error.what if isinstance(error, Failure) else str(error)
        others = [name for shared in self._entered for name in self._scene.overlaps.others(shared)]
        if others:
            raise WithheldError(f"{what}; at the same time there is: {', '.join(dict.fromkeys(others))}") from None
        raise Failure(what) from None

    def _heal(self) -> None:
        if not self._entered:
            return
        at = self._scene.now()
        overlaps = self._scene.overlaps
        last = {id(shared): overlaps.leave(shared) for shared in self._entered}
        by_host: dict[str, float] = {}

        def heal(shared: Shared) -> None:
            try:
                overlaps.wait_last(shared) if last[id(shared)] else None
                by_host[shared.made.strike.host.name] = self._scene.since(shared.heal(last[id(shared)]))
            finally:
                overlaps.gone(shared) if last[id(shared)] else None

        acts: list[Callable[[], object]] = [lambda: self._note("fault_heal_called", at=at)] if self._called else []
        acts += [partial(heal, shared) for shared in self._entered]
        errors = [error for _, error in on_each(acts, lambda act: act())]
        self._healed(errors, by_host)

    def _healed(self, errors: list[Exception], by_host: dict[str, float]) -> None:
        if not errors:
            if not self._called:
                return
            self._note("fault_healed", at=max(by_host.values()), by_host=by_host)
            return
        texts = [error.what if isinstance(error, Failure) else str(error) for error in errors]
        self._note("fault_heal_failed", error="; ".join(texts), at=self._scene.now())
        self._scene.broke(f"fault {self._place[0]} did not heal: {'; '.join(texts)}")

    def _note(self, kind: str, **fields: Any) -> None:
        self._scene.note(kind, **self._words, **fields)
