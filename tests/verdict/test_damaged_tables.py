"""Tables that lack something, or hold what is no number: what is good is used, what is not is said."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from erisc.base.failure import Failure
from erisc.base.record import replace
from erisc.verdict.evaluation import computed, evaluate_history
from erisc.verdict.history import CellHistory
from tests.verdict.formulas import OK, history, kpi, of, over, program, rows, values
from tests.verdict.simulate import World

WORLD = World()
KPIS = [
    kpi("mean", of("mean", rows("duration", window=None))),
    kpi("tail", of("p95", rows("duration", window=None))),
    kpi("share", of("ratio", rows("", OK, window=None), hits=1)),
    kpi("worst", of("max", over(of("p50", rows("duration", window=None)), 10.0))),
    kpi("spread", of("stddev", rows("duration", window=None))),
    kpi("shape", of("histogram", rows("duration", window=None))),
]
COLUMNS = "workload, iteration, stage, intended_s, started_s, finished_s, duration_s, ok, error"


def parquet(folder: Path, select: str) -> CellHistory:
    """A cell whose iterations are those of a query."""
    for table in ("api", "windows", "faults"):
        duckdb.execute(f"COPY (SELECT 1 AS nothing LIMIT 0) TO '{folder / table}.parquet' (FORMAT parquet)")
    duckdb.execute(f"COPY ({select}) TO '{folder / 'iterations'}.parquet' (FORMAT parquet)")
    return CellHistory("0001", (), (), (), (), (), 100.0, 0.0)


def lines(duration: str = "1 + i % 7 / 10", where: str = "true") -> str:
    return (
        f"SELECT 'boot' AS workload, i AS iteration, 'steady' AS stage, i / 10.0 AS intended_s, i / 10.0 AS started_s, "
        f"i / 10.0 + 1 AS finished_s, ({duration})::DOUBLE AS duration_s, i % 9 > 0 AS ok, NULL::VARCHAR AS error "
        f"FROM range(1000) AS t(i) WHERE {where}"
    )


def found(folder: Path, select: str) -> dict[str, Any]:
    criteria = program(folder, WORLD, KPIS).criteria[0]
    return {one.name: one for one in computed(criteria, parquet(folder, select), str(folder))}


def test_an_empty_table_has_no_samples(tmp_path: Path) -> None:
    for one in found(tmp_path, lines(where="false")).values():
        assert (one.value, one.interval, one.n) == (None, None, 0)
        assert one.note == "no samples"


def test_not_a_number_is_left_out_and_counted(tmp_path: Path) -> None:
    told = found(tmp_path, lines("CASE WHEN i % 10 = 3 THEN 'NaN'::DOUBLE ELSE 1 + i % 7 / 10 END"))
    for name in ("mean", "tail", "spread"):
        assert told[name].n == 900
        assert "100 rows without a value are left out" in told[name].note
    assert told["share"].n == 1000
    assert told["worst"].value is not None


def test_rows_out_of_order_are_sorted_by_time(tmp_path: Path) -> None:
    ordered = found(tmp_path, lines())
    (tmp_path / "other").mkdir()
    shuffled = found(tmp_path / "other", f"SELECT * FROM ({lines()}) ORDER BY hash(iteration)")
    assert ordered == shuffled


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure) as raised:
        found(tmp_path, f"SELECT * EXCLUDE (duration_s) FROM ({lines()})")
    assert "duration_s" in raised.value.detail


def test_a_single_row_is_no_statistic(tmp_path: Path) -> None:
    told = found(tmp_path, lines(where="i = 5"))
    assert told["mean"].interval == (None, None)
    assert told["tail"].interval == (None, None)
    assert told["spread"].interval is None
    assert told["spread"].note == "one sample has no spread"


def test_a_cell_without_load_says_so(tmp_path: Path) -> None:
    run = history(tmp_path, WORLD)
    bare = replace(run.cells[0], iterations=(), api=(), windows=(), faults=(), load_end=None)
    told = values(evaluate_history(program(tmp_path, WORLD, KPIS), replace(run, cells=(bare,))))
    assert all(one["interval"] is None and one["value"] is None for one in told.values())
