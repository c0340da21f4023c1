"""Drives one operation along the stages of a task: arrivals of the open model, users of the closed one, on asyncio.

In the open model nothing waits for an earlier answer: an arrival begins at its instant whatever the system does. One
that finds MOST iterations in flight waits, which counts into its latency. Iterations in flight at the end have DRAIN s.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from erisc.executor.loads.pacing import Arrival, arrivals, starts
from erisc.executor.loads.recording import EVERY, Action, Recorder
from erisc.executor.loads.task import OPEN, Shard, Task
from erisc.executor.loads.users import Users, sleep_until, tick

MOST = 10_000
"""Iterations in flight."""
DRAIN = 90.0


class OperationError(Exception):
    """An iteration failed. kind: one word, by which a reader tells failures apart."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Operation(Protocol):
    """What is done over and over."""

    async def prepare(self) -> None:
        """Before the barrier: log in, look things up. Raises Failure."""

    async def run(self, i: int, actions: list[Action]) -> None:
        """Iteration `i`; appends its timed parts. Raises OperationError when it failed."""

    async def close(self) -> None:
        """Let go of connections."""


class Engine:
    """One load of one process. most: iterations in flight."""

    def __init__(self, task: Task, shard: Shard, operation: Operation, recorder: Recorder, *, most: int = MOST) -> None:
        self._task = task
        self._shard = shard
        self._operation = operation
        self._recorder = recorder
        self._most = most
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: deque[tuple[int, str, float]] = deque()
        self._told = False

    async def play(self, t0: float, drain: float = DRAIN) -> None:
        """Return when all is recorded. t0: CLOCK_MONOTONIC s of t = 0. Raises OSError when the disk is full."""
        flushing = asyncio.create_task(self._flush())
        playing = asyncio.create_task(self._play(t0, drain))
        try:
            await asyncio.wait((flushing, playing), return_when=asyncio.FIRST_COMPLETED)
            for one in (flushing, playing):
                if one.done():
                    one.result()
        finally:
            left = [flushing, playing, *self._running]
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        self._recorder.flush()

    async def _flush(self) -> None:
        while True:
            self._recorder.flush()
            await asyncio.sleep(EVERY)

    async def _play(self, t0: float, drain: float) -> None:
        if self._task.model == OPEN:
            end = await self._open(t0)
        else:
            end = await Users(self._task, self._shard, self.iterate, self._tell, self._running).play(t0)
        for i, stage, intended in self._waiting:  # never got a place: on record, and unfinished
            self._recorder.begin(i, stage, intended, time.monotonic())
        self._waiting.clear()
        while self._running and time.monotonic() < end + drain:
            await asyncio.wait(self._running, timeout=0.05)

    async def _open(self, t0: float) -> float:
        """Start every arrival at its instant. Returns the end of the schedule, CLOCK_MONOTONIC s."""
        telling = asyncio.create_task(self._tell_stages(t0))
        pump = _Pump(arrivals(self._task, self._shard), t0, [stage.name for stage in self._task.stages], self._arrive)
        try:
            await pump.done
            return await telling
        finally:
            pump.done.cancel()
            telling.cancel()

    async def _tell_stages(self, t0: float) -> float:
        end = t0
        for number, (stage, at) in enumerate(zip(self._task.stages, starts(self._task), strict=True)):
            await sleep_until(t0 + at)
            self._tell(number, "started", t0 + at)
            end = t0 + at + (stage.duration or 0.0)
            await sleep_until(end)
            self._tell(number, "finished", end)
        return end

    def _tell(self, number: int, state: str, mono: float) -> None:
        """One shard tells of the stages, for all."""
        if self._shard.index == 0:
            self._recorder.stage(number, self._task.stages[number].name, state, mono)

    def _arrive(self, i: int, stage: str, intended: float) -> None:
        if len(self._running) >= self._most:
            self._waiting.append((i, stage, intended))
            return
        made = asyncio.create_task(self.iterate(i, stage, intended))
        self._running.add(made)
        made.add_done_callback(self._finished)

    def _finished(self, made: asyncio.Task[None]) -> None:
        self._running.discard(made)
        if self._waiting and not made.cancelled():
            self._arrive(*self._waiting.popleft())

    async def iterate(self, i: int, stage: str, intended: float | None) -> None:
        """One iteration with its record. intended: None in the closed model, where it is the start."""
        actions: list[Action] = []
        error = None
        started = time.monotonic()
        self._recorder.begin(i, stage, started if intended is None else intended, started)
        try:
            await self._operation.run(i, actions)
        except OperationError as failed:
            error = (failed.kind, str(failed))
        except Exception as failed:
            error = (type(failed).__name__, str(failed))
            self._report(failed)
        self._recorder.end(i, time.monotonic(), error, actions)

    def _report(self, error: Exception) -> None:
        """The first failure that no operation foresees goes to the log whole."""
        if not self._told:
            self._told = True
            traceback.print_exception(error, file=sys.stderr)


class _Pump:
    """Hands on arrivals when they are due, from one timer after the other. done: all are handed on."""

    def __init__(
        self, source: Iterator[Arrival], t0: float, names: list[str], arrive: Callable[[int, str, float], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._source = source
        self._t0 = t0
        self._names = names
        self._arrive = arrive
        self._next = next(source, None)
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._turn()

    def _turn(self) -> None:
        if self.done.done():
            return
        now = time.monotonic()
        while self._next is not None:
            i, at, stage = self._next
            if self._t0 + at > now:
                self._loop.call_at(tick(self._t0 + at), self._turn)
                return
            self._arrive(i, self._names[stage], self._t0 + at)
            self._next = next(self._source, None)
        self.done.set_result(None)
