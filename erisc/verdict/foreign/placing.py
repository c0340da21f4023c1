"""Samples and tables of other files get their place in the repeats: by the clock, or counted from t = 0."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import replace
from erisc.verdict.columns import COLUMNS, RECORDED
from erisc.verdict.fault_rows import FaultRow, fault_windows
from erisc.verdict.foreign.history import DIGITS, Spec
from erisc.verdict.foreign.samples import Row, Samples, when
from erisc.verdict.history import CellHistory
from erisc.verdict.iterations import ApiCall, Iteration
from erisc.verdict.program import Cell, Stage, Workload
from erisc.verdict.timeline import FAULT, STAGE, WindowRow

Tables = dict[str, list[Row]]

TIMES = ("at_s", "intended_s", "started_s", "finished_s", "start_s", "end_s", "planned_s", "called_s", "effective_s")
HEALS = ("heal_called_s", "healed_s")
"""Columns that are moments: they move with t = 0."""


def placed(
    spec: Spec, first: Cell, cells: Sequence[CellHistory], starts: Sequence[float], samples: Sequence[Samples]
) -> tuple[tuple[CellHistory, ...], float | None, tuple[str, ...]]:
    """The repeats with their samples, when the first began (s since the epoch), and notes.

    starts: of the repeats, s since the epoch. A sample by the clock belongs to the repeat that last began before it, or
    to the first, when it came before all. Without any repeat, the samples make one, that begins with the earliest.
    Raises Failure when there is nothing to judge.
    """
    clock = [one for one in samples if one.wall]
    if not cells:
        if not any(one.rows for one in samples):
            raise Failure("the files hold no row that can be used", mend="give others", exit_code=WRONG_CALL)
        cells = [_empty(first)]
        starts = [_earliest(clock)]
    order = sorted(range(len(cells)), key=lambda index: starts[index])
    tables: list[Tables] = [{} for _ in cells]
    for one in samples:
        for table, rows in one.rows.items():
            for row in rows:
                index = _index(row[when(table)], one.wall, order, starts)
                moved = _moved(table, row, starts[index] if one.wall else 0.0)
                tables[index].setdefault(table, []).append(moved)
    made = tuple(_filled(spec, cell, of) if of else cell for cell, of in zip(cells, tables, strict=True))
    notes = (
        ("samples without a clock are counted from t = 0 of the first repeat",) if _unclocked(samples, cells) else ()
    )
    return made, min(starts) if any(starts) else None, notes


def _unclocked(samples: Sequence[Samples], cells: Sequence[CellHistory]) -> bool:
    return len(cells) > 1 and any(one.rows and not one.wall for one in samples)


def _earliest(clock: Sequence[Samples]) -> float:
    moments = [row[when(table)] for one in clock for table, rows in one.rows.items() for row in rows]
    return min((at for at in moments if isinstance(at, float)), default=0.0)


def _index(at: object, wall: bool, order: Sequence[int], starts: Sequence[float]) -> int:
    if not wall or not isinstance(at, float):
        return order[0]
    return order[max(0, bisect_right([starts[index] for index in order], at) - 1)]


def _moved(table: str, row: Row, start: float) -> Row:
    return tuple(
        round(value - start, DIGITS) + 0.0 if name in TIMES + HEALS and isinstance(value, float) else value
        for name, value in zip(COLUMNS[table], row, strict=True)
    )


def _empty(first: Cell) -> CellHistory:
    return CellHistory(
        id="0001",
        workloads=(),
        iterations=(),
        api=(),
        windows=(),
        faults=(),
        load_end=None,
        lost_share=0.0,
        point=first.point,
        repeat=1,
        criteria=first.criteria,
    )


def _filled(spec: Spec, cell: CellHistory, tables: Tables) -> CellHistory:
    """The cell with rows added; its load lasts as long as what was recorded, when no driver's file says how long."""
    done = [_iteration(spec, row) for row in tables.get("iterations", [])]
    faults = (*cell.faults, *(_fault(row) for row in tables.get("faults", [])))
    end = cell.load_end if cell.load_end is not None else _end(done, tables)
    windows = cell.windows + tuple(WindowRow(*row) for row in tables.get("windows", []))  # type: ignore[arg-type]
    stages, loads = _loads(spec, cell, end)
    fresh = fault_windows(faults[len(cell.faults) :], end)
    return replace(
        cell,
        workloads=cell.workloads + loads,
        iterations=tuple(sorted((*cell.iterations, *done), key=lambda row: (row.intended_s, row.iteration))),
        api=(*cell.api, *(ApiCall(*row) for row in tables.get("api", []))),  # type: ignore[arg-type]
        windows=(*windows, *stages, *fresh),
        faults=faults,
        load_end=end,
        samples=tuple((table, tuple(rows)) for table, rows in tables.items() if table not in RECORDED),
    )


