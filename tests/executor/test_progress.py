"""What a person sees while a run goes on: the panel of a recorded moment, in any size, and what a terminal is sent."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.executor.live.tail import Begun, Ended
from erisc.executor.live.workloads import Live
from erisc.executor.progress import Console, Painter
from erisc.executor.progress.board import Board
from erisc.executor.progress.panel import panel, plain
from erisc.executor.progress.scene import Scene, scene_of
from erisc.executor.progress.telling import told
from erisc.executor.reactions.engine import Waiting
from tests.executor.recorded import EVENTS, SCHEDULE, WORKLOADS, event

GOLDENS = Path(__file__).parent / "goldens" / "progress"
AT = 33.4


def compare(path: Path, text: str) -> None:
    """`ERISC_UPDATE_GOLDENS=1` writes the goldens anew; the difference is for the review."""
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def scene(at: float = AT) -> Scene:
    """The recorded run, at `at` s."""
    live = Live({"boot": "/nonexistent", "keystone": "/nonexistent"}, 0.0)
    boot, keystone = live.workloads.values()
    for i in range(150):
        boot.take(Begun(i, i / 5))
        if i < 144:
            boot.take(Ended(i, i / 5 + 0.5 + i / 100, i % 30 != 7))
    for i in range(2000):
        keystone.take(Begun(i, i / 60))
        keystone.take(Ended(i, i / 60 + 0.05, True))
    for each in (boot, keystone):
        each.forget(at)
    board = Board(SCHEDULE)
    for line in EVENTS:
        board.take(line)
    waiting = [
        Waiting("worse", "error_rate(boot, last = 30 s) > 5 %", "7.1 %", 4.2, 10.0, 1, 3),
        Waiting("midload", "iteration 500 of boot", "150", None, 0.0, 0, 1),
    ]
    return scene_of("0001", at, WORKLOADS, [boot, keystone], board, waiting)


@pytest.mark.parametrize(("name", "width", "height"), [("wide", 110, 40), ("narrow", 48, 40), ("short", 110, 12)])
def test_the_panel_of_a_recorded_moment(name: str, width: int, height: int) -> None:
    lines = panel(scene(), width, height, colour=False)
    compare(GOLDENS / f"{name}.txt", "\n".join(lines) + "\n")


def test_the_panel_in_colour() -> None:
    compare(GOLDENS / "colour.txt", "\n".join(panel(scene(), 110, 40)) + "\n")


@given(st.integers(1, 200), st.integers(2, 60))
@settings(max_examples=50, deadline=None)
def test_no_line_is_as_wide_as_the_terminal_and_no_panel_as_high(width: int, height: int) -> None:
    lines = panel(MOMENT, width, height, colour=False)
    assert len(lines) < height
    assert all(len(line) <= max(width - 1, 1) for line in lines)


MOMENT = scene()


def test_one_plain_line_says_the_same() -> None:
    assert plain(scene()) == (
        "cell 0001  t 33/100 s  boot 3.3/s of 5, 144 done, 5 errors, p95 1.92 s, 6 in flight; "
        "keystone 60.2/s, 2000 done, 0 errors, p95 49.8 ms, 0 in flight; open: mq_crash #1"
    )


def test_events_are_told_with_how_late_they_were() -> None:
    lines = [told(line, {("mq_crash", 0): 10.0}) for line in EVENTS]
    assert [line for line in lines if line][:4] == [
        "t 10.004 s  mq_crash #0 is in effect: kill rabbitmq on c2 (4 ms after plan)",
        "t 18.350 s  mq_crash #0 is healed: kill rabbitmq on c2",
        "t 21.200 s  worse #0 is triggered: error_rate(boot, last = 30 s) = 7.1 % > 5 % for 10 s",
        "t 21.210 s  worse #0 is withheld: mq_crash and worse could strike 2 of 3 hosts",
    ]


def test_what_went_wrong_is_shown_first() -> None:
    board = Board(SCHEDULE)
    board.take(event("fault_failed", "split", 0, 36.0, error="host c1 cannot be reached"))
    shown = panel(scene_of("0001", 37.0, (), [], board, []), 110, 40, colour=False)
    assert shown[2].startswith("failed   split #0  host c1 cannot be reached")


def test_names_cannot_move_the_cursor() -> None:
    board = Board(SCHEDULE)
    board.take(event("fault_failed", "split", 0, 36.0, error="\x1b[2Jgone\nnext"))
    shown = "".join(panel(scene_of("0001", 37.0, (), [], board, []), 110, 40, colour=False))
    assert "\x1b" not in shown
    assert "?[2Jgone?next" in shown


class Terminal:
    """A pseudo-terminal and the console on it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.ours, theirs = pty.openpty()
        self.resize(columns, rows)
        os.set_blocking(self.ours, False)
        self.console = Console(os.fdopen(theirs, "w"))

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> str:
        try:
            return os.read(self.ours, 1 << 16).decode().replace("\r\n", "\n")
        except BlockingIOError:
            return ""


def test_a_frame_is_drawn_over_the_last_one_and_lines_stay_above_it() -> None:
    terminal = Terminal(40, 10)
    terminal.console.draw(lambda width, height: ["one", f"{width} by {height}"])
    assert terminal.read() == "one\x1b[K\n40 by 10\x1b[K\n"
    terminal.console.say("a line that stays")
    assert terminal.read() == "\x1b[2A\r\x1b[Ja line that stays\n"
    terminal.console.draw(lambda width, height: ["x" * 30])
    terminal.read()
    terminal.resize(20, 10)
    terminal.console.draw(lambda width, height: ["y"])
    assert terminal.read() == "\x1b[2A\r\x1b[Jy\x1b[K\n"  # what was one line of 30 has become two of 20
    terminal.console.keep()
    terminal.console.draw(lambda width, height: ["z"])
    assert terminal.read() == "z\x1b[K\n"


def test_a_terminal_that_takes_nothing_does_not_hold_up_who_speaks() -> None:
    terminal = Terminal(80, 24)
    painter = Painter(terminal.console, lambda width, height: ["x" * 70] * 20, lambda: "")
    painter.start()
    fd = terminal.console._stream.fileno()
    os.set_blocking(fd, True)
    time.sleep(0.3)
    began = time.monotonic()
    for number in range(2000):  # far more than a terminal nobody reads has room for
        terminal.console.say(f"line {number}")
    assert time.monotonic() - began < 1.0
    while terminal.read():
        time.sleep(0.01)
    painter.stop()


def test_without_a_terminal_there_are_plain_lines_only(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        console = Console(file)
        painter = Painter(console, lambda width, height: ["panel"], lambda: "a plain line")
        painter.start()
        console.say("a fault")
        painter.stop()
    assert (tmp_path / "out").read_text() == "a fault\n"
