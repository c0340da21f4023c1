"""What a person sees on the terminal while a run goes on: one status line on a TTY, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
from typing import TextIO

PLAIN_EVERY = 5.0
"""s between plain lines."""


class Console:
    """Messages and the status line, on standard error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._tty = self._stream.isatty()
        self._last_plain = -PLAIN_EVERY
        self._shown = False

    def say(self, text: str) -> None:
        """A line that stays."""
        self._wipe()
        self._put(text + "\n")

    def status(self, text: str, at: float) -> None:
        """The state of affairs at `at` s; drawn over the last one on a TTY, now and then elsewhere."""
        if self._tty:
            self._put(f"\r\x1b[2K{text}"[:400])
            self._shown = True
        elif at - self._last_plain >= PLAIN_EVERY or at < self._last_plain:
            self._last_plain = at
            self._put(text + "\n")

    def _wipe(self) -> None:
        if self._shown:
            self._put("\r\x1b[2K")
            self._shown = False

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            return  # the terminal is gone; the run is not


class Tally:
    """Counts of one workload's iterations, read from its file as it grows."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._offset = 0
        self.begun = 0
        self.ended = 0
        self.errors = 0

    def read(self) -> None:
        """Take in what was written since the last time."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text.rfind(b"\n") + 1
        self._offset += whole
        for line in text[:whole].splitlines():
            self._count(json.loads(line))

    def _count(self, event: dict[str, object]) -> None:
        if event["event"] == "begin":
            self.begun += 1
        else:
            self.ended += 1
            self.errors += event["error"] is not None
