"""`--stop-early`: which repeats of a sweep point are still worth running. The verdict decides, the log records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erisc.base.failure import Failure
from erisc.executor.state import Run

if TYPE_CHECKING:
    from erisc.verdict.stopping import Looks, Stop


class Repeats:
    """skipped: ids of the cells that need not be run, as the event log has them."""

    def __init__(self, run: Run) -> None:
        self.skipped: set[str] = set()
        self._run = run
        self._looks: Looks | None = None

    def finished(self, cell: str) -> None:
        """Look at what was recorded so far. Where nothing can be told every repeat is run, and the reason is shown."""
        try:
            stop = self._judge().after(cell)
        except Failure as error:
            self._run.console.say(f"the repeats cannot be judged yet, so none is skipped: {error}")
            return
        if stop:
            self._skip(stop)

    def _judge(self) -> Looks:
        from erisc.verdict.stopping import Looks  # it loads numpy and DuckDB, which a run without this does at its end

        if self._looks is None:
            self._looks = Looks(self._run.run_dir.bundle, self._run.run_dir.path)
        return self._looks

    def _skip(self, stop: Stop) -> None:
        self._run.console.say(f"{stop.reason}; skipped: {', '.join(stop.cells)}")
        for cell in stop.cells:
            self._run.log.append("cell_skipped", cell=cell, after=stop.after, reason=stop.reason)
        self.skipped.update(stop.cells)
