"""Counts of one workload."""

from __future__ import annotations

import json


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
