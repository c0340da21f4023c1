"""Collect: is all there that the load left? The verdict is made from these files alone."""

from __future__ import annotations

import os

from erisc.executor.bundle import Cell
from erisc.executor.state import Run


def collect(run: Run, cell: Cell) -> None:
    """A workload without a record makes the run `broken`, where it is not yet, for a better reason."""
    for workload in cell.workloads:
        folder = run.run_dir.raw(cell.id, workload.name)
        if not any(map(_is_record, os.listdir(folder))) and not run.problems:
            run.broke(f"workload {workload.name} of cell {cell.id} left no iterations")


def _is_record(name: str) -> bool:
    """`iterations.jsonl`, or `iterations.<generator>.jsonl` of one of several."""
    return name.startswith("iterations.") and name.endswith(".jsonl")
