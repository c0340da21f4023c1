"""The closed model: users that do one iteration after another."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from erisc.executor.loads.pacing import quota, rounded, user_changes
from erisc.executor.loads.task import Shard, Stage, Task

Iterate = Callable[[int, str, None], Awaitable[None]]
Tell = Callable[[int, str, float], None]
"""Told of a stage by its number: it has `started` or `finished`, CLOCK_MONOTONIC s."""


class Users:
    """The users of a shard; user u runs while fewer than the level are before it."""

    def __init__(
        self, task: Task, shard: Shard, iterate: Iterate, tell: Tell, running: set[asyncio.Task[None]]
    ) -> None:
        self._task = task
        self._shard = shard
        self._iterate = iterate
        self._tell = tell
        self._running = running
        self._stage = task.stages[0]
        self._active = 0
        self._made = 0
        self._next = shard.index
        self._quota: int | None = None
        self._begun = 0
        self._ended = False
        self._thinking: set[Any] = set()
        self._changed = asyncio.Event()
        self._used_up = asyncio.Event()

    async def play(self, t0: float) -> float:
        """Follow the stages. Returns the end of the last, CLOCK_MONOTONIC s; users then finish what they do."""
        end = t0
        for number, stage in enumerate(self._task.stages):
            start = end if stage.start is None else t0 + stage.start
            await sleep_until(start)
            self._tell(number, "started", start)
            end = await self._follow(stage, start)
            self._tell(number, "finished", end)
        self._ended = True
        for user in self._thinking:
            user.cancel()
        self._set(0)
        return end

    async def _follow(self, stage: Stage, start: float) -> float:
        self._stage, self._begun = stage, 0
        self._quota = None if stage.duration is not None else quota(stage, self._shard)
        if stage.duration is None:
            return await self._by_count(stage)
        for at, users in user_changes(stage):
            await sleep_until(start + at)
            self._set(users)
        await sleep_until(start + stage.duration)
        return start + stage.duration

    async def _by_count(self, stage: Stage) -> float:
        """The stage is over when all its iterations have begun."""
        self._used_up.clear()
        self._set(max(rounded(stage.low), 1))
        if self._quota:
            await self._used_up.wait()
        return time.monotonic()

    def _set(self, active: int) -> None:
        """So many users run from now on, over all shards."""
        self._active = active
        while (user := self._made * self._shard.count + self._shard.index) < active:
            self._made += 1
            made = asyncio.create_task(self._live(user))
            self._running.add(made)
            made.add_done_callback(self._running.discard)
        self._changed.set()
        self._changed = asyncio.Event()

    async def _live(self, user: int) -> None:
        think = self._task.think
        while not self._ended:
            if user >= self._active or (self._quota is not None and self._begun >= self._quota):
                await self._changed.wait()
                continue
            await self._iterate(self._take(), self._stage.name, None)
            if think:
                await self._think(think)

    async def _think(self, seconds: float) -> None:
        own = asyncio.current_task()
        self._thinking.add(own)
        await asyncio.sleep(seconds)
        self._thinking.discard(own)

    def _take(self) -> int:
        """The number of the iteration that begins now."""
        i = self._next
        self._next += self._shard.count
        self._begun += 1
        if self._quota is not None:
            level = rounded(self._stage.low + (self._stage.high - self._stage.low) * self._begun / self._quota)
            if max(level, self._shard.index + 1) != self._active:
                self._set(max(level, self._shard.index + 1))  # one of this shard's at least, or it would never end
            if self._begun == self._quota:
                self._used_up.set()
        return i


async def sleep_until(deadline: float) -> None:
    """Until CLOCK_MONOTONIC reads `deadline` s."""
    while deadline > time.monotonic():
        await asyncio.sleep(max(tick(deadline) - asyncio.get_running_loop().time(), 0.0))


def tick(instant: float) -> float:
    """The first whole ms from an instant on: the loop's timers count in them, on CLOCK_MONOTONIC (libuv). One that was
    set for a part of a ms would go off too early, and again."""
    return math.ceil(instant * 1000) / 1000
