"""What judging may load, and how often it may read: hundreds of formulas are no other matter than three."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from erisc.compiler.plan import Aggregate, Binary, Filter, Formula, Number
from erisc.verdict import frames as columns
from erisc.verdict.evaluation import evaluate_history
from erisc.verdict.stretch_quantiles import places_of
from tests.verdict.formulas import OK, history, kpi, of, over, program, rows, values
from tests.verdict.simulate import SPAN, World, write_run

WORLD = World()


def formula(place: int) -> Formula:
    """One of five kinds, each with a filter of its own."""
    longer = Filter("duration", ">", place * 1e-4, SPAN)
    mean = of("mean", rows("duration", longer))
    kinds: tuple[Formula, ...] = (
        mean,
        of("p95", rows("duration", longer)),
        of("ratio", rows("", longer, OK), hits=1),
        Binary("-", of("p99", rows("duration")), mean, SPAN),
        Binary("*", Number(2.0, SPAN), of("rate", rows("", longer)), SPAN),
    )
    return kinds[place % len(kinds)]


def test_five_hundred_formulas_judge_with_numpy_and_duckdb_alone(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", WORLD)
    program(tmp_path, WORLD, [kpi(f"k{place}", formula(place)) for place in range(500)])
    made = tmp_path / "bundle" / "kpi" / "program.json"
    (run / "bundle" / "kpi" / "program.json").write_bytes(made.read_bytes())
    code = (
        "import json, sys; from erisc.verdict import evaluate; "
        f"verdict = evaluate({str(run / 'bundle')!r}, {str(run)!r}); "
        "print(json.dumps([len(verdict.points[0].kpis), sorted({name.split('.')[0] for name in sys.modules})]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    n, loaded = json.loads(done.stdout)
    assert n == 500
    assert not {"scipy", "sympy", "pandas", "polars", "pyarrow", "lark", "yaml"} & set(loaded)


def test_a_table_is_read_once_for_all_formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[str] = []
    plain = columns.Frame._query

    def counted(self: columns.Frame, sql: str) -> object:
        queries.append(sql)
        return plain(self, sql)

    monkeypatch.setattr(columns.Frame, "_query", counted)
    run = history(tmp_path, WORLD)
    evaluate_history(program(tmp_path, WORLD, [kpi(f"k{place}", formula(place)) for place in range(60)]), run)
    assert len(queries) == 2


def test_a_column_that_made_room_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = history(tmp_path, WORLD)
    made = program(tmp_path, WORLD, [kpi(f"k{place}", formula(place)) for place in range(10)])
    wanted = values(evaluate_history(made, run))
    monkeypatch.setattr(columns, "BUDGET", 1000)
    monkeypatch.setattr(columns, "SMALL", 0)
    assert values(evaluate_history(made, run)) == wanted


@pytest.mark.parametrize("q", [0.01, 0.5, 0.95, 0.999])
def test_ranks_of_many_stretches_are_those_of_the_binomial(q: float) -> None:
    import numpy as np
    from scipy.stats import binom

    sizes = np.array([30, 72, 299, 1736, 5000, 40_000])
    for n, (_, low, high) in zip(sizes.tolist(), places_of(sizes, q, 0.025).tolist(), strict=True):
        if low >= 0:
            assert binom.cdf(low, n, q) <= 0.025 + 1e-9
        if high >= 0:
            assert 1 - binom.cdf(high, n, q) <= 0.025 + 1e-9
        exact = [k for k in range(n) if binom.cdf(k, n, q) <= 0.025] if n <= 5000 else []
        assert low == -1 or not exact or low >= exact[-1] - 1


def test_sliding_quantiles_share_a_pass(tmp_path: Path) -> None:
    def worst(name: str) -> Aggregate:
        return of("max", over(of(name, rows("duration")), 20.0))

    run = history(tmp_path, World(stages=((120.0, 40.0, 40.0, "steady"),)))
    both = values(evaluate_history(program(tmp_path, WORLD, [kpi(name, worst(name)) for name in ("p50", "p90")]), run))
    for name in ("p50", "p90"):
        alone = values(evaluate_history(program(tmp_path / name, WORLD, [kpi(name, worst(name))]), run))
        assert both[name] == alone[name]
        assert both[name]["interval"][1] is not None
