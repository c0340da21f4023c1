"""Evaluation: a bundle's program on a run's history: the verdict, and the files that tell it."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.verdict import files, judge, points
from erisc.verdict.closed import closed_notes
from erisc.verdict.formulas import Formulas
from erisc.verdict.history import CellHistory, RunHistory, SkippedCell, read_run
from erisc.verdict.model import (
    BROKEN,
    FAIL,
    INCONCLUSIVE,
    PASS,
    SKIPPED,
    CellVerdict,
    KpiResult,
    Loss,
    PointVerdict,
    Verdict,
)
from erisc.verdict.program import Criteria, Program
from erisc.verdict.program_file import load_program
from erisc.verdict.rows import Site
from erisc.verdict.tables import open_tables, write_tables

REPORTS = {"html": "report.html", "junit": "junit.xml"}
"""The built-in reports' files; a report of another package is written as `report.<name>`."""


def evaluate(bundle_dir: str, run_dir: str) -> Verdict:
    """Judge the run and write tables, verdict.json and the reports into its directory.

    bundle_dir: whose KPIs and SLOs are judged; not necessarily the bundle the run was made by. Needs no cloud: it reads
    the raw records again, every time, and the same records give the same bytes. Raises Failure when the bundle or the
    directory cannot be read, or a file cannot be written; then no file is half-written.
    """
    verdict, history = judged(bundle_dir, run_dir)
    write_verdict(verdict, history, run_dir)
    return verdict


def write_verdict(verdict: Verdict, history: RunHistory, folder: str) -> None:
    """verdict.json and every report, into `folder`. Raises Failure when a file cannot be written."""
    files.write(os.path.join(folder, "verdict.json"), verdict.to_json().encode())
    for name, point in entry_points("erisc.reports").items():
        render = point.load()
        if not callable(render):
            raise Failure(
                f"the report {name!r} of {point.package!r} is not a function", mend=f"remove {point.package!r}"
            )
        files.write(os.path.join(folder, REPORTS.get(name, f"report.{name}")), render(verdict, history))


def judged(bundle_dir: str, run_dir: str) -> tuple[Verdict, RunHistory]:
    """The verdict and the history it rests on; writes the tables and nothing else."""
    program = load_program(bundle_dir)
    made_by = os.path.join(run_dir, "bundle")
    own = made_by if os.path.isfile(os.path.join(made_by, "manifest.json")) else bundle_dir
    history = read_run(run_dir, own, program if own == bundle_dir else load_program(own))
    another = _another(bundle_dir, own)
    return evaluate_history(program, history, os.path.join(run_dir, "cells"), another), history


def evaluate_history(program: Program, history: RunHistory, folder: str = "", notes: tuple[str, ...] = ()) -> Verdict:
    """The program on a history, whatever it was made from: its cells are those of the history, not of the program.

    folder: where the tables are written, `<cell>/tables/*.parquet` in it; "" for a temporary place. notes: what to add
    to the verdict's.
    """
    if not folder:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="erisc-") as scratch:
            return evaluate_history(program, history, scratch, notes)
    with ExitStack() as stack:
        both = [_point(program, cells, history, folder, stack) for cells in _points(history)]
    verdicts = {cell.id: cell for _, cells in both for cell in cells}
    found = tuple(point for point, _ in both)
    return Verdict(
        run=history.run,
        experiment=program.experiment,
        outcome=_outcome(history, [point.outcome for point in found]),
        points=found,
        cells=tuple(verdicts[cell.id] for cell in history.cells) + tuple(map(_left_out, history.skipped)),
        losses=_few(history.losses),
        notes=_notes(history) + closed_notes(program, history) + notes,
    )


def computed(criteria: Criteria, cell: CellHistory, folder: str) -> tuple[KpiResult, ...]:
    """The KPIs of one cell from its Parquet tables in `folder`, read in place, however large; nothing is judged."""
    with closing(open_tables(folder, criteria.tables)) as connection:
        formulas = Formulas(criteria, [Site(connection, cell, criteria)])
        return tuple(judge.show(kpi, formulas) for kpi in criteria.kpis)


def _points(history: RunHistory) -> list[list[CellHistory]]:
    """The cells of every sweep point, in the order of execution."""
    found: dict[tuple[object, ...], list[CellHistory]] = {}
    for cell in history.cells:
        found.setdefault(_place(cell), []).append(cell)
    return list(found.values())


def _place(cell: CellHistory | SkippedCell) -> tuple[object, ...]:
    """What the repeats of a sweep point have in common."""
    return (cell.criteria, *cell.point)


