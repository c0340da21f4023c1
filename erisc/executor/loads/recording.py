"""Writes `iterations.jsonl` (docs/formats.md, "Iterations"): in batches, for a system call a line would cost more than
the iteration."""

from __future__ import annotations

import json
import os
import time
from typing import NamedTuple

EVERY = 0.05
"""s between writes: what a SIGKILL may cost. What was written stays, the page cache outlives the process."""


class Action(NamedTuple):
    """A timed part of an iteration. Times are CLOCK_MONOTONIC s."""

    name: str
    started: float
    finished: float
    ok: bool


class Recorder:
    """Lines of one process. Times are CLOCK_MONOTONIC s, written to the microsecond."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._lines: list[str] = []
        self._texts: dict[str, str] = {}

    def begin(self, i: int, stage: str, intended: float, started: float) -> None:
        """Iteration `i` begins now; `started` is when."""
        self._lines.append(
            f'{{"event": "begin", "i": {i}, "stage": {self._text(stage)}, "intended_mono": {intended:.6f}, '
            f'"started_mono": {started:.6f}, "started_wall": {time.time():.6f}}}\n'
        )

    def end(self, i: int, finished: float, error: tuple[str, str] | None, actions: list[Action]) -> None:
        """error: its kind and what it says."""
        failed = "null" if error is None else json.dumps({"type": error[0], "message": error[1][:2000]})
        shown = ", ".join(
            [
                f'{{"name": {self._text(one[0])}, "started_mono": {one[1]:.6f}, "finished_mono": {one[2]:.6f}, '
                f'"ok": {"true" if one[3] else "false"}}}'
                for one in actions
            ]
        )
        self._lines.append(
            f'{{"event": "end", "i": {i}, "finished_mono": {finished:.6f}, "error": {failed}, "actions": [{shown}]}}\n'
        )

    def stage(self, number: int, name: str, state: str, mono: float) -> None:
        """Stage `number` (from 0) has `started` or `finished`."""
        line = {"event": "stage", "number": number, "name": name, "state": state, "mono": round(mono, 6)}
        self._lines.append(json.dumps(line) + "\n")

    def _text(self, text: str) -> str:
        """Stages and actions have few names."""
        if text not in self._texts:
            self._texts[text] = json.dumps(text)
        return self._texts[text]

    def flush(self) -> None:
        """Write what has gathered. Raises OSError when the disk does not take it: load must not go on unrecorded."""
        if not self._lines:
            return
        data = memoryview("".join(self._lines).encode())
        self._lines.clear()
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Nothing more is recorded."""
        self.flush()
        os.close(self._fd)
