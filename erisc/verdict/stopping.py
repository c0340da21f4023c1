"""While a run goes on: does a sweep point need its remaining repeats?"""

from __future__ import annotations

import os

from erisc.base.record import record, replace
from erisc.verdict import judge, points
from erisc.verdict.evaluation import computed
from erisc.verdict.history import read_run
from erisc.verdict.model import INCONCLUSIVE, PASS, CellVerdict
from erisc.verdict.program import Cell, Criteria, Slo
from erisc.verdict.program_file import load_program
from erisc.verdict.sequences import NAMES, Look
from erisc.verdict.tables import write_tables


@record
class Stop:
    """A sweep point that is decided. cells: the ids of its repeats that are left. after: how many were made."""

    cells: tuple[str, ...]
    after: int
    reason: str


class Looks:
    """Looks after every finished cell, with what was recorded up to then; how the run ends is not asked.

    It says the same as the evaluation of the whole run will: both compute a cell's KPIs from its records, and ask
    `points.look_at`.
    """

    def __init__(self, bundle: str, run_dir: str) -> None:
        """bundle: the run's own copy. Raises Failure when its KPI program cannot be read."""
        self._bundle = bundle
        self._run_dir = run_dir
        self._program = load_program(bundle)
        self._made: dict[str, CellVerdict] = {}
        self._doubted: set[str] = set()

    def after(self, cell_id: str) -> Stop | None:
        """What the cell's sweep point has come to; None while a repeat is still needed, or there is none left.

        Raises Failure when the cell's records cannot be read.
        """
        cell = next(one for one in self._program.cells if one.id == cell_id)
        criteria = self._program.criteria[cell.criteria]
        asked = [slo for slo in criteria.slos if slo.runs is not None]
        repeats = [one for one in self._program.cells if (one.criteria, one.point) == (cell.criteria, cell.point)]
        if not asked or len(repeats) < 2:
            return None
        self._look(cell, criteria)
        left = tuple(one.id for one in repeats if one.id not in self._made)
        return self._decide(criteria, asked, repeats, left) if left else None

    def _look(self, cell: Cell, criteria: Criteria) -> None:
        """Keep what the finished cell came to."""
        alone = replace(self._program, cells=(cell,))
        [recorded] = read_run(self._run_dir, self._bundle, alone).cells
        tables = os.path.join(self._run_dir, "cells", cell.id, "tables")
        write_tables(recorded, tables)
        kpis = computed(criteria, recorded, tables)
        self._made[cell.id] = CellVerdict(cell.id, cell.point, cell.repeat, INCONCLUSIVE, kpis, ())
        if recorded.lost_share > judge.TOLERABLE:
            self._doubted.add(cell.id)

    def _decide(self, criteria: Criteria, asked: list[Slo], repeats: list[Cell], left: tuple[str, ...]) -> Stop | None:
        made = [self._made[one.id] for one in repeats if one.id in self._made]
        doubted = any(one.id in self._doubted for one in made)
        found: list[tuple[Slo, Look]] = []
        for slo in asked:
            planned = max(slo.runs or 0, len(repeats))
            look = points.look_at(slo, criteria.kpi(slo.kpi), made, planned, looked=True)
            if look.outcome == INCONCLUSIVE or (doubted and look.outcome == PASS):
                return None
            found.append((slo, look))
        said = "; ".join(f"{slo.name}: {look.outcome} by {NAMES[look.way]}" for slo, look in found)
        return Stop(left, len(made), f"decided after {len(made)} of {len(repeats)} repeats: {said}")
