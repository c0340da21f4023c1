"""Plays a fault schedule on the hosts of an inventory, with nothing but faults: what a run is while it breaks things.

Called as `python -m tests.executor.faults.player RUN_DIR INVENTORY SCHEDULE`; prints `t0 <CLOCK_MONOTONIC s>` when that
is known, and ends with 0 when nothing went wrong, 1 when the run broke, 3 when a host lacks something.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from erisc.executor import rundir, timeline
from erisc.executor.bundle import Bundle, Cell
from erisc.executor.faults.guard import Guard
from erisc.executor.faults.readiness import lacking
from erisc.executor.progress import Console
from erisc.executor.schedule import read_schedule
from erisc.executor.state import Run
from erisc.executor.timeline import Timeline, ahead
from erisc.executor.zones import Zone
from erisc.executor.zones.inventory import read_inventory

LEAD = 1.5
"""s ahead that faults arm here: a test has not the time of a run."""


def begin(run_path: str, inventory: str, schedule: dict[str, Any]) -> tuple[Run, Cell]:
    """A run that has got as far as discover."""
    hosts, groups = read_inventory(inventory)
    cell = Cell("0001", (), (), read_schedule(schedule))
    run_dir = rundir.create(run_path)
    bundle = Bundle(run_path, "", "faults", "faults.eris", (), (), (cell,))
    run = Run(rundir.new_run_id(), run_dir, bundle, control=False, console=Console())
    run_dir.write_description({"format": 1, "id": run.id})
    run.zone = Zone("test", "", (), hosts, groups)
    run.cloud = None
    run.guard = Guard(run.zone, run.channels)
    return run, cell


def play(run: Run, cell: Cell, told: Callable[[float], object]) -> None:
    """The whole timeline of the cell. told: called with t0."""

    async def drive() -> None:
        t0 = time.monotonic() + max(0.2, ahead(cell.schedule))
        told(t0)
        await Timeline(run, cell, t0).play()

    asyncio.run(drive())


def main(run_path: str, inventory: str, schedule_path: str) -> int:
    """As the module says."""
    timeline.LEAD = LEAD
    with open(schedule_path, encoding="utf-8") as file:
        run, cell = begin(run_path, inventory, json.load(file))
    lacks = lacking(run)
    if lacks:
        print("\n".join(lacks), file=sys.stderr)
        return 3
    play(run, cell, lambda t0: print(f"t0 {t0}", flush=True))
    run.log.must_write = False
    run.undo.end(run.undo.open())
    run.channels.close()
    print("\n".join(run.problems), file=sys.stderr)
    return 1 if run.problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
