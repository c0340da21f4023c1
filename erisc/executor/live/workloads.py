"""The load as it runs: of every workload what began, what is in flight, and how what ended went."""

from __future__ import annotations

import time
from collections.abc import Mapping

from erisc.executor.live.tail import Begun, Ended, Iterations, Staged
from erisc.executor.live.windows import Window

SHOWN = 10.0
"""s of the window that people are shown."""
SLICE, BREATH = 3e-4, 2e-4
"""s of work after which the interpreter is given up for a moment: the timeline must never wait for this thread."""


class LiveWorkload:
    """One workload. begun, ended, errors: iterations in all. highest: the largest number that began, from 0. stage: the
    stage that runs, -1 between two; None where the load does not tell, because the plan does.
    """

    def __init__(self, name: str, records: Iterations) -> None:
        self.name = name
        self.records = records
        self.begun = 0
        self.ended = 0
        self.errors = 0
        self.highest = -1
        self.stage: int | None = None
        self.windows = {SHOWN: Window(SHOWN)}
        self._open: dict[int, float] = {}
        self._begins = Window(SHOWN)

    @property
    def in_flight(self) -> int:
        """Iterations that began and have not ended."""
        return len(self._open)

    def window(self, length: float) -> Window:
        """The window of the last `length` s; asked for before the load begins, it sees all of it."""
        return self.windows.setdefault(length, Window(length))

    def rate(self, elapsed: float) -> float:
        """Iterations begun per s over the shown window. elapsed: s since t = 0."""
        return self._begins.done / max(min(elapsed, SHOWN), 1.0)

    def take(self, record: Begun | Ended | Staged) -> None:
        """One record."""
        if isinstance(record, Staged) and record.started:
            self.stage = record.number
        elif isinstance(record, Staged):
            self.stage = -1 if self.stage == record.number else self.stage  # another generator may be further
        elif isinstance(record, Begun):
            self.begun += 1
            self.highest = max(self.highest, record.i)
            self._open[record.i] = record.intended
            self._begins.add(record.intended, 0.0, True)
        elif (intended := self._open.pop(record.i, None)) is not None:
            self.ended += 1
            self.errors += not record.ok
            for window in self.windows.values():
                window.add(record.finished, record.finished - intended, record.ok)

    def forget(self, now: float) -> None:
        """Let go of what is older than the windows. now: CLOCK_MONOTONIC s."""
        self._begins.forget(now)
        for window in self.windows.values():
            window.forget(now)


class Live:
    """All workloads of a cell. folders: where each records. t0: CLOCK_MONOTONIC s."""

    def __init__(self, folders: Mapping[str, str], t0: float) -> None:
        self.t0 = t0
        self.workloads = {name: LiveWorkload(name, Iterations(folder, t0)) for name, folder in folders.items()}

    def read(self) -> None:
        """Take in what was recorded since the last time, a little at a time."""
        for workload in self.workloads.values():
            since = time.monotonic()
            for record in workload.records:
                workload.take(record)
                if time.monotonic() - since > SLICE:
                    time.sleep(BREATH)
                    since = time.monotonic()
            workload.forget(time.monotonic())