def _left_out(cell: SkippedCell) -> CellVerdict:
    return CellVerdict(cell.id, cell.point, cell.repeat, SKIPPED, (), (), cell.reason)


MOST_LOSSES = 100
"""Losses listed a file; the rest are counted."""


def _few(losses: tuple[Loss, ...]) -> tuple[Loss, ...]:
    """The first losses of every file, and how many more there were."""
    listed: list[Loss] = []
    counts: dict[str, int] = {}
    for loss in losses:
        counts[loss.file] = counts.get(loss.file, 0) + 1
        if counts[loss.file] <= MOST_LOSSES:
            listed.append(loss)
    more = [
        Loss(file, 0, f"{n - MOST_LOSSES} more lines could not be used")
        for file, n in counts.items()
        if n > MOST_LOSSES
    ]
    return tuple(listed + more)


def _another(bundle_dir: str, own: str) -> tuple[str, ...]:
    if _manifest(bundle_dir) == _manifest(own):
        return ()
    return ("judged by the KPIs and SLOs of another bundle than the run was made by",)


def _manifest(bundle: str) -> bytes:
    path = os.path.join(bundle, "manifest.json")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Failure(
            f"{path} cannot be read: {error.strerror}",
            mend="name a bundle made by `erisc compile`",
            exit_code=WRONG_CALL,
        ) from error


def _notes(history: RunHistory) -> tuple[str, ...]:
    notes = []
    if history.status == "broken":
        notes.append(f"the test bed broke: {history.error or 'the log does not say why'}")
    elif history.status == "interrupted":
        notes.append("the run was interrupted: nothing passes")
    elif history.status != "complete":
        notes.append("the run did not finish: its event log has no run_finished; nothing passes")
    if history.skipped:
        notes.append(
            f"stopped early: {len(history.skipped)} repeats were skipped because every SLO over runs was decided; "
            "KPI intervals do not allow for that, the SLOs' do"
        )
    if history.control:
        notes.append("control run: every fault was kept back")
    return tuple(notes)


def _outcome(history: RunHistory, cells: list[str]) -> str:
    if history.status == "broken":
        return BROKEN
    outcome = judge.overall(cells)
    return INCONCLUSIVE if outcome == PASS and history.status != "complete" else outcome


def _point(
    program: Program, cells: list[CellHistory], history: RunHistory, folder: str, stack: ExitStack
) -> tuple[PointVerdict, list[CellVerdict]]:
    """A sweep point and its cells. Their tables stay open until both are judged: pooled terms read all of them."""
    criteria = program.criteria[cells[0].criteria]
    sites = [_site(criteria, cell, folder, stack) for cell in cells]
    verdicts = [_cell(criteria, site, history) for site in sites]
    doubts: dict[str, str] = {}
    for cell in cells:
        doubts |= _doubts(history, cell)
    skipped = tuple(cell.id for cell in history.skipped if _place(cell) == _place(cells[0]))
    plan = points.Repeats(history.looked, skipped)
    return points.point(verdicts, Formulas(criteria, sites), doubts, plan), verdicts


def _site(criteria: Criteria, cell: CellHistory, folder: str, stack: ExitStack) -> Site:
    tables = os.path.join(folder, cell.id, "tables")
    write_tables(cell, tables)
    return Site(stack.enter_context(closing(open_tables(tables, criteria.tables, folder))), cell, criteria)


def _cell(criteria: Criteria, site: Site, history: RunHistory) -> CellVerdict:
    """What is judged run by run; an SLO over several runs is the point's."""
    cell = site.cell
    formulas = Formulas(criteria, [site])
    shown = tuple(judge.show(kpi, formulas) for kpi in criteria.kpis)
    doubts = _doubts(history, cell)
    own = [slo for slo in criteria.slos if slo.runs is None]
    slos = tuple(judge.judge(slo, criteria.kpi(slo.kpi), formulas, doubts) for slo in own)
    outcome = BROKEN if history.status == "broken" else judge.overall(slo.outcome for slo in slos)
    return CellVerdict(cell.id, cell.point, cell.repeat, outcome, shown, slos)


def _doubts(history: RunHistory, cell: CellHistory) -> dict[str, str]:
    """Why an outcome in this cell cannot be believed."""
    if history.status == "broken":
        return dict.fromkeys((PASS, FAIL), "the test bed broke")
    if history.status != "complete":
        return {PASS: "the run did not finish"}
    if cell.lost_share > judge.TOLERABLE:
        return {PASS: f"{cell.lost_share * 100:.2g} % of the recorded lines were lost"}
    return {}
