"""Stages that only the run can time: the load records when they began and ended, and the event log says so."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from erisc.base.record import record
from erisc.executor.bundle import Workload

_MARK = b'"event": "stage"'


@record
class Told:
    """A stage began or ended. state: `started` or `finished`. mono: CLOCK_MONOTONIC s of the generating host."""

    number: int
    name: str
    state: str
    mono: float


def stages_told(workload: Workload, folder: str) -> list[Told]:
    """What the load tells of the stages that the plan does not time, in order; stages of one name in a row are one.

    folder: where the load's record is. A line that cannot be read is left out: the verdict states it.
    """
    timed = [stage.name for stage in workload.stages if stage.start is not None and stage.duration is not None]
    found: list[Told] = []
    for one in sorted(_lines(os.path.join(folder, "iterations.jsonl")), key=lambda one: (one.number, one.mono)):
        last = found[-1] if found else None
        if last and one.name and last.name == one.name:
            if one.state == "finished" and last.state == "finished":
                found[-1] = one
            elif one.state == "finished":
                found.append(one)
            continue
        found.append(one)
    return [one for one in found if one.name not in timed]


def _lines(path: str) -> Iterator[Told]:
    try:
        with open(path, "rb") as file:
            for line in file:
                if _MARK in line:
                    yield from _told(line)
    except OSError:
        return


def _told(line: bytes) -> Iterator[Told]:
    try:
        data = json.loads(line)
        yield Told(int(data["number"]), str(data["name"]), str(data["state"]), float(data["mono"]))
    except (ValueError, KeyError, TypeError):
        return
