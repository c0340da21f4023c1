"""`--stop-early`: which repeats of a sweep point are still worth running. The verdict decides, the log records it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from erisc.base.failure import Failure
from erisc.executor.bundle import Cell
from erisc.executor.events import EventLog
from erisc.executor.progress import Console
from erisc.executor.rundir import RunDir

if TYPE_CHECKING:
    from erisc.verdict.stopping import Looks, Stop


class Repeats:
    """The cells of a run that may stop early, one after the other."""

    def __init__(self, run_dir: RunDir, log: EventLog, console: Console) -> None:
        self._run_dir = run_dir
        self._log = log
        self._console = console
        self._skipped: set[str] = set()
        self._looks: Looks | None = None

    def needed(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        """Every cell that is still needed when its turn comes; the one before must be over by then, and recorded."""
        for cell in cells:
            if cell.id not in self._skipped:
                yield cell
                self._look(cell.id)

    def _look(self, cell: str) -> None:
        """At what was recorded so far. Where nothing can be told every repeat is run, and the reason is shown."""
        try:
            stop = self._judge().after(cell)
        except Failure as error:
            self._console.say(f"the repeats cannot be judged yet, so none is skipped: {error}")
            return
        if stop:
            self._skip(stop)

    def _judge(self) -> Looks:
        from erisc.verdict.stopping import Looks  # it loads numpy and DuckDB, which a run without this does at its end

        if self._looks is None:
            self._looks = Looks(self._run_dir.bundle, self._run_dir.path)
        return self._looks

    def _skip(self, stop: Stop) -> None:
        self._console.say(f"{stop.reason}; skipped: {', '.join(stop.cells)}")
        for cell in stop.cells:
            self._log.append("cell_skipped", cell=cell, after=stop.after, reason=stop.reason)
        self._skipped.update(stop.cells)