def _loads(spec: Spec, cell: CellHistory, end: float) -> tuple[tuple[WindowRow, ...], tuple[Workload, ...]]:
    """Workloads of the spec that no file of Rally's drove: their first named stage is all that was recorded."""
    known = {load.name for load in cell.workloads}
    stages = {row.name for row in cell.windows if row.kind != FAULT}
    rows, loads = [], []
    for wanted in spec.workloads:
        if wanted.name not in known:
            loads.append(Workload(wanted.name, "closed", (Stage(wanted.stage, "hold", 0.0, end, 1.0, 1.0),)))
            if wanted.stage and f"{wanted.name}.{wanted.stage}" not in stages:
                rows.append(WindowRow(f"{wanted.name}.{wanted.stage}", STAGE, 0, 0.0, end, None))
    return tuple(rows), tuple(loads)


def _end(done: Sequence[Iteration], tables: Tables) -> float:
    ends = [row.finished_s or row.intended_s for row in done]
    for table, rows in tables.items():
        if table not in RECORDED:
            at = when(table)
            ends += [_until(row[at], row[at + 1]) for row in rows]
    return max(ends, default=0.0)


def _until(at: object, length: object) -> float:
    """An instant belongs to the load as well: the end of a window is exclusive."""
    start = at if isinstance(at, float) else 0.0
    return start + length if isinstance(length, float) and length > 0 else start + 10**-DIGITS


def _iteration(spec: Spec, row: Row) -> Iteration:
    """A row of a file that lacks what can be told from the rest of it."""
    made = dict(zip(COLUMNS["iterations"], row, strict=True))
    only = spec.workloads[0] if len(spec.workloads) == 1 else None
    if not made["workload"] and only is not None:
        made["workload"] = only.name
    wanted = next((one for one in spec.workloads if one.name == made["workload"]), None)
    made["stage"] = made["stage"] or (wanted.stage if wanted else "")
    made["started_s"] = made["started_s"] if made["started_s"] is not None else made["intended_s"] or 0.0
    made["intended_s"] = made["intended_s"] if made["intended_s"] is not None else made["started_s"]
    _ended(made)
    made["iteration"] = made["iteration"] or 0
    made["error"] = made["error"] or None
    made["ok"] = made["error"] is None and made["finished_s"] is not None if made["ok"] is None else made["ok"]
    return Iteration(**made)  # type: ignore[arg-type]


def _ended(made: dict[str, object]) -> None:
    """finished and duration each tell the other."""
    started, finished, took = made["intended_s"], made["finished_s"], made["duration_s"]
    if isinstance(started, float) and isinstance(took, float) and finished is None:
        made["finished_s"] = round(started + took, DIGITS)
    elif isinstance(started, float) and isinstance(finished, float) and took is None:
        made["duration_s"] = round(finished - started, DIGITS)


def _fault(row: Row) -> FaultRow:
    made = dict(zip(COLUMNS["faults"], row, strict=True))
    made["instance"] = made["instance"] or 0
    made["error"] = made["error"] or None
    failed = made["called_s"] is None and made["effective_s"] is None
    return FaultRow(**made, failed=failed, withheld_s=None, until_s=None)  # type: ignore[arg-type]
