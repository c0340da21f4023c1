"""One instance of a fault: its steps one after the other, the effects of a step together."""

from __future__ import annotations

import threading
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.schedule import Effect, Fault
from erisc.executor.timeline.picking import Picked, WithheldError
from erisc.executor.timeline.scene import Scene
from erisc.executor.timeline.turn import Turn, Words


def play_fault(scene: Scene, fault: Fault, *, planned: bool) -> None:
    """Return when all of it is healed. planned: `fault.at` is the instant of the first step; else that is now."""
    for number, step in enumerate(fault.steps):
        at = fault.at if planned and number == 0 else None
        plays = [_Play(scene, fault, number, index, effect, at) for index, effect in enumerate(step)]
        threads = [threading.Thread(target=play.run, name=fault.name, daemon=True) for play in plays]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if scene.stopping.is_set():
            return


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
        self._words: Words = {
            "fault": fault.name, "instance": fault.instance, "step": step, "effect": index,
            "action": effect.action, "service": effect.target.service,
        }  # fmt: skip

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
        at = self._at
        for hosts in [(host,) for host in picked.hosts] if each else [picked.hosts]:
            if self._scene.stopping.is_set():
                return
            words = self._words | {"hosts": [host.name for host in hosts]}
            Turn(self._scene, self._place, self._effect, words, at).play(Picked(hosts, picked.others))
            at = None

    def _withheld(self, reason: str) -> None:
        at = self._scene.now() if self._at is None else self._at
        more: dict[str, Any] = {"at": at, "until": at + (self._effect.duration or 0.0), "reason": reason}
        self._scene.note("fault_withheld", **self._words, **more)

    def _failed(self, error: str) -> None:
        self._scene.note("fault_failed", **self._words, error=error, at=self._scene.now())
        self._scene.broke(f"fault {self._fault.name}: {error}")
