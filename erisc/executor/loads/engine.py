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
from itertools import islice
from typing import Protocol

from erisc.executor.loads.pacing import Arrival, arrivals, starts
from erisc.executor.loads.recording import EVERY, Action, Recorder
from erisc.executor.loads.task import OPEN, Shard, Task
from erisc.executor.loads.users import Users, sleep_until, tick

MOST = 10_000
"""Iterations in flight."""
DRAIN = 90.0
AHEAD = 50
"""Arrivals that are worked out in a row."""


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


class AgainError(Exception):
    """What was launched came to nothing, and has to be run."""


Over = Callable[[int, Exception | None, list[Action]], None]
"""Told once that iteration `i` is over, with its error or None, and its timed parts; AgainError: it has to be run."""


class Launching(Operation, Protocol):
    """An operation that may do without a task of its own for an iteration: half of what one costs."""

    def launch(self, i: int, over: Over) -> bool:
        """Begin iteration `i`; False, with nothing done, when it has to be run."""


class Engine:
    """One load of one process. most: iterations in flight."""

    def __init__(self, task: Task, shard: Shard, operation: Operation, recorder: Recorder, *, most: int = MOST) -> None:
        self._task = task
        self._shard = shard
        self._operation = operation
        self._recorder = recorder
        self._most = most
        self._launch: Callable[[int, Over], bool] | None = getattr(operation, "launch", None)
        self._launched = 0
        self._over_all = False
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
            self._over_all = True
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
        while (self._running or self._launched) and time.monotonic() < end + drain:
            await asyncio.sleep(0.05)

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
        """Every shard tells: a stage that iterations end ends on each by itself."""
        self._recorder.stage(number, self._task.stages[number].name, state, mono)

    def _arrive(self, i: int, stage: str, intended: float) -> None:
        if len(self._running) + self._launched >= self._most:
            self._waiting.append((i, stage, intended))
            return
        self._recorder.begin(i, stage, intended, time.monotonic())
        if self._launch is not None and self._launch(i, self._over):
            self._launched += 1
        else:
            self._run(i)

    def _run(self, i: int) -> None:
        made = asyncio.create_task(self._work(i))
        self._running.add(made)
        made.add_done_callback(self._finished)

    def _finished(self, made: asyncio.Task[None]) -> None:
        self._running.discard(made)
        if self._waiting and not made.cancelled():
            self._arrive(*self._waiting.popleft())

    def _over(self, i: int, error: Exception | None, actions: list[Action]) -> None:
        self._launched -= 1
        if self._over_all:  # it was given up: on record, and unfinished
            return
        if isinstance(error, AgainError):
            self._run(i)
            return
        self._recorder.end(i, time.monotonic(), None if error is None else self._named(error), actions)
        if self._waiting:
            self._arrive(*self._waiting.popleft())

    async def iterate(self, i: int, stage: str, intended: None) -> None:
        """One iteration of the closed model with its record: it is intended when it begins."""
        started = time.monotonic()
        self._recorder.begin(i, stage, started, started)
        await self._work(i)

    async def _work(self, i: int) -> None:
        actions: list[Action] = []
        error = None
        try:
            await self._operation.run(i, actions)
        except Exception as failed:
            error = self._named(failed)
        self._recorder.end(i, time.monotonic(), error, actions)

    def _named(self, error: Exception) -> tuple[str, str]:
        if isinstance(error, OperationError):
            return error.kind, str(error)
        self._report(error)
        return type(error).__name__, str(error)

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
        self._source = ((i, names[stage], t0 + at) for i, at, stage in source)
        self._arrive = arrive
        self._ahead: deque[tuple[int, str, float]] = deque()
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._turn()

    def _turn(self) -> None:
        if self.done.done():
            return
        ahead = self._ahead
        now = time.monotonic()
        while ahead or self._look_ahead():
            due = ahead[0][2]
            if due > now:
                self._loop.call_at(tick(due), self._turn)
                return
            self._arrive(*ahead.popleft())
        self.done.set_result(None)

    def _look_ahead(self) -> bool:
        """Some at once: what is worked out in a row costs half of what is worked out one by one."""
        self._ahead.extend(islice(self._source, AHEAD))
        return bool(self._ahead)
