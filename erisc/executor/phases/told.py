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
    """A stage began or ended. state: `started` or `finished`. at: s from t = 0."""

    number: int
    name: str
    state: str
    at: float


def stages_told(workload: Workload, folder: str, zeros: dict[str, float]) -> list[Told]:
    """What the load tells of the stages that the plan does not time, in order; stages of one name in a row are one.

    folder: where the load's records are. zeros: of each record, by its name, t = 0 on the clock that it was made by, s.
    A stage of several records begins with its first and ends with its last: where iterations end it, each ends it by
    itself. A line that cannot be read is left out: the verdict states it.
    """
    timed = [stage.name for stage in workload.stages if stage.start is not None and stage.duration is not None]
    every = [one for name, zero in zeros.items() for one in _lines(os.path.join(folder, name), zero)]
    return [one for one in _joined(_merged(every)) if one.name not in timed]


def _merged(every: list[Told]) -> list[Told]:
    """Each number's first beginning and last end, in order."""
    found: dict[tuple[int, bool], Told] = {}
    for one in every:
        ended = one.state == "finished"
        known = found.setdefault((one.number, ended), one)
        if (one.at > known.at) if ended else (one.at < known.at):
            found[one.number, ended] = one
    return [found[key] for key in sorted(found)]


def _joined(told: list[Told]) -> list[Told]:
    """A stage that goes on under the same name has not ended."""
    found: list[Told] = []
    for one in told:
        last = found[-1] if found else None
        if last and one.name and last.name == one.name:
            if one.state == "finished" and last.state == "finished":
                found[-1] = one
            elif one.state == "finished":
                found.append(one)
            continue
        found.append(one)
    return found


def _lines(path: str, zero: float) -> Iterator[Told]:
    try:
        with open(path, "rb") as file:
            for line in file:
                if _MARK in line:
                    yield from _told(line, zero)
    except OSError:
        return


def _told(line: bytes, zero: float) -> Iterator[Told]:
    try:
        data = json.loads(line)
        at = round(float(data["mono"]) - zero, 6)
        yield Told(int(data["number"]), str(data["name"]), str(data["state"]), at)
    except (ValueError, KeyError, TypeError):
        return
