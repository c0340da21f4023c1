"""The recorded history of a run, as rows: what the tables hold and the report draws."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.verdict import fault_rows, iterations, timeline
from erisc.verdict.fault_rows import FaultRow
from erisc.verdict.iterations import ApiCall, Iteration
from erisc.verdict.model import Loss
from erisc.verdict.program import Cell, Program, Workload
from erisc.verdict.timeline import Log, WindowRow

EVENTS = "events.jsonl"


@record
class CellHistory:
    """One cell as it went. load_end: s from t = 0 when the last load ended, None when there was no load.

    lost_share: the part of the recorded lines of its iterations that could not be used, 0..1.
    point: the swept parameters and their values; cells of the same point are its repeats. criteria: which of the
    program's KPIs and SLOs are meant, from 0. samples: tables of samples beside the load with their rows (see
    `erisc.verdict.columns`), those that have any.
    """

    id: str
    workloads: tuple[Workload, ...]
    iterations: Sequence[Iteration]
    api: Sequence[ApiCall]
    windows: tuple[WindowRow, ...]
    faults: tuple[FaultRow, ...]
    load_end: float | None
    lost_share: float
    point: tuple[tuple[str, Any], ...] = ()
    repeat: int = 1
    criteria: int = 0
    samples: tuple[tuple[str, tuple[tuple[object, ...], ...]], ...] = ()


@record
class SkippedCell:
    """A cell that was not run, because the repeats before it had decided. reason: as the log says it."""

    id: str
    reason: str
    point: tuple[tuple[str, Any], ...]
    repeat: int
    criteria: int


@record
class RunHistory:
    """A run as it went. cells: without those that were skipped.

    status: `complete`, `broken`, `interrupted`, or `` when the log does not say how it ended; error: why it broke.
    about: run.json as it is. control: faults were kept back. started_wall: s since the epoch. looked: it asked after
    every repeat whether more are needed.
    """

    run: str
    status: str
    error: str
    control: bool
    started_wall: float | None
    about: dict[str, Any]
    cells: tuple[CellHistory, ...]
    losses: tuple[Loss, ...]
    looked: bool = False
    skipped: tuple[SkippedCell, ...] = ()


def read_run(run_dir: str, bundle: str, program: Program) -> RunHistory:
    """The history in `run_dir`; `bundle` and `program` are those the run was made by.

    Raises Failure when the directory is no run. Damaged lines are left out and stated in `losses`.
    """
    if not os.path.isfile(os.path.join(run_dir, EVENTS)):
        raise Failure(
            f"{run_dir} is not a run directory: it has no {EVENTS}",
            mend="name a directory that `erisc run` made",
            exit_code=WRONG_CALL,
        )
    log, losses = timeline.read_log(run_dir, EVENTS)
    cells = []
    skipped = _skipped(program, log)
    left_out = {cell.id for cell in skipped}
    for cell in program.cells:
        if cell.id in left_out:
            continue
        history, lost = _cell(run_dir, bundle, cell, log)
        cells.append(history)
        losses += lost
    about = _about(run_dir)
    return RunHistory(
        run=log.run or str(about.get("id", "")) or os.path.basename(os.path.abspath(run_dir)),
        status=log.status,
        error=log.error,
        control=log.control,
        started_wall=log.started_wall,
        about=about,
        cells=tuple(cells),
        losses=losses,
        looked=any(event["type"] == "run_started" and event.get("stop_early") is True for event in log.events),
        skipped=skipped,
    )


def _skipped(program: Program, log: Log) -> tuple[SkippedCell, ...]:
    """A cell that has events of its load was not skipped, whatever else the log says."""
    reasons = {
        event.get("cell"): str(event.get("reason", "")) for event in log.events if event["type"] == "cell_skipped"
    }
    return tuple(
        SkippedCell(cell.id, reasons[cell.id], cell.point, cell.repeat, cell.criteria)
        for cell in program.cells
        if cell.id in reasons and timeline.t0(log.cell(cell.id)) is None
    )


def _about(run_dir: str) -> dict[str, Any]:
    try:
        with open(os.path.join(run_dir, "run.json"), encoding="utf-8") as file:
            about = json.load(file)
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def _cell(run_dir: str, bundle: str, cell: Cell, log: Log) -> tuple[CellHistory, tuple[Loss, ...]]:
    events = log.cell(cell.id)
    t0 = timeline.t0(events)
    names = [workload.name for workload in cell.workloads]
    read = iterations.read(run_dir, cell.id, names, iterations.generators(events, names, t0))
    workloads = timeline.settled(events, cell.workloads)
    load_end = timeline.load_end(events, workloads)
    faults = fault_rows.faults(events, fault_rows.planned(bundle, cell.id))
    struck = fault_rows.fault_windows(faults, load_end, control=log.control)
    history = CellHistory(
        id=cell.id,
        workloads=workloads,
        iterations=read.iterations,
        api=read.api,
        windows=timeline.stage_windows(events, workloads, load_end) + struck,
        faults=faults,
        load_end=load_end,
        lost_share=read.lost / read.total if read.total else 0.0,
        point=cell.point,
        repeat=cell.repeat,
        criteria=cell.criteria,
    )
    return history, read.losses
