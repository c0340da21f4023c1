"""Teardown: what the cell made in the cloud goes."""

from __future__ import annotations

from erisc.executor.bundle import Cell
from erisc.executor.state import Run
from erisc.executor.undo import FAULT_KINDS


def teardown(run: Run, cell: Cell) -> None:
    """Take back all that is still registered, the latest first; what is left makes the run `broken`."""
    for entry, error in run.undo.end(run.undo.open(cell=cell.id)):
        if entry.kind not in FAULT_KINDS:  # the heal phase has told of those
            run.broke(f"{entry.about} is left behind: {error}")
