"""One instance of a fault: its steps one after the other, the effects of a step together."""

from __future__ import annotations

import threading
import time
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.schedule import Effect, Fault
from erisc.executor.timeline.picking import Picked, WithheldError
from erisc.executor.timeline.scene import Scene
from erisc.executor.timeline.turn import Turn, Words

AHEAD = 4.0
"""s before its instant at which a step arms that is known to begin then."""


def play_fault(scene: Scene, fault: Fault, *, planned: bool) -> None:
    """Return when all of it is healed. planned: `fault.at` is the instant of the first step; else that is now.

    A step is planned for the end of the one before. Where that end is known beforehand it arms ahead of it, unless it
    has the same target; it is late where what came before took longer.
    """
    at = fault.at if planned else None
    begun: list[tuple[threading.Thread, _Play]] = []
    for number, step in enumerate(fault.steps):
        known = number > 0 and at is not None and _foreseen(fault.steps[number - 1], step)
        _wait(scene, [thread for thread, _ in begun], scene.t0 + at - AHEAD if known and at is not None else None)
        if scene.stopping.is_set():
            break
        plays = [_Play(scene, fault, number, index, effect, at) for index, effect in enumerate(step)]
        now = [(threading.Thread(target=play.run, name=fault.name, daemon=True), play) for play in plays]
        for thread, _ in now:
            thread.start()
        if at is not None and number + 1 < len(fault.steps):
            if not _lasts(step):
                _wait(scene, [thread for thread, _ in now], None)
            at += max((play.length for play in plays), default=0.0)
        begun += now
    for thread, _ in begun:
        thread.join()


def _wait(scene: Scene, threads: list[threading.Thread], until: float | None) -> None:
    """Until they have ended, or CLOCK_MONOTONIC is `until` s, or everything stops."""
    for thread in threads:
        while thread.is_alive() and not scene.stopping.is_set():
            left = 0.25 if until is None else min(until - time.monotonic(), 0.25)
            if left <= 0:
                return
            thread.join(left)


def _foreseen(before: tuple[Effect, ...], step: tuple[Effect, ...]) -> bool:
    """Whether a step is known to begin at its instant, on hosts that can be picked while the one before lasts."""
    return _lasts(before) and all(effect.target.selector != "primary" for effect in step)


def _lasts(step: tuple[Effect, ...]) -> bool:
    """Whether its length is known beforehand: `each` takes as many turns as there are hosts."""
    return all(effect.duration is not None and effect.target.selector != "each" for effect in step)


def until(fault: Fault) -> float:
    """s from t = 0 at which the fault would be over when nothing took time but the effects."""
    return fault.at + sum(max((effect.duration or 0.0 for effect in step), default=0.0) for step in fault.steps)


class _Play:
    def __init__(self, scene: Scene, fault: Fault, step: int, index: int, effect: Effect, at: float | None) -> None:
        self._scene = scene
        self._fault = fault
        self._place = (fault.name, fault.instance, step, index)
        self._effect = effect
        self._at = at
        self._turned = 1
        self._words: Words = {
            "fault": fault.name, "instance": fault.instance, "step": step, "effect": index,
            "action": effect.action, "service": effect.target.service,
        }  # fmt: skip

    @property
    def length(self) -> float:
        """s that it takes, when nothing takes time but the effect; as far as is known now."""
        return (self._effect.duration or 0.0) * self._turned

    def run(self) -> None:
        """What goes wrong breaks the run, not the other faults."""
        try:
            picked = self._scene.picker(self._effect, self._fault.name, self._fault.instance)
            self._turns(picked)
        except WithheldError as withheld:
            self._withheld(str(withheld))
        except Failure as failure:
            self._failed(failure.what)
        except Exception as error:  # a bug of ours or of a plug-in
            self._failed(f"{type(error).__name__}: {error}")

    def _turns(self, picked: Picked) -> None:
        """`each` strikes one host after the other, all other selectors strike all at once."""
        each = self._effect.target.selector == "each"
        at, duration = self._at, self._effect.duration or 0.0
        turns = [(host,) for host in picked.hosts] if each else [picked.hosts]
        self._turned = len(turns)
        for number, hosts in enumerate(turns):
            if self._scene.stopping.is_set():
                return
            words = self._words | {"hosts": [host.name for host in hosts]}
            follows = number > 0 or self._place[2] > 0
            Turn(self._scene, self._place, self._effect, words, at, follows).play(Picked(hosts, picked.others))
            at = None if at is None else at + duration

    def _withheld(self, reason: str) -> None:
        at = self._scene.now() if self._at is None else self._at
        more: dict[str, Any] = {"at": at, "until": at + (self._effect.duration or 0.0), "reason": reason}
        self._scene.note("fault_withheld", **self._words, **more)

    def _failed(self, error: str) -> None:
        self._scene.note("fault_failed", **self._words, error=error, at=self._scene.now())
        self._scene.broke(f"fault {self._fault.name}: {error}")
