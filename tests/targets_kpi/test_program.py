"""The KPI program of a Plan: formulas as SQL and expressions, whole, and what is refused.

`ERISC_UPDATE_GOLDENS=1 pytest tests/targets_kpi` writes the goldens anew; the difference is for the review.
"""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.base.record import replace
from erisc.compiler.plan import (
    Aggregate,
    Binary,
    Criteria,
    Filter,
    Formula,
    Kpi,
    KpiRef,
    Number,
    Plan,
    Recover,
    Selection,
    Unary,
    Window,
)
from erisc.targets.kpi import PATH, TARGET, sql
from erisc.verdict.columns import COLUMNS
from erisc.verdict.program_file import load_program
from tests.verdict.simulate import SPAN, World
from tests.verdict.simulate import plan as broker_plan

GOLDEN = Path(__file__).parent / "goldens" / "program.json"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "program.schema.json").read_text())


def during(of: str = "boot.steady") -> Window:
    return Window("during", of, "", None, SPAN)


def where(column: str, value: Any, operator: str = "==") -> Filter:
    return Filter(column, operator, value, SPAN)


def api(column: str = "", *filters: Filter, window: Window | None = None) -> Selection:
    return Selection("api", "", column, filters, window, SPAN)


def rate(window: Window | None, workload: str = "boot") -> Selection:
    return Selection("iterations", workload, "rate", (), window, SPAN)


def count(over: Selection) -> Aggregate:
    return Aggregate("count", over, (), SPAN)


BOOTS = where("op", "nova.boot_server")
SHARE = Binary(
    "/", count(api("", where("ok", True), BOOTS, window=during())), count(api("", BOOTS, window=during())), SPAN
)
BEFORE = Aggregate("mean", rate(Window("before", "mq_crash", "", 300.0, SPAN)), (), SPAN)
DIP = Binary(
    "-", Number(1.0, SPAN), Binary("/", Aggregate("mean", rate(during("mq_crash")), (), SPAN), BEFORE, SPAN), SPAN
)
FORMULAS: dict[str, Formula] = {
    "boot_p99": Aggregate("p99", api("duration", BOOTS, window=during()), (), SPAN),
    "boot_p99_9": Aggregate("p99_9", api("duration", BOOTS, window=during()), (), SPAN),
    "success": SHARE,
    "failure": Binary("-", Number(1.0, SPAN), KpiRef("success", SPAN), SPAN),
    "ok_share": Aggregate("mean", api("ok"), (), SPAN),
    "dip": DIP,
    "recovery": Recover(rate(Window("after", "mq_crash", "", 600.0, SPAN)), 0.05, "max", SPAN),
    "errors": count(api("", where("ok", False), window=Window("after", "mq_crash", "", 60.0, SPAN))),
    "errors_a_minute": Binary("/", count(api("", where("ok", False), window=during())), Number(10.0, SPAN), SPAN),
    "other_share": Binary("/", count(api("", window=during("mq_crash"))), count(api("", window=during())), SPAN),
    "slow": count(api("", where("duration", 2.5, ">"), where("op", "it's", "!="))),
    "longest": Aggregate("max", api("duration_s", window=Window("before", "mq_crash", "", None, SPAN)), (), SPAN),
    "twice": Binary("+", BEFORE, Unary("-", BEFORE, SPAN), SPAN),
}


def plan(**formulas: Formula) -> Plan:
    kpis = tuple(
        Kpi(name, "number", "1", formula, (), f"the source of {name}", SPAN) for name, formula in formulas.items()
    )
    return replace(broker_plan(World()), criteria=(Criteria(kpis, ()),))


def whole(**formulas: Formula) -> Any:
    files, found = TARGET.emit(plan(**formulas))
    assert not found, found
    return json.loads(files[PATH])


def program(**formulas: Formula) -> Any:
    """The only criteria of the program."""
    [criteria] = whole(**formulas)["criteria"]
    return criteria


def test_formulas_become_the_sql_of_the_golden() -> None:
    files, found = TARGET.emit(plan(**FORMULAS))
    assert not found
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_bytes(files[PATH])
    assert files[PATH] == GOLDEN.read_bytes()


def test_programs_are_as_the_schema_says() -> None:
    jsonschema.validate(whole(**FORMULAS), SCHEMA)
    files, _ = TARGET.emit(broker_plan(World()))
    jsonschema.validate(json.loads(files[PATH]), SCHEMA)


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert TARGET.emit(plan(**FORMULAS)) == TARGET.emit(plan(**FORMULAS))


def tables() -> Any:
    connection = duckdb.connect(":memory:")
    for table, columns in COLUMNS.items():
        connection.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    return connection


def test_every_scan_runs_and_gives_what_the_terms_read() -> None:
    connection = tables()
    made = program(**FORMULAS)
    given = {}
    for scan in made["scans"]:
        given[scan["id"]] = {column[0] for column in connection.execute(scan["sql"]).description}
        assert all(column in COLUMNS[scan["table"]] for column in scan["columns"])
    for term in (term for kpi in made["kpis"] for term in kpi["terms"]):
        wanted = {*term["where"], *term.get("hit", ()), *([term["value"]] if "value" in term else [])}
        assert wanted <= given[term["scan"]]


def test_scans_name_the_columns_without_which_they_do_not_run() -> None:
    for scan in program(**FORMULAS)["scans"]:
        for left_out in scan["columns"]:
            connection = duckdb.connect(":memory:")
            rest = ", ".join(f"{name} {kind}" for name, kind in COLUMNS[scan["table"]].items() if name != left_out)
            connection.execute(f"CREATE TABLE {scan['table']} ({rest})")
            with pytest.raises(duckdb.BinderException):
                connection.execute(scan["sql"])


