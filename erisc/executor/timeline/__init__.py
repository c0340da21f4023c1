"""The timeline of a cell: stages and faults at their instants on the monotonic clock, without drift."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from erisc.base.failure import Failure
from erisc.base.record import replace
from erisc.executor.bundle import Cell, Workload
from erisc.executor.events import Event
from erisc.executor.faults.actions import Action, undo_arguments
from erisc.executor.faults.registry import action_of
from erisc.executor.faults.selectors import choice_of
from erisc.executor.faults.services import Service, chosen_hosts, on_all
from erisc.executor.schedule import Effect, Fault, Reaction, Steps
from erisc.executor.state import Run
from erisc.executor.undo import Undo

HOLD = 0.5
"""s between looks at whether a fault still holds."""


async def sleep_until(deadline: float) -> None:
    """Until CLOCK_MONOTONIC reads `deadline` s."""
    await asyncio.sleep(max(deadline - time.monotonic(), 0.0))


def drawn(steps: Steps, instance: int) -> Steps:
    """The steps as strike `instance` of a reaction draws its hosts; see docs/formats.md, "Fault schedule"."""
    return tuple(tuple(replace(effect, choice=choice_of(effect.choice, instance)) for effect in step) for step in steps)


class Timeline:
    """Plays one cell. t0: CLOCK_MONOTONIC s. open: names of the faults that are in effect now."""

    def __init__(self, run: Run, cell: Cell, t0: float, pool: Executor) -> None:
        self.t0 = t0
        self.open: set[str] = set()
        self._run = run
        self._cell = cell
        self._pool = pool
        self._observers: list[Callable[[Event], None]] = []
        self._loop = asyncio.get_running_loop()

    async def play(self) -> None:
        """Return when the last stage and the last fault are over."""
        stages = [self._stages(workload) for workload in self._cell.workloads]
        faults = [self._withhold(f) if self._run.control else self._fault(f) for f in self._cell.schedule.faults]
        await asyncio.gather(*stages, *faults)

    def strike(self, reaction: Reaction, instance: int, by: str) -> Future[None]:
        """The trigger of a reaction holds: strike now. by: a phrase for people, `down(mariadb) for 20 s`.

        From any thread; returns at once. The future ends when all steps are over; what goes wrong breaks the run.
        """
        self._note("fault_triggered", fault=reaction.name, instance=instance, by=by, at=self.now())
        fault = Fault(reaction.name, instance, self.now(), drawn(reaction.steps, instance))
        return asyncio.run_coroutine_threadsafe(self._fault(fault), self._loop)

    def observe(self, observer: Callable[[Event], None]) -> None:
        """`observer` is called with every event of a fault, in the thread that wrote it; it must return at once."""
        self._observers.append(observer)

    def _note(self, kind: str, **fields: Any) -> None:
        event = self._run.log.append(kind, cell=self._cell.id, **fields)
        for observer in self._observers:
            observer(event)

    def now(self) -> float:
        """s from t = 0."""
        return round(time.monotonic() - self.t0, 6)

    async def _stages(self, workload: Workload) -> None:
        for stage in workload.stages:
            fields = {"workload": workload.name, "stage": stage.name}
            await sleep_until(self.t0 + stage.start)
            self._note("stage_started", **fields, at=stage.start)
            await sleep_until(self.t0 + stage.start + stage.duration)
            self._note("stage_finished", **fields, at=stage.start + stage.duration)

    async def _withhold(self, fault: Fault) -> None:
        await sleep_until(self.t0 + fault.at)
        until = fault.at + (fault.steps[0][0].duration or 0.0)
        self._note("fault_withheld", fault=fault.name, instance=fault.instance, at=fault.at, until=until)

    async def _fault(self, fault: Fault) -> None:
        """One instant: inject, hold, heal. A fault that goes wrong breaks the run, not the other faults."""
        await sleep_until(self.t0 + fault.at)
        effect = fault.steps[0][0]
        action = action_of(effect)
        hosts = chosen_hosts(effect, self._run.zone)
        services = [self._run.hosts.service(host, effect.target.service) for host in hosts]
        names = {"fault": fault.name, "instance": fault.instance}
        more = {"action": effect.action, "service": effect.target.service, "hosts": [host.name for host in hosts]}
        self._note("fault_called", **names, **more, at=self.now())
        self.open.add(fault.name)
        undos: list[Undo] = []
        try:
            await self._call(lambda: self._inject(action, services, undos))
            self._note("fault_effective", **names, **more, at=self.now())
            await self._hold(action, services, fault.at, effect)
        except Failure as error:
            self._note("fault_failed", **names, error=str(error), at=self.now())
            self._run.broke(f"fault {fault.name}: {error.what}")
        await self._heal(action, services, undos, names, more)
        self.open.discard(fault.name)

    def _inject(self, action: Action, services: list[Service], undos: list[Undo]) -> None:
        for service in services:
            about = f"{action.name} of {service.about}"
            undos.append(self._run.undo.register(action.undo, undo_arguments(service), about, cell=self._cell.id))
        on_all(services, action.inject)

    async def _hold(self, action: Action, services: list[Service], at: float, effect: Effect) -> None:
        # What outlasts the load is healed when it ends: nobody watches any more, and what is in flight can come home.
        last = max((workload.end for workload in self._cell.workloads), default=at)
        end = self.t0 + min(at + (effect.duration or 0.0), max(last, at))
        while end > time.monotonic():
            await self._call(lambda: on_all(services, action.hold))
            await asyncio.sleep(max(min(end - time.monotonic(), HOLD), 0.0))

    async def _heal(
        self, action: Action, services: list[Service], undos: list[Undo], names: dict[str, Any], more: dict[str, Any]
    ) -> None:
        if not undos:
            return  # nothing was touched
        self._note("fault_heal_called", **names, **more, at=self.now())
        try:
            await self._call(lambda: on_all(services[: len(undos)], action.heal))
        except Failure as error:
            self._note("fault_heal_failed", **names, error=str(error), at=self.now())
            self._run.broke(f"fault {names['fault']} did not heal: {error.what}")
            return
        self._note("fault_healed", **names, **more, at=self.now())
        for entry in reversed(undos):
            self._run.undo.done(entry)

    async def _call(self, act: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, act)
