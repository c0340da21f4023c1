"""A load task: what a driver of erisc's own is to do. See docs/formats.md, "Load task"."""

from __future__ import annotations

import json
import math
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record

FORMAT = 1
OPEN, CLOSED = "open", "closed"
PACED, POISSON = "paced", "poisson"


@record
class Stage:
    """A stretch of load. start, duration: s from t = 0, None where only the run can tell. iterations: how many bound
    it, None when time does. low, high: the level at its start and end, 1/s or users.
    """

    name: str
    start: float | None
    duration: float | None
    iterations: int | None
    low: float
    high: float

    @property
    def integral(self) -> float:
        """How many arrivals of the open model it has. A stage of N iterations has N, whatever the rounding."""
        if self.iterations is not None:
            return float(self.iterations)
        return (self.low + self.high) / 2 * (self.duration or 0.0)

    def reached(self, integral: float) -> float:
        """s from the stage's start at which the integral of the level is `integral`."""
        duration = self.duration or 0.0
        slope = (self.high - self.low) / duration
        root = math.sqrt(max(self.low * self.low + 2 * slope * integral, 0.0))
        return min(2 * integral / (self.low + root), duration)


@record
class Task:
    """model: `open` or `closed`. arrivals: `paced` or `poisson`, drawn from `choice`, 64 bits. think: s."""

    driver: str
    scenario: str
    arguments: dict[str, Any]
    model: str
    arrivals: str
    choice: int
    think: float
    stages: tuple[Stage, ...]

    @property
    def timed(self) -> bool:
        """Whether the instants of all stages are known beforehand."""
        return all(stage.start is not None and stage.duration is not None for stage in self.stages)


@record
class Shard:
    """The part `index` (from 0) of `count` parts of a load."""

    index: int
    count: int


WHOLE = Shard(0, 1)


def read_task(path: str) -> Task:
    """Raises Failure (exit code 2) when the file is no load task."""
    try:
        with open(path, encoding="utf-8") as file:
            return parse_task(json.load(file))
    except OSError as error:
        raise _wrong(f"{path} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _wrong(f"{path} is no load task: {type(error).__name__}: {error}") from error


def parse_task(data: dict[str, Any]) -> Task:
    """Raises KeyError, TypeError or ValueError when the data is no load task."""
    if data["format"] != FORMAT:
        raise ValueError(f"load task of format {data['format']!r}; this erisc reads format {FORMAT}")
    task = Task(
        driver=str(data["driver"]),
        scenario=str(data["scenario"]),
        arguments=dict(data["arguments"]),
        model=_one_of(data["model"], OPEN, CLOSED),
        arrivals=_one_of(data.get("arrivals", PACED), PACED, POISSON),
        choice=int(data.get("choice") or "0", 16),
        think=float(data.get("think", 0.0)),
        stages=tuple(_stage(one) for one in data["stages"]),
    )
    _check(task)
    return task


def parse_shard(text: str) -> Shard:
    """`k/n` of ERISC_SHARD, "" for all. Raises Failure."""
    if not text:
        return WHOLE
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise Failure(f"ERISC_SHARD is {text!r}, which is no k/n with k below n", exit_code=WRONG_CALL)
    return Shard(int(index), int(count))


def _stage(data: dict[str, Any]) -> Stage:
    iterations = data.get("iterations")
    return Stage(
        name=str(data.get("name", "")),
        start=_optional(data.get("start")),
        duration=_optional(data.get("duration")),
        iterations=None if iterations is None else int(iterations),
        low=float(data["from"]),
        high=float(data["to"]),
    )


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)


def _one_of(value: Any, *known: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)


def _check(task: Task) -> None:
    if not task.stages or not any(stage.low or stage.high for stage in task.stages):
        raise ValueError("there is no load: every stage has level 0")
    for number, stage in enumerate(task.stages):
        if stage.duration is None and (task.model == OPEN or stage.iterations is None):
            raise ValueError(f"stage {number} has no duration")
        if stage.duration is not None and stage.duration <= 0 and not stage.iterations == 0:
            raise ValueError(f"stage {number} lasts {stage.duration} s")
        if min(stage.low, stage.high) < 0 or (stage.iterations is not None and not (stage.low or stage.high)):
            raise ValueError(f"stage {number} has levels {stage.low} and {stage.high}")


def _wrong(what: str) -> Failure:
    return Failure(what, mend="compile the spec again with `erisc compile SPEC`", exit_code=WRONG_CALL)
