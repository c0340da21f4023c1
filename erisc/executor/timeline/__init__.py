"""The timeline of a cell: stages and faults at their instants on the monotonic clock, without drift."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from erisc.executor.bundle import Cell, Workload
from erisc.executor.events import Event
from erisc.executor.faults.selectors import drawn
from erisc.executor.schedule import Fault, Reaction, Schedule
from erisc.executor.state import Run
from erisc.executor.timeline.clock import quiet
from erisc.executor.timeline.picking import Picker, picker_of
from erisc.executor.timeline.play import play_fault, until
from erisc.executor.timeline.scene import Scene

LEAD = 4.0
"""s before its instant at which a fault picks its hosts and arms."""
LEAD_PRIMARY = 5.0
"""The same where the primary is asked for: a broker's own tool needs two to start."""
LAG = 1.0
"""s that a load may seem to end before the stage that it ends with."""
_CONTROL = "this is a control run"
_OVER = "the load is over"


async def sleep_until(deadline: float) -> None:
    """Until CLOCK_MONOTONIC reads `deadline` s."""
    await asyncio.sleep(max(deadline - time.monotonic(), 0.0))


def lead_of(fault: Fault) -> float:
    """s before its instant at which a fault arms."""
    asks = any(effect.target.selector == "primary" for effect in fault.steps[0])
    return LEAD_PRIMARY if asks else LEAD


def ahead(schedule: Schedule) -> float:
    """s before t = 0 at which the first of the planned faults arms; 0 when that is later."""
    return max((lead_of(fault) - fault.at for fault in schedule.faults), default=0.0)


class Timeline:
    """Plays one cell. t0: CLOCK_MONOTONIC s. picker: whom effects strike, by default hosts of the zone."""

    def __init__(self, run: Run, cell: Cell, t0: float, picker: Picker | None = None) -> None:
        self.t0 = t0
        self._control = run.control
        self._cell = cell
        self._scene = Scene(run, cell, t0, picker or picker_of(run.zone))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._staging: asyncio.Future[list[None]] | None = None
        self._cut = False

    async def play(self) -> None:
        """Return when the last stage and the last fault are over. Cancelled, it heals what is open first."""
        loop = asyncio.get_running_loop()
        with quiet():
            faults = loop.run_in_executor(None, self._usher)
            self._staging = stages = asyncio.gather(*map(self._stages, self._cell.workloads))
            try:
                await self._staged(stages)
                await faults
            finally:
                stages.cancel()
                self._scene.stop()
                await faults
                self._scene.clock.close()

    async def _staged(self, stages: asyncio.Future[list[None]]) -> None:
        try:
            await stages
        except asyncio.CancelledError:
            if not self._cut:
                raise

    def load_ended(self) -> None:
        """What is open heals now, and what has not begun does not: no stage of a workload that died is waited for."""
        self._scene.end_load()
        last = max(
            (stage.end for work in self._cell.workloads for stage in work.stages if stage.end < math.inf), default=0.0
        )
        if self._staging is not None and self.now() < last - LAG:
            self._cut = True
            self._staging.cancel()

    @property
    def open(self) -> set[str]:
        """Names of the faults that are in effect now."""
        return self._scene.open()

    def now(self) -> float:
        """s from t = 0."""
        return self._scene.now()

    def observe(self, observer: Callable[[Event], None]) -> None:
        """`observer` is called with every event of a fault, in the thread that wrote it; it must return at once."""
        self._scene.observers.append(observer)

    def strike(self, reaction: Reaction, instance: int, by: str) -> Future[None]:
        """The trigger of a reaction holds: strike now. by: a phrase for people, `down(mariadb) for 20 s`.

        From any thread; returns at once. The future ends when all steps are over; what goes wrong breaks the run.
        """
        self._scene.note("fault_triggered", fault=reaction.name, instance=instance, by=by, at=self.now())
        over: Future[None] = Future()
        fault = Fault(reaction.name, instance, self.now(), drawn(reaction.steps, instance))
        if self._control or self._scene.stopping.is_set() or self.now() > self._scene.load_end:
            self._withheld(fault, _CONTROL if self._control else _OVER)
            over.set_result(None)
        else:
            self._start(fault, over)
        return over

    def _start(self, fault: Fault, over: Future[None] | None = None) -> None:
        def act() -> None:
            try:
                play_fault(self._scene, fault, planned=over is None)
            finally:
                over.set_result(None) if over else None

        thread = threading.Thread(target=act, name=fault.name, daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _usher(self) -> None:
        """Send every fault on its way some seconds before its instant; return when all have come home."""
        begins = [(one.at - (0.0 if self._control else lead_of(one)), one) for one in self._cell.schedule.faults]
        for begin, fault in sorted(begins, key=lambda pair: pair[0]):
            over = self._scene.over.wait(max(self.t0 + begin - time.monotonic(), 0.0))
            if self._scene.stopping.is_set():
                break
            if self._control or (over and fault.at > self._scene.load_end):
                self._withheld(fault, _CONTROL if self._control else _OVER)
            else:
                self._start(fault)
        while thread := self._next_alive():
            thread.join()

    def _next_alive(self) -> threading.Thread | None:
        with self._lock:
            return next((thread for thread in self._threads if thread.is_alive()), None)

    def _withheld(self, fault: Fault, reason: str) -> None:
        fields = {"fault": fault.name, "instance": fault.instance, "at": fault.at, "until": until(fault)}
        self._scene.note("fault_withheld", **fields, reason=reason)

    async def _stages(self, workload: Workload) -> None:
        for stage in workload.stages:
            if stage.start is None or stage.duration is None:
                return  # only the load itself can tell
            if stage.start is None or stage.duration is None:
                return  # this one and those after it are told by the load
            fields = {"workload": workload.name, "stage": stage.name}
            await sleep_until(self.t0 + stage.start)
            self._scene.note("stage_started", **fields, at=stage.start)
            await sleep_until(self.t0 + stage.start + stage.duration)
            self._scene.note("stage_finished", **fields, at=stage.start + stage.duration)
