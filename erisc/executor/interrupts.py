"""Ctrl-C and SIGTERM: the first one ends the run in order, the next ones do not disturb the healing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked the run to stop. Not an Exception: no handler of errors may swallow it."""


class _State:
    shields = 0
    pending = False
    healing = False
    divert: Callable[[], object] | None = None


def _receive(number: int, frame: object) -> None:
    if _State.healing:
        return
    if _State.divert:
        _State.healing = True
        _State.divert()
    elif _State.shields:
        _State.pending = True
    else:
        _State.healing = True
        raise Interrupted


@contextmanager
def shield() -> Iterator[None]:
    """No interrupt inside; one that came is raised at the end. Of use on the main thread, without effect elsewhere."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _State.shields += 1
    try:
        yield
    finally:
        _State.shields -= 1
    raise_pending()


def raise_pending() -> None:
    """Raise Interrupted when one was asked for while a shield was up."""
    if _State.pending and not _State.shields and not _State.healing:
        _State.pending = False
        _State.healing = True
        raise Interrupted


@contextmanager
def diverted(to: Callable[[], object]) -> Iterator[None]:
    """Inside, an interrupt calls `to` instead of raising: an event loop wants its tasks cancelled, not torn."""
    _State.divert = to
    try:
        yield
    finally:
        _State.divert = None


@contextmanager
def interruptible() -> Iterator[None]:
    """Signals raise Interrupted inside; the handlers from before are put back."""
    _State.shields, _State.pending, _State.healing = 0, False, False
    before = {number: signal.signal(number, _receive) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
