"""Collect: is all there that the load left? The verdict is made from these files alone."""

from __future__ import annotations

import os

from erisc.executor.bundle import Cell
from erisc.executor.state import Run


def collect(run: Run, cell: Cell) -> None:
    """A workload without a record makes the run `broken`, where it is not yet, for a better reason."""
    for workload in cell.workloads:
        path = os.path.join(run.run_dir.raw(cell.id, workload.name), "iterations.jsonl")
        if not os.path.exists(path) and not run.problems:
            run.broke(f"workload {workload.name} of cell {cell.id} left no iterations")
