"""How long work tells that it goes on: named steps that start, then finish or fail.

A library function takes a `Report` and never prints; the command line passes one that draws lines or a bar.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Report(Protocol):
    """Who is told. Calls may come from several threads at once; seconds are those of the step alone."""

    def planned(self, steps: int) -> None:
        """About so many steps are to come; told once, if at all."""

    def started(self, step: str) -> None:
        """A step began."""

    def finished(self, step: str, seconds: float, note: str) -> None:
        """A step was done; `note` says what came of it, and may be empty."""

    def failed(self, step: str, seconds: float, why: str) -> None:
        """A step ended badly; the exception follows."""


class Silent:
    """A report that nobody reads."""

    def planned(self, steps: int) -> None:
        """Say nothing."""

    def started(self, step: str) -> None:
        """Say nothing."""

    def finished(self, step: str, seconds: float, note: str) -> None:
        """Say nothing."""

    def failed(self, step: str, seconds: float, why: str) -> None:
        """Say nothing."""


class Note:
    """What a step has to say when it is done."""

    def __init__(self) -> None:
        self.text = ""


@contextmanager
def step(report: Report, name: str) -> Iterator[Note]:
    """Report the body as one step; whatever it raises passes through."""
    note = Note()
    begin = time.monotonic()
    report.started(name)
    try:
        yield note
    except BaseException as error:
        lines = str(error).splitlines() or [type(error).__name__]
        report.failed(name, time.monotonic() - begin, lines[0])
        raise
    report.finished(name, time.monotonic() - begin, note.text)
