"""The event log: one JSON object a line, on disk before the run goes on. See docs/formats.md."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.interrupts import shield

Event = dict[str, Any]


class EventLog:
    """Appends events to one file; safe to call from several threads.

    must_write: whether an event that cannot be written stops its caller (a run must not go on unrecorded). Healing sets
    it to False: a full disk must not keep a fault open.
    """

    def __init__(self, path: str, *, must_write: bool = True) -> None:
        self.path = path
        self.must_write = must_write
        self.unwritten = 0
        self._lock = threading.Lock()
        self._seq = _cut_torn_tail(path)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def append(self, event_type: str, /, *, cell: str = "", **fields: Any) -> Event:
        """Write one event and sync it. Raises Failure when the disk does not take it and `must_write` is set."""
        with shield(), self._lock:
            event: Event = {"seq": self._seq, "wall": time.time(), "mono": time.monotonic(), "type": event_type}
            event |= ({"cell": cell} if cell else {}) | fields
            try:
                self._write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
                self._seq += 1
            except OSError as error:
                self._refused(error)
            return event

    def close(self) -> None:
        """No event after this."""
        os.close(self._fd)

    def _write(self, line: bytes) -> None:
        size = os.fstat(self._fd).st_size
        try:
            if os.write(self._fd, line) != len(line):
                raise OSError(28, os.strerror(28))
            os.fsync(self._fd)
        except OSError:
            os.ftruncate(self._fd, size)
            raise

    def _refused(self, error: OSError) -> None:
        self.unwritten += 1
        if self.must_write:
            raise Failure(
                f"the event log cannot be written: {error.strerror}: {self.path}",
                mend="free some space or choose another place with --run-dir",
            ) from error


def read_events(path: str) -> list[Event]:
    """All events; a last line that a crash tore is left out. Raises Failure for a log that is damaged elsewhere."""
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except FileNotFoundError as error:
        raise Failure(f"there is no event log: {path}", mend="give the directory of a run", exit_code=2) from error
    events = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            raise Failure(f"{path}:{number}: not an event: {line[:80]!r}") from error
    return events


def _cut_torn_tail(path: str) -> int:
    """Drop what follows the last newline; the next sequence number. An event without its newline was never synced."""
    try:
        with open(path, "r+b") as file:
            text = file.read()
            keep = text.rfind(b"\n") + 1
            if keep != len(text):
                file.truncate(keep)
    except FileNotFoundError:
        return 0
    return text.count(b"\n", 0, keep)
