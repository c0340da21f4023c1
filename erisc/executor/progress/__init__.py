"""What a person sees while a run goes on: lines that stay, and on a terminal a panel below them, redrawn in place."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

PLAIN_EVERY = 5.0
"""s between plain lines of the state of affairs."""
FRAME = 0.25
"""s between frames of the panel."""

Draw = Callable[[int, int], list[str]]
"""Lines for a terminal of so many columns and rows."""


class Console:
    """Messages and the panel, on standard error. Safe to use from several threads."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self.tty = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self.colour = self.tty and not os.environ.get("NO_COLOR")
        self._lock = threading.RLock()
        self._drawn: list[int] = []
        self._last_plain = -PLAIN_EVERY
        self._said: deque[str] | None = None

    def say(self, text: str) -> None:
        """A line that stays. While something is painted, the painter writes it: a terminal that is held up (Ctrl-S)
        must not hold up the run.
        """
        said = self._said
        if said is not None:
            said.append(text)
            return
        with self._lock:
            self._put(self._wiped() + text + "\n")

    def status(self, text: str, at: float) -> None:
        """The state of affairs at `at` s in a line; drawn over the last one on a TTY, now and then elsewhere."""
        if self.tty:
            self.draw(lambda width, height: [text[: max(width - 1, 1)]])
            return
        with self._lock:
            if at - self._last_plain >= PLAIN_EVERY or at < self._last_plain:
                self._last_plain = at
                self._put(text + "\n")

    def draw(self, lines: Draw) -> None:
        """Draw over what was drawn last."""
        with self._lock:
            width, height = self.size()
            drawn = lines(width, height)
            body = "\n".join(line + "\x1b[K" for line in drawn)
            self._put(self._wiped() + body + "\n" if drawn else self._wiped())
            self._drawn = [_columns(line) for line in drawn]

    def keep(self) -> None:
        """What is drawn stays; the next is drawn below it."""
        with self._lock:
            self._drawn = []

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal; 80 by 24 for one that does not know."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return 80, 24
        return size.columns or 80, max(size.lines or 24, 2)

    def _wiped(self) -> str:
        """Back to where the panel begins, all below it cleared. A terminal that became narrower has broken lines."""
        if not self._drawn:
            return ""
        width = self.size()[0]
        rows = sum(max(1, -(-columns // width)) for columns in self._drawn)
        self._drawn = []
        return f"\x1b[{rows}A\r\x1b[J"

    def _put(self, text: str) -> None:
        # The terminal is gone; the run is not.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def _columns(line: str) -> int:
    """Without its colours."""
    count, inside = 0, False
    for letter in line:
        if inside:
            inside = letter != "m"
        elif letter == "\x1b":
            inside = True
        else:
            count += 1
    return count


class Painter:
    """Draws on a thread of its own: what is told of a run never holds it up.

    draw: the panel; line: the same in a line, for a console that is no terminal.
    """

    def __init__(self, console: Console, draw: Draw, line: Callable[[], str]) -> None:
        self._console = console
        self._draw = draw
        self._line = line
        self._over = threading.Event()
        self._said: deque[str] = deque()
        self._thread = threading.Thread(target=self._paint, name="painter", daemon=True)

    def start(self) -> None:
        """Draw from now on."""
        self._console._said = self._said
        self._thread.start()

    def stop(self) -> None:
        """The last frame stays. A terminal that takes nothing is left to itself."""
        self._over.set()
        self._thread.join(2.0)
        self._console._said = None
        if not self._thread.is_alive():
            self._say()
            self._console.keep()

    def _paint(self) -> None:
        last = time.monotonic()
        while not self._over.wait(FRAME):
            self._say()
            if self._console.tty:
                self._console.draw(self._draw)
            elif time.monotonic() - last >= PLAIN_EVERY:
                last += PLAIN_EVERY
                self._console._put(self._line() + "\n")
        self._say()
        if self._console.tty:
            self._console.draw(self._draw)

    def _say(self) -> None:
        while self._said:
            text = self._said.popleft()
            with self._console._lock:
                self._console._put(self._console._wiped() + text + "\n")
