"""How long work looks: a line a step, and on a terminal below them a bar, the time, and what still goes on."""

from __future__ import annotations

import shutil
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_BAR = 20


class Lines:
    """A `Report` that draws, one for each piece of work; `with Lines() as lines` clears the live line at the end."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stderr if out is None else out
        self._live = self._out.isatty()
        self._begin = time.monotonic()
        self._open: dict[str, float] = {}
        self._done = 0
        self._planned = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        if self._live:
            threading.Thread(target=self._redraw, daemon=True).start()

    def planned(self, steps: int) -> None:
        """About so many steps are to come."""
        with self._lock:
            self._planned = steps

    def started(self, step: str) -> None:
        """A step began."""
        with self._lock:
            self._open[step] = time.monotonic()
            self._draw_live()

    def finished(self, step: str, seconds: float, note: str) -> None:
        """A step was done."""
        self._line("ok", step, seconds, note)

    def failed(self, step: str, seconds: float, why: str) -> None:
        """A step ended badly."""
        self._line("FAILED", step, seconds, why)

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with self._lock:
            self._clear()

    def _line(self, how: str, step: str, seconds: float, note: str) -> None:
        with self._lock:
            self._open.pop(step, None)
            self._done += 1
            self._clear()
            elapsed = time.monotonic() - self._begin
            tail = f"  {note}" if note else ""
            self._out.write(f"{elapsed:6.1f} s  {how:<6} {step} ({seconds:.1f} s){tail}\n")
            self._draw_live()

    def _draw_live(self) -> None:
        if self._live and self._open and not self._ended.is_set():
            elapsed = time.monotonic() - self._begin
            line = f"{elapsed:6.1f} s  {self._bar()}{', '.join(self._open)}"
            self._out.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
        self._out.flush()

    def _bar(self) -> str:
        """`████████░░░░░░░░░░░░ 8/20  `; nothing when nobody said how much there is."""
        if not self._planned:
            return "… "
        total = max(self._planned, self._done + len(self._open))
        full = _BAR * self._done // total
        return f"{'█' * full}{'░' * (_BAR - full)} {self._done}/{total}  "

    def _clear(self) -> None:
        if self._live:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _redraw(self) -> None:
        while not self._ended.wait(0.5):
            with self._lock:
                self._draw_live()
