"""`erisc evaluate SPEC --rally FILE…`: files of other tools judged by a spec, without a cloud and without a run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record, replace
from erisc.verdict.evaluation import evaluate_history, write_verdict
from erisc.verdict.foreign import columnar, fio, history, iperf3, placing, prometheus, rally, shaker, stress_ng
from erisc.verdict.foreign.history import Spec, Wanted
from erisc.verdict.foreign.samples import Samples
from erisc.verdict.history import CellHistory, RunHistory
from erisc.verdict.model import Loss, Verdict
from erisc.verdict.program import Cell, Program
from erisc.verdict.program_file import load_program

TOOLS: dict[str, Callable[[str], Samples]] = {
    "shaker": shaker.read,
    "iperf3": iperf3.read,
    "fio": fio.read,
    "stress-ng": stress_ng.read,
    "prometheus": prometheus.read,
}
"""Readers of samples by the option that names their files."""
TABLES: dict[str, Callable[[str, str], Samples]] = {"csv": columnar.read_csv, "parquet": columnar.read_parquet}
"""Readers of TABLE=FILE by option."""


@record
class Files:
    """What was given: Rally's files; (tool, file) of the others; (kind, table, file) of CSV and Parquet."""

    rally: tuple[str, ...]
    samples: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of every file, without its folder."""
        paths = [*self.rally, *(path for _, path in self.samples), *(path for _, _, path in self.tables)]
        return tuple(os.path.basename(path) for path in paths)


def evaluate(bundle: str, files: Files, output: str = "") -> Verdict:
    """The verdict on the files by the KPIs and SLOs of a bundle, of which it reads the KPI program alone.

    output: a directory for verdict.json, tables and reports, "" for none. Raises Failure when a file cannot be read, or
    is not what it was said to be.
    """
    program = load_program(bundle)
    recorded, notes = read(program, files)
    verdict = evaluate_history(program, recorded, os.path.join(output, "cells") if output else "", notes)
    if output:
        write_verdict(verdict, recorded, output)
    return verdict


def read(program: Program, files: Files) -> tuple[RunHistory, tuple[str, ...]]:
    """The files as a run's history, and what a reader must know of how they were taken."""
    first = _only_point(program)
    spec = _spec(program, first)
    found = [rally.read(path) for path in files.rally]
    losses = [loss for _, lost in found for loss in lost]
    runs = [run for read, _ in found for run in read]
    mapped = history.mapped(spec, runs) if runs else history.Mapped((), ())
    notes = list(mapped.notes)
    cells: list[CellHistory] = []
    starts: list[float] = []
    for repeat, parts in enumerate(mapped.repeats, 1):
        cell, said = history.cell(spec, repeat, parts)
        cells.append(replace(cell, criteria=first.criteria, point=first.point))
        starts.append(min((run.rows[0].timestamp for _, run in parts if run.rows), default=0.0))
        notes += said
    samples = [TOOLS[tool](path) for tool, path in files.samples]
    samples += [TABLES[kind](table, path) for kind, table, path in files.tables]
    losses += [loss for one in samples for loss in one.losses]
    cut = any(run.cut for parts in mapped.repeats for _, run in parts)
    placed, wall, said = placing.placed(spec, first, cells, starts, samples)
    status = "interrupted" if cut else "complete"
    return _history(files, status, placed, wall, tuple(losses)), tuple(dict.fromkeys([*notes, *said]))


def _only_point(program: Program) -> Cell:
    """The cell that stands for all repeats. Files do not say to which point of a sweep they belong."""
    points = list(dict.fromkeys(json.dumps(dict(cell.point)) for cell in program.cells))
    if len(points) != 1:
        raise Failure(
            f"the spec has {len(points)} sweep points: files do not say to which they belong",
            mend="judge them by an experiment without a sweep",
            exit_code=WRONG_CALL,
        )
    return program.cells[0]


def _spec(program: Program, first: Cell) -> Spec:
    """What the files are mapped onto: the workloads, and the faults that KPIs ask for."""
    criteria = program.criteria[first.criteria]
    terms = [term for kpi in criteria.kpis for term in kpi.terms]
    asked = [term.fault for term in terms if term.fault]
    asked += [name for term in terms if term.window for name in (term.window.of, term.window.to)]
    faults = [name for name in asked if name and "." not in name]
    workloads = [
        Wanted(load.name, load.scenario, next((stage.name for stage in load.stages if stage.name), ""))
        for load in first.workloads
    ]
    return Spec(tuple(workloads), tuple(dict.fromkeys(faults)))


def _history(
    files: Files, status: str, cells: Sequence[CellHistory], started: float | None, losses: tuple[Loss, ...]
) -> RunHistory:
    """A file that was cut off within a run is like a run that was interrupted: nothing passes."""
    return RunHistory(
        run=_name(files.names),
        status=status,
        error="",
        control=False,
        started_wall=started,
        about={},
        cells=tuple(cells),
        losses=losses,
    )


def _name(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
