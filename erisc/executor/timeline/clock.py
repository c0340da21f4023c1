"""Acts at their instants, on a thread that does nothing else."""

from __future__ import annotations

import contextlib
import gc
import heapq
import itertools
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SPIN = 0.001
"""s before an instant at which waiting becomes looking: a sleep ends .05 to .2 ms late, looking does not."""
_SWITCH = 0.0002
"""s after which a busy Python thread gives way; 5 ms is the interpreter's own."""
_CALM = 1.0
_COLLECT = 5.0
"""s without an instant in which garbage may be collected, and s between two collections."""


class Clock:
    """Calls what was asked for at CLOCK_MONOTONIC s. An act must be quick: the next one waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._acts: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._over = False
        self._collected = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def at(self, instant: float, act: Callable[[], None]) -> None:
        """Call `act` at `instant`, or at once when that is past. An act raises nothing."""
        with self._lock:
            heapq.heappush(self._acts, (instant, next(self._numbers), act))
        os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """Nothing is called any more."""
        self._over = True
        os.eventfd_write(self._bell, 1)
        self._thread.join()
        os.close(self._bell)

    def _run(self) -> None:
        _first_of_all()
        while not self._over:
            with self._lock:
                instant = self._acts[0][0] if self._acts else None
            wait = None if instant is None else instant - time.monotonic() - SPIN
            if wait is None or wait > 0:
                self._collect(wait)
                self._sleep(wait)
                continue
            while instant is not None and time.monotonic() < instant:
                pass
            with self._lock:
                act = heapq.heappop(self._acts)[2]
            act()

    def _sleep(self, wait: float | None) -> None:
        if select.select([self._bell], [], [], wait)[0]:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._bell)

    def _collect(self, wait: float | None) -> None:
        """With the collector off (see `quiet`), here is where it hurts nobody."""
        now = time.monotonic()
        if not gc.isenabled() and (wait is None or wait > _CALM) and now - self._collected > _COLLECT:
            gc.collect(1)
            self._collected = time.monotonic()


def _first_of_all() -> None:
    """Real-time priority for this thread alone, where the system lets us."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage collection at a bad moment, and busy threads give way soon. What is there now is never looked at."""
    before = sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        gc.enable()
        gc.unfreeze()
