"""When load happens: the arrivals of the open model, the users of the closed one. Pure arithmetic of a task."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import accumulate

from erisc.executor.loads.task import POISSON, Shard, Stage, Task

Arrival = tuple[int, float, int]
"""Number (from 0), s from t = 0, index of the stage."""
TINY = 1e-9
"""0.1 + 0.2 is not to give an arrival more than 0.3."""


def arrivals(task: Task, shard: Shard) -> Iterator[Arrival]:
    """The arrivals of the open model that belong to a shard, in order."""
    numbered = enumerate(_poisson(task) if task.arrivals == POISSON else _paced(task))
    return ((i, at, stage) for i, (at, stage) in numbered if i % shard.count == shard.index)


def starts(task: Task) -> list[float]:
    """s from t = 0 at which the stages of the open model begin."""
    found, end = [], 0.0
    for stage in task.stages:
        found.append(end if stage.start is None else stage.start)
        end = found[-1] + (stage.duration or 0.0)
    return found


def _paced(task: Task) -> Iterator[tuple[float, int]]:
    """Where the integral of the level from t = 0 reaches k + 1/2: ramps up and down are mirror images."""
    before, k = 0.0, 0
    for index, (start, stage) in enumerate(zip(starts(task), task.stages, strict=True)):
        end = before + stage.integral
        while k + 0.5 < end - TINY:
            yield start + stage.reached(k + 0.5 - before), index
            k += 1
        before = end


def _poisson(task: Task) -> Iterator[tuple[float, int]]:
    """A Poisson process of the level; its first N events in a stage of N iterations, given that there are N."""
    drawn = gaps(task.choice)
    for index, (start, stage) in enumerate(zip(starts(task), task.stages, strict=True)):
        for reached in _sums(stage, drawn):
            yield start + stage.reached(reached), index


def _sums(stage: Stage, drawn: Iterator[float]) -> Iterator[float]:
    if stage.iterations is not None:
        sums = list(accumulate(next(drawn) for _ in range(stage.iterations + 1)))
        yield from (one * stage.iterations / sums[-1] for one in sums[:-1])
        return
    reached = next(drawn)
    while reached < stage.integral:
        yield reached
        reached += next(drawn)


def gaps(choice: int) -> Iterator[float]:
    """Exponential variates of mean 1, -ln(1 - U), U from the Mersenne Twister of `choice`."""
    draw = random.Random(choice).random
    while True:
        yield -math.log(1.0 - draw())


def rounded(level: float) -> int:
    """Users of a level, halves up."""
    return math.floor(level + 0.5)


def user_changes(stage: Stage) -> list[tuple[float, int]]:
    """(s from the stage's start, users from then on) of a stage of known duration in the closed model."""
    first, last = rounded(stage.low), rounded(stage.high)
    found = [(0.0, first)]
    step = 1 if last > first else -1
    for users in range(first + step, last + step, step) if last != first else ():
        crossed = users - 0.5 if step > 0 else users + 0.5
        found.append(((crossed - stage.low) / (stage.high - stage.low) * (stage.duration or 0.0), users))
    return found


def quota(stage: Stage, shard: Shard) -> int:
    """How many of a stage's N iterations fall to a shard; one without a user has none."""
    sharing = min(shard.count, max(rounded(stage.low), rounded(stage.high), 1))
    return len(range(shard.index, stage.iterations or 0, sharing)) if shard.index < sharing else 0
