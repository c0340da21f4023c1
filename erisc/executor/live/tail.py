"""Files of lines that grow: what was completed since the last look."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import NamedTuple

MOST = 1 << 20
"""Bytes that are read of one file at one look."""
PLAIN = "iterations.jsonl"


class Tail:
    """The complete lines of a file, each once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._offset = 0

    def lines(self) -> list[bytes]:
        """Lines since the last time, without their ends; none while there is no file."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                text = file.read(MOST)
        except OSError:
            return []
        whole = text.rfind(b"\n") + 1
        if not whole and len(text) == MOST:
            whole = MOST  # no line is that long: what this is cannot be read, and must not keep what follows from it
        self._offset += whole
        return text[:whole].splitlines()


class Begun(NamedTuple):
    """An iteration began. Times are CLOCK_MONOTONIC s of this host."""

    i: int
    intended: float


class Ended(NamedTuple):
    """An iteration ended at `finished`, CLOCK_MONOTONIC s of this host."""

    i: int
    finished: float
    ok: bool


class Staged(NamedTuple):
    """The stage `number` (from 0) of the task has started, or finished."""

    number: int
    started: bool


class Iterations:
    """What the generators of one workload record in `folder`, as it happens.

    t0: CLOCK_MONOTONIC s of this host. Lines that are no records are left out: the verdict states them.
    """

    def __init__(self, folder: str, t0: float) -> None:
        self._folder = folder
        self._t0 = t0
        self._shifts = {PLAIN: 0.0}
        self._tails: dict[str, Tail] = {}

    def generator(self, name: str, t0: float) -> None:
        """A generator whose clock reads `t0` at t = 0 records into `iterations.<name>.jsonl`."""
        self._shifts[f"iterations.{name}.jsonl"] = self._t0 - t0

    def __iter__(self) -> Iterator[Begun | Ended | Staged]:
        """What came since the last time."""
        for name, shift in list(self._shifts.items()):
            if name not in self._tails:
                self._tails[name] = Tail(os.path.join(self._folder, name))
            for line in self._tails[name].lines():
                record = _record(line, shift)
                if record is not None:
                    yield record


def _record(line: bytes, shift: float) -> Begun | Ended | Staged | None:
    try:
        row = json.loads(line)
        if row["event"] == "begin":
            return Begun(row["i"], row["intended_mono"] + shift)
        if row["event"] == "stage":
            return Staged(row["number"], row["state"] == "started")
        return Ended(row["i"], row["finished_mono"] + shift, row["error"] is None)
    except (ValueError, KeyError, TypeError):
        return None
