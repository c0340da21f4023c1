"""Undo entries: written to the event log before the effect they take back, ended in LIFO order.

A kind is a function of the entry's arguments. It must be idempotent, and must look before it acts: it runs right after
the effect, after a crash in the middle of it, or a day later on a machine that was rebooted since.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.events import Event, EventLog

FAULT_KINDS = ("heal_strike", "called", "end_process")


@record
class Undo:
    """One thing to take back. id: unique in the run. about: a phrase for people, `rabbitmq on ctl is dead`."""

    id: str
    kind: str
    arguments: dict[str, Any]
    about: str
    cell: str


Undoer = Callable[[dict[str, Any]], None]


class UndoLog:
    """Registers undo entries in the event log and ends them."""

    def __init__(self, log: EventLog, undoers: dict[str, Undoer], past: Iterable[Event] = ()) -> None:
        self._log = log
        self._undoers = undoers
        past = list(past)
        self._open = {entry.id: entry for entry in open_entries(past)}
        self._numbers = itertools.count(1 + sum(event["type"] == "undo_registered" for event in past))
        self._lock = threading.Lock()

    def register(self, kind: str, arguments: dict[str, Any], about: str, *, cell: str = "") -> Undo:
        """Write down how to take back what is about to be done. Raises Failure when the log cannot be written."""
        entry = Undo(f"u{next(self._numbers):04d}", kind, arguments, about, cell)
        fields = {"undo": entry.id, "kind": kind, "arguments": arguments, "about": about}
        self._log.append("undo_registered", cell=cell, **fields)
        with self._lock:
            self._open[entry.id] = entry
        return entry

    def done(self, entry: Undo) -> None:
        """The effect is taken back, or never came to be."""
        with self._lock:
            known = self._open.pop(entry.id, None)
        if known:
            self._log.append("undo_done", cell=entry.cell, undo=entry.id)

    def open(self, kinds: Collection[str] = (), cell: str = "") -> list[Undo]:
        """What is still to be taken back, the latest first."""
        with self._lock:
            entries = list(self._open.values())
        chosen = (e for e in entries if (not kinds or e.kind in kinds) and (not cell or e.cell == cell))
        return sorted(chosen, key=lambda entry: int(entry.id[1:]), reverse=True)

    def end(self, entries: Iterable[Undo], say: Callable[[str], None] = lambda text: None) -> list[tuple[Undo, str]]:
        """Take back each of them; a failure does not keep the next from being tried. Returns what failed and why.

        Strikes are healed first, for a host that cannot be reached takes its time: the hosts at once, those of one host
        in the order given.
        """
        lanes: dict[str, list[Undo]] = {}
        rest: list[Undo] = []
        for entry in entries:
            lane = lanes.setdefault(entry.arguments["host"]["name"], []) if entry.kind == "heal_strike" else rest
            lane.append(entry)
        with ThreadPoolExecutor(len(lanes) or 1) as pool:
            failed = [each for ended in pool.map(lambda lane: self._end(lane, say), lanes.values()) for each in ended]
        return failed + self._end(rest, say)

    def _end(self, entries: Iterable[Undo], say: Callable[[str], None]) -> list[tuple[Undo, str]]:
        failed = []
        for entry in entries:
            error = self._try(entry)
            say(f"left: {entry.about}: {error}" if error else f"ended: {entry.about}")
            if error:
                self._log.append("undo_failed", cell=entry.cell, undo=entry.id, error=error)
                failed.append((entry, error))
            else:
                self.done(entry)
        return failed

    def _try(self, entry: Undo) -> str:
        undoer = self._undoers.get(entry.kind)
        if undoer is None:
            return f"this erisc does not know the undo kind {entry.kind!r}"
        try:
            undoer(entry.arguments)
        except Failure as error:
            return error.what
        except Exception as error:  # whatever a client library raises: the others must still be tried
            return f"{type(error).__name__}: {error}"
        return ""


def open_entries(events: Iterable[Event]) -> list[Undo]:
    """Registered and not done, in the order of the log."""
    found: dict[str, Undo] = {}
    for event in events:
        if event["type"] == "undo_registered":
            words = (event["undo"], event["kind"], event["arguments"], event["about"], event.get("cell", ""))
            found[event["undo"]] = Undo(*words)
        elif event["type"] == "undo_done":
            found.pop(event["undo"], None)
    return list(found.values())
