"""Writes `iterations.jsonl` (docs/formats.md, "Iterations"): in batches, for a system call a line would cost more than
the iteration, and lines made one after the other cost half of those made in between."""

from __future__ import annotations

import json
import os
import time
from typing import NamedTuple

EVERY = 0.05
"""s between writes: what a SIGKILL may cost. What was written stays, the page cache outlives the process."""
_BEGIN = '{"event": "begin", "i": %d, "stage": %s, "intended_mono": %.6f, "started_mono": %.6f, "started_wall": %.6f}\n'
_END = '{"event": "end", "i": %d, "finished_mono": %.6f, "error": %s, "actions": [%s]}\n'
_ACTION = '{"name": %s, "started_mono": %.6f, "finished_mono": %.6f, "ok": %s}'
_WORD = ("false", "true")


class Action(NamedTuple):
    """A timed part of an iteration. Times are CLOCK_MONOTONIC s."""

    name: str
    started: float
    finished: float
    ok: bool


Begun = tuple[int, str, float, float, float]
Ended = tuple[int, float, tuple[str, str] | None, list[Action]]


class Recorder:
    """Lines of one process. Times are CLOCK_MONOTONIC s, written to the microsecond."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._kept: list[Begun | Ended | str] = []
        self._texts: dict[str, str] = {}

    def begin(self, i: int, stage: str, intended: float, started: float) -> None:
        """Iteration `i` begins now; `started` is when."""
        self._kept.append((i, stage, intended, started, time.time()))

    def end(self, i: int, finished: float, error: tuple[str, str] | None, actions: list[Action]) -> None:
        """error: its kind and what it says."""
        self._kept.append((i, finished, error, actions))

    def stage(self, number: int, name: str, state: str, mono: float) -> None:
        """Stage `number` (from 0) has `started` or `finished`."""
        line = {"event": "stage", "number": number, "name": name, "state": state, "mono": round(mono, 6)}
        self._kept.append(json.dumps(line) + "\n")

    def _line(self, kept: Begun | Ended | str) -> str:
        if isinstance(kept, str):
            return kept
        if len(kept) == 5:
            i, stage, intended, started, wall = kept
            return _BEGIN % (i, self._text(stage), intended, started, wall)
        i, finished, error, actions = kept
        failed = "null" if error is None else json.dumps({"type": error[0], "message": error[1][:2000]})
        shown = [_ACTION % (self._text(name), begun, end, _WORD[ok]) for name, begun, end, ok in actions]
        return _END % (i, finished, failed, ", ".join(shown))

    def _text(self, text: str) -> str:
        """Stages and actions have few names."""
        return self._texts.get(text) or self._texts.setdefault(text, json.dumps(text))

    def flush(self) -> None:
        """Write what has gathered. Raises OSError when the disk does not take it: load must not go on unrecorded."""
        if not self._kept:
            return
        data = memoryview("".join(map(self._line, self._kept)).encode())
        self._kept.clear()
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Nothing more is recorded."""
        self.flush()
        os.close(self._fd)