def test_terms_of_the_same_rows_are_read_in_one_pass() -> None:
    assert [scan["table"] for scan in program(**FORMULAS)["scans"]] == ["api", "iterations"]


def test_formulas_and_tables_know_the_same_columns() -> None:
    for table, columns in sql.COLUMNS.items():
        assert set(columns) == set(COLUMNS[table])


def test_a_subset_over_its_set_is_one_proportion() -> None:
    [kpi] = program(success=SHARE)["kpis"]
    assert [term["method"] for term in kpi["terms"]] == ["proportion"]
    assert kpi["expression"] == {"term": "t1"}


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (api("", where("ok", True), window=during("mq_crash")), api("", window=during())),
        (api("", where("ok", True)), Selection("iterations", "", "", (), None, SPAN)),
        (api("", where("ok", True)), api("", BOOTS)),
    ],
    ids=["another window", "another table", "not a subset"],
)
def test_other_quotients_of_counts_stay_quotients(part: Selection, whole: Selection) -> None:
    [kpi] = program(share=Binary("/", count(part), count(whole), SPAN))["kpis"]
    assert [term["method"] for term in kpi["terms"]] == ["poisson", "poisson"]


def test_the_same_quantity_twice_is_one_term() -> None:
    [kpi] = program(twice=FORMULAS["twice"])["kpis"]
    assert len(kpi["terms"]) == 1


@settings(max_examples=30, deadline=None)
@given(st.text())
def test_no_text_of_the_author_becomes_sql(text: str) -> None:
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    connection = duckdb.connect(":memory:")
    connection.execute("CREATE TABLE api AS SELECT '' AS op, 0.0 AS intended_s LIMIT 0")
    connection.execute("INSERT INTO api VALUES (?, 1.0)", [text])
    made = program(hits=count(api("", where("op", text))))
    [kpi] = made["kpis"]
    assert kpi["terms"][0]["hit"] == ["f1"]
    query = made["scans"][0]["sql"]
    assert connection.execute(f"SELECT count(*) FILTER (WHERE f1), count(*) FROM ({query})").fetchall() == [(1, 1)]


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        (count(Selection("disks", "", "", (), None, SPAN)), "E0541"),
        (Aggregate("mean", api("durations"), (), SPAN), "E0541"),
        (count(api("", where("opp", "x"))), "E0541"),
        (Aggregate("mean", api(), (), SPAN), "E0542"),
        (Aggregate("max", api("op"), (), SPAN), "E0542"),
        (Aggregate("p95", rate(during()), (), SPAN), "E0542"),
        (Aggregate("p0", api("duration"), (), SPAN), "E0542"),
        (Aggregate("apdex", Selection("net", "", "rtt", (), None, SPAN), (("satisfied", 0.5),), SPAN), "E0542"),
        (Aggregate("availability", api(), (("resolution", 1.0),), SPAN), "E0542"),
        (Aggregate("mttr", rate(during()), (("within", 0.1),), SPAN), "E0543"),
        (Recover(rate(None), 0.05, "max", SPAN), "E0543"),
        (Recover(rate(Window("after", "boot.steady", "", None, SPAN)), 0.05, "max", SPAN), "E0543"),
        (Recover(rate(Window("after", "mq_crash", "", None, SPAN), "other"), 0.05, "max", SPAN), "E0543"),
        (Recover(rate(Window("after", "mq_crash", "", None, SPAN)), 1.0, "max", SPAN), "E0543"),
    ],
)
def test_what_has_no_term_is_refused_with_its_place(formula: Formula, code: str) -> None:
    files, found = TARGET.emit(plan(wrong=Unary("-", formula, SPAN)))
    assert files == {}
    assert [diagnostic.code for diagnostic in found] == [code]
    assert found[0].span == SPAN


@pytest.mark.parametrize(("depth", "refused"), [(200, False), (5000, True)])
def test_a_formula_has_a_depth_that_can_be_judged(depth: int, refused: bool) -> None:
    formula: Formula = Number(1.0, SPAN)
    for _ in range(depth):
        formula = Binary("+", Number(1.0, SPAN), formula, SPAN)
    _, found = TARGET.emit(plan(deep=formula))
    assert [diagnostic.code for diagnostic in found] == (["E0542"] if refused else [])


def test_the_source_map_points_at_every_kpi_and_slo() -> None:
    of = broker_plan(World())
    marks = TARGET.source_map(of)[PATH]
    names = [f"/criteria/0/{name}" for name in ("kpis/0", "kpis/1", "kpis/2", "slos/0", "slos/1", "slos/2")]
    assert [mark.pointer for mark in marks] == names
    assert {mark.span for mark in marks} == {SPAN}


def test_a_stage_that_goes_by_steps_has_its_levels(tmp_path: Path) -> None:
    made = broker_plan(World())
    [cell] = made.cells
    [workload] = cell.workloads
    climb = replace(
        workload.stages[0], kind="step", duration=60.0, level_from=2.0, level_to=5.0, height=2.0, every=20.0
    )
    stepped = replace(made, cells=(replace(cell, workloads=(replace(workload, stages=(climb,)),)),))
    files, found = TARGET.emit(stepped)
    assert not found
    (tmp_path / "kpi").mkdir()
    (tmp_path / PATH).write_bytes(files[PATH])
    jsonschema.validate(json.loads(files[PATH]), SCHEMA)
    [load] = load_program(str(tmp_path)).cells[0].workloads
    assert [(stage.start, stage.end, stage.level_from, stage.level_to) for stage in load.levels] == [
        (0.0, 20.0, 2.0, 2.0),
        (20.0, 40.0, 4.0, 4.0),
        (40.0, 60.0, 5.0, 5.0),
    ]
    assert [stage.name for stage in load.stages] == [climb.name]
