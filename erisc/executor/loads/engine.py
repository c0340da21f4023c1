"""Drives one operation along the stages of a task: arrivals of the open model, users of the closed one, on asyncio.

In the open model nothing waits for an earlier answer: an arrival begins at its instant whatever the system does. One
that finds MOST iterations in flight waits, which counts into its latency. Iterations in flight at the end have DRAIN s.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from erisc.executor.loads.pacing import arrivals, quota, rounded, starts, user_changes
from erisc.executor.loads.recording import EVERY, Action, Recorder
from erisc.executor.loads.task import OPEN, Shard, Stage, Task

MOST = 10_000
"""Iterations in flight."""
DRAIN = 90.0

Note = Callable[[str, int, float], None]
"""Told of a stage that began or is over: `started` or `finished`, its index, CLOCK_MONOTONIC s."""


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
    """One load of one process. most: iterations in flight. note: see Note."""

    def __init__(
        self, task: Task, shard: Shard, operation: Operation, recorder: Recorder, *, note: Note, most: int = MOST
    ) -> None:
        self._task = task
        self._shard = shard
        self._operation = operation
        self._recorder = recorder
        self._note = note
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
            end = await Users(self._task, self._shard, self.iterate, self._note, self._running).play(t0)
        for i, stage, intended in self._waiting:  # never got a place: on record, and unfinished
            self._recorder.begin(i, stage, intended, time.monotonic())
        self._waiting.clear()
        while self._running and time.monotonic() < end + drain:
            await asyncio.wait(self._running, timeout=0.05)

    async def _open(self, t0: float) -> float:
        """Start every arrival at its instant. Returns the end of the schedule, CLOCK_MONOTONIC s."""
        stages = self._task.stages
        names = [stage.name for stage in stages]
        for i, at, index in arrivals(self._task, self._shard):
            intended = t0 + at
            if intended > time.monotonic():
                await sleep_until(intended)
            self._arrive(i, names[index], intended)
        end = t0 + starts(self._task)[-1] + (stages[-1].duration or 0.0)
        await sleep_until(end)
        return end

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
            self._tell(failed)
        self._recorder.end(i, time.monotonic(), error, actions)

    def _tell(self, error: Exception) -> None:
        """The first failure that no operation foresees goes to the log whole."""
        if not self._told:
            self._told = True
            traceback.print_exception(error, file=sys.stderr)


class Users:
    """The closed model: user u runs while fewer than the level are before it."""

    def __init__(self, task: Task, shard: Shard, iterate: Any, note: Note, running: set[asyncio.Task[None]]) -> None:
        self._task = task
        self._shard = shard
        self._iterate = iterate
        self._note = note
        self._running = running
        self._active = 0
        self._made = 0
        self._next = shard.index
        self._stage = 0
        self._quota = 0
        self._begun = 0
        self._changed = asyncio.Event()
        self._over = asyncio.Event()

    async def play(self, t0: float) -> float:
        """Follow the stages. Returns the end of the last, CLOCK_MONOTONIC s."""
        clock = t0
        for index, stage in enumerate(self._task.stages):
            clock = clock if stage.start is None else t0 + stage.start
            await sleep_until(clock)
            self._note("started", index, clock)
            self._stage, self._begun, self._quota = index, 0, quota(stage, self._shard)
            clock = await (self._by_time(stage, clock) if stage.iterations is None else self._by_count(stage))
            self._note("finished", index, clock)
        self._set(0)
        return clock

    async def _by_time(self, stage: Stage, begin: float) -> float:
        for at, users in user_changes(stage):
            await sleep_until(begin + at)
            self._set(users)
        end = begin + (stage.duration or 0.0)
        await sleep_until(end)
        return end

    async def _by_count(self, stage: Stage) -> float:
        self._over.clear()
        self._set(rounded(stage.low))
        if self._quota:
            await self._over.wait()
        return time.monotonic()

    def _set(self, active: int) -> None:
        """So many users run from now on, over all shards."""
        self._active = active
        self._changed.set()
        self._changed = asyncio.Event()
        while self._made * self._shard.count + self._shard.index < active:
            made = asyncio.create_task(self._live(self._made * self._shard.count + self._shard.index))
            self._made += 1
            self._running.add(made)
            made.add_done_callback(self._running.discard)

    async def _live(self, user: int) -> None:
        """What a user does until the last stage is over."""
        while True:
            stage = self._task.stages[self._stage]
            if stage.iterations is not None and self._begun >= self._quota and self._active:
                self._over.set()
            elif user < self._active:
                i = self._take(stage)
                await self._iterate(i, stage.name, None)
                if self._task.think:
                    await asyncio.sleep(self._task.think)
                continue
            if not self._active and self._stage == len(self._task.stages) - 1:
                return
            await self._changed.wait()

    def _take(self, stage: Stage) -> int:
        i = self._next
        self._next += self._shard.count
        if stage.iterations is not None:
            self._begun += 1
            level = rounded(stage.low + (stage.high - stage.low) * self._begun / self._quota)
            if level != self._active:
                self._set(max(level, 1))
        return i


async def sleep_until(deadline: float) -> None:
    """Until CLOCK_MONOTONIC reads `deadline` s. The loop's timers count whole ms, rounded: rounded up here, so that it
    does not spin through the last half of one."""
    while (left := deadline - time.monotonic()) > 0:
        await asyncio.sleep(math.ceil(left * 1000) / 1000)
