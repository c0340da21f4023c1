"""Formulas and histories for tests: KPIs as the compiler hands them on, judged on simulated runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from erisc.base.record import replace
from erisc.compiler.plan import Aggregate, Criteria, Filter, Formula, Kpi, Rolling, Scalar, Selection, Slo, Window
from erisc.targets.kpi import PATH, TARGET
from erisc.verdict import Verdict
from erisc.verdict.evaluation import evaluate_history
from erisc.verdict.history import RunHistory, read_run
from erisc.verdict.program import Program
from erisc.verdict.program_file import load_program
from tests.verdict.simulate import SPAN, World, plan, write_run

OK = Filter("ok", "==", True, SPAN)
STEADY = Window("during", "boot.steady", "", None, SPAN)
AFTER = Window("after", "mq_crash", "", 60.0, SPAN)


def rows(
    column: str = "",
    *filters: Filter,
    window: Window | None = STEADY,
    table: str = "iterations",
    workload: str = "boot",
) -> Selection:
    return Selection(table, workload if table == "iterations" else "", column, filters, window, SPAN)


def of(function: str, over: Selection | Rolling, **options: Scalar) -> Aggregate:
    return Aggregate(function, over, tuple(options.items()), SPAN)


def over(aggregate: Aggregate, width: float) -> Rolling:
    return Rolling(aggregate, width, SPAN)


def kpi(name: str, formula: Formula, *by: str) -> Kpi:
    return Kpi(name, "number", "1", formula, by, name, SPAN)


def slo(name: str, of_kpi: str, operator: str, limit: float, runs: int | None, confidence: float = 0.95) -> Slo:
    return Slo(name, of_kpi, operator, limit, f"{limit:g}", "critical", confidence, runs, SPAN)


def program(folder: Path, world: World, kpis: list[Kpi], slos: tuple[Slo, ...] = ()) -> Program:
    """The program of these KPIs, for runs of `world`."""
    files, found = TARGET.emit(replace(plan(world), criteria=(Criteria(tuple(kpis), slos),)))
    assert not found, found
    path = folder / "bundle" / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(files[PATH])
    return load_program(str(folder / "bundle"))


def history(folder: Path, *worlds: World) -> RunHistory:
    """The repeats of one sweep point: a run of each world."""
    runs = []
    for repeat, world in enumerate(worlds, 1):
        run = write_run(folder / f"run{repeat}", world)
        bundle = str(run / "bundle")
        runs.append(read_run(str(run), bundle, load_program(bundle)))
    cells = (replace(run.cells[0], id=f"{place:04}", repeat=place) for place, run in enumerate(runs, 1))
    return replace(runs[0], cells=tuple(cells))


def judged(folder: Path, worlds: list[World], kpis: list[Kpi], slos: tuple[Slo, ...] = ()) -> Verdict:
    return evaluate_history(program(folder, worlds[0], kpis, slos), history(folder, *worlds))


def values(verdict: Verdict) -> dict[str, Any]:
    """What verdict.json says of the KPIs of the only sweep point."""
    found: dict[str, Any] = json.loads(verdict.to_json())["kpis"]
    return found
