"""Heal: every fault that is still open ends, and no load process is left."""

from __future__ import annotations

from erisc.executor.bundle import Cell
from erisc.executor.state import Run
from erisc.executor.undo import FAULT_KINDS


def heal(run: Run, cell: Cell) -> None:
    """End them, the latest first; what does not end makes the run `broken`."""
    for entry, error in run.undo.end(run.undo.open(FAULT_KINDS, cell.id)):
        run.broke(f"{entry.about} could not be healed: {error}")
