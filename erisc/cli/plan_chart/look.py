"""How a chart looks: how wide, in which characters, with which colours."""

from __future__ import annotations

import os
import sys

from erisc.base.record import record
from erisc.cli.show import colored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

NARROWEST, WIDEST = 60, 240
_COLOURS = {"load": "36", "fault": "31", "window": "32", "dim": "2", "bold": "1", "bad": "1;31"}


@record
class Glyphs:
    """levels: of load, from hardly any to the most. begin, end: of a bar; mark: a strike; join: the next step."""

    levels: str
    nothing: str
    bar: str
    begin: str
    end: str
    mark: str
    held: str
    join: str
    tick: str
    rule: str
    dots: str
    unknown: str
    times: str


UNICODE = Glyphs("▁▂▃▄▅▆▇█", "·", "─", "├", "┤", "▼", "━", "╋", "┴", "─", "…", "?", "×")
ASCII = Glyphs(".:-=+*%#", "_", "-", "|", "|", "v", "=", "+", "+", "-", "..", "?", "x")


@record
class Look:
    """width: characters a line. color: whether escape sequences are wanted."""

    width: int
    glyphs: Glyphs
    color: bool

    def paint(self, style: str, text: str) -> str:
        """`text` in a colour, when colours are wanted."""
        return f"\033[{_COLOURS[style]}m{text}\033[0m" if self.color and text.strip() else text

    def cut(self, text: str, width: int) -> str:
        """At most so many characters."""
        dots = self.glyphs.dots
        return text if len(text) <= width else text[: max(width - len(dots), 0)] + dots[:width]


def look_of(stream: TextIO) -> Look:
    """Of a stream: $COLUMNS, else the terminal's width, else 100; ASCII when its encoding has no block characters."""
    return Look(min(max(_columns(stream), NARROWEST), WIDEST), _glyphs(stream), colored(stream))


def _columns(stream: TextIO) -> int:
    text = os.environ.get("COLUMNS", "")
    if text.isdigit() and int(text) > 0:
        return int(text)
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 100


def _glyphs(stream: TextIO) -> Glyphs:
    # In this locale the interpreter writes UTF-8 all the same (PEP 540), but nobody promised to show it.
    if os.environ.get("LC_ALL") in ("C", "POSIX"):
        return ASCII
    try:
        UNICODE.levels.encode(stream.encoding or sys.getdefaultencoding())
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE
