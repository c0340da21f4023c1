"""What the faults of one cell share while the load runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.bundle import Cell
from erisc.executor.events import Event
from erisc.executor.faults.making import Maker
from erisc.executor.faults.overlaps import Overlaps
from erisc.executor.state import Run
from erisc.executor.timeline.clock import Clock
from erisc.executor.timeline.picking import Picker

Place = tuple[str, int, int, int]
"""Fault, instance, step and effect."""


class Scene:
    """t0: CLOCK_MONOTONIC s. stopping: set when faults are to heal at once and no other is to begin. over: set then,
    and when the load has ended. load_end: s from t = 0.
    """

    def __init__(self, run: Run, cell: Cell, t0: float, picker: Picker) -> None:
        self.t0 = t0
        self.picker = picker
        self.clock = Clock()
        self.maker = Maker(run, cell.id)
        self.overlaps = Overlaps()
        self.stopping = threading.Event()
        self.over = threading.Event()
        self.observers: list[Callable[[Event], None]] = []
        self._open: set[Place] = set()
        self._lock = threading.Lock()
        self._run = run
        self._cell = cell
        # What outlasts the load is healed when it ends: nobody watches any more, and what is in flight can come home.
        self.load_end = max((workload.end for workload in cell.workloads), default=float("inf"))

    def now(self) -> float:
        """s from t = 0."""
        return self.since(time.monotonic())

    def since(self, moment: float) -> float:
        """A moment of CLOCK_MONOTONIC as s from t = 0, to the microsecond."""
        return round(moment - self.t0, 6)

    def note(self, kind: str, **fields: Any) -> None:
        """An event of the cell. When the disk does not take it the run is broken, and everything heals."""
        try:
            event = self._run.log.append(kind, cell=self._cell.id, **fields)
        except Failure as failure:
            if not self.stopping.is_set():
                self.stop()
                self._run.broke(failure.what)
            return
        for observer in self.observers:
            observer(event)

    def stop(self) -> None:
        """Everything heals, nothing else begins."""
        self.stopping.set()
        self.over.set()

    def end_load(self) -> None:
        """The load has ended now."""
        self.load_end = min(self.load_end, self.now())
        self.over.set()

    def broke(self, problem: str) -> None:
        """The bed broke."""
        self._run.broke(problem)

    def begin(self, place: Place) -> None:
        """The effect is there."""
        with self._lock:
            self._open.add(place)

    def end(self, place: Place) -> None:
        """It is gone, or never came."""
        with self._lock:
            self._open.discard(place)

    def open(self) -> set[str]:
        """Names of the faults that are in effect now."""
        with self._lock:
            return {place[0] for place in self._open}
