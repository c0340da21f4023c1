"""What watches a cell while its load runs: reactions that may strike, and what people are shown of it.

All of it on threads of its own, which give way to the timeline's.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sized

from erisc.executor.bundle import Cell
from erisc.executor.events import Event
from erisc.executor.live.workloads import Live
from erisc.executor.progress import Painter
from erisc.executor.progress.board import Board
from erisc.executor.progress.panel import panel, plain
from erisc.executor.progress.scene import Scene, scene_of
from erisc.executor.progress.telling import told
from erisc.executor.reactions.engine import Reactions
from erisc.executor.reactions.prometheus import PrometheusWatch
from erisc.executor.reactions.running import runs
from erisc.executor.reactions.sensors import Sources
from erisc.executor.reactions.services import ServiceWatch
from erisc.executor.reactions.watched import expressions, watched_services
from erisc.executor.schedule import Schedule, Target
from erisc.executor.state import Run
from erisc.executor.timeline import Timeline

TICK = 0.05
"""s between looks at what was recorded."""
SCENE = 0.2
"""s between what is drawn."""


class Watching:
    """One cell. start, stop: from the thread that drives it. candidates: among which a target's selector picks."""

    def __init__(self, run: Run, cell: Cell, timeline: Timeline, candidates: Callable[[Target], Sized]) -> None:
        self._cell = cell
        self._timeline = timeline
        self._tty = run.console.tty
        self._say = run.console.say
        self._due = {(fault.name, fault.instance): fault.at for fault in cell.schedule.faults}
        self._events: deque[Event] = deque()
        folders = {workload.name: run.run_dir.raw(cell.id, workload.name) for workload in cell.workloads}
        self._live = Live(folders, timeline.t0)
        self._services = ServiceWatch(
            watched_services(cell.schedule, run.bundle, run.zone), lambda host, name: runs(run.channels, host, name)
        )
        self._queries = PrometheusWatch(run.zone.prometheus, expressions(cell.schedule))
        sources = Sources(self._live, self._services, self._queries)
        self._reactions = Reactions(cell.schedule, sources, timeline.strike, turns(cell.schedule, candidates))
        self._board = Board(cell.schedule)
        self._scene = self._seen(0.0)
        self._over = threading.Event()
        self._idle = False
        self._thread = threading.Thread(target=self._watch, name="watching", daemon=True)
        colour = run.console.colour
        self._painter = Painter(
            run.console, lambda wide, high: panel(self._scene, wide, high, colour=colour), lambda: plain(self._scene)
        )

    def start(self) -> None:
        """From now on; reactions strike from t = 0."""
        self._timeline.observe(self._events.append)
        self._timeline.observe(self._reactions.take)
        self._services.start()
        self._queries.start()
        self._thread.start()
        self._painter.start()

    def load_ended(self) -> None:
        """No reaction strikes after this."""
        self._idle = True

    def stop(self) -> None:
        """No reaction strikes after this, and the last frame stays."""
        self._over.set()
        self._services.stop()
        self._queries.stop()
        self._thread.join()
        self._painter.stop()

    def generator(self, workload: str, name: str, t0: float) -> None:
        """A generator of the workload records too; its clock (CLOCK_MONOTONIC) reads `t0` s at t = 0."""
        self._live.workloads[workload].records.generator(name, t0)

    def _watch(self) -> None:
        drawn = 0.0
        while not self._over.wait(TICK):
            self._live.read()
            at = self._timeline.now()
            self._take()
            if at >= 0 and not self._idle:
                self._reactions.look(at)
            if time.monotonic() - drawn >= SCENE:
                drawn = time.monotonic()
                self._scene = self._seen(at)
        self._take()
        self._scene = self._seen(self._timeline.now())

    def _take(self) -> None:
        while self._events:
            event = self._events.popleft()
            self._board.take(event)
            if not self._tty and (line := told(event, self._due)):
                self._say(line)

    def _seen(self, at: float) -> Scene:
        live = [self._live.workloads[workload.name] for workload in self._cell.workloads]
        silent = [*self._services.silent.values(), *self._queries.silent.values()]
        waiting = self._reactions.waiting(at)
        return scene_of(self._cell.id, at, self._cell.workloads, live, self._board, waiting, silent)


def turns(schedule: Schedule, candidates: Callable[[Target], Sized]) -> dict[str, int]:
    """How often something is healed until a strike of each fault is over: `each` strikes host by host."""
    steps = [(one.name, one.steps) for one in schedule.faults] + [(one.name, one.steps) for one in schedule.reactions]
    return {
        name: sum(
            len(candidates(effect.target)) if effect.target.selector == "each" else 1
            for step in of for effect in step
        )
        for name, of in steps
    }  # fmt: skip
