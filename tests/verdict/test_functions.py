"""Every function of the catalogue, from the Plan to the verdict, against a reckoning of its own."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erisc.base.record import replace
from erisc.compiler.functions import FUNCTIONS
from erisc.compiler.plan import Binary, Filter, Formula, KpiRef, Number, Window
from erisc.verdict.evaluation import evaluate_history
from erisc.verdict.history import RunHistory
from tests.verdict.formulas import AFTER, OK, history, kpi, of, over, program, rows, values
from tests.verdict.simulate import SPAN, World

WORLD = World(stages=((120.0, 4.0, 4.0, "steady"),), faults=((40.0, 48.0),), outages=((40.0, 50.0, 1.0),), noise=0.02)
TOOK = "duration"
FORMULAS: dict[str, Formula] = {
    "count": of("count", rows("", OK)),
    "sum": of("sum", rows(TOOK)),
    "mean": of("mean", rows(TOOK, OK)),
    "min": of("min", rows(TOOK)),
    "max": of("max", rows(TOOK)),
    "stddev": of("stddev", rows(TOOK)),
    "trimmed_mean": of("trimmed_mean", rows(TOOK), trim=0.1),
    "rate": of("rate", rows("")),
    "ratio": of("ratio", rows("", OK), hits=1),
    "p95": of("p95", rows(TOOK)),
    "histogram": of("histogram", rows(TOOK)),
    "apdex": of("apdex", rows(TOOK), satisfied=0.3),
    "availability": of("availability", rows(""), resolution=1.0),
    "downtime": of("downtime", rows(""), resolution=1.0),
    "mttr": of("mttr", rows("rate", window=AFTER), within=0.05),
    "degradation": of("degradation", rows(TOOK, window=AFTER)),
    "throughput_at": of("throughput_at", rows(TOOK), limit=1.0, quantile=0.95, width=10.0),
    "recovery": of("recovery", rows("", window=AFTER)),
    "downtime_rally_runners": of("downtime_rally_runners", rows("", window=AFTER)),
    "mttr_rally_runners": of("mttr_rally_runners", rows("", window=AFTER)),
    "series": of("mean", rows("rate")),
    "worst_p95": of("max", over(of("p95", rows(TOOK)), 10.0)),
    "calmest_rate": of("min", over(of("rate", rows("", OK)), 10.0)),
    "worst_share": of("min", over(of("ratio", rows("", OK), hits=1), 10.0)),
    "usual_mean": of("p50", over(of("mean", rows(TOOK, OK)), 10.0)),
    "between": of("count", rows("", window=Window("between", "mq_crash", "late", None, SPAN))),
    "struck": of("max", rows("called", table="faults", window=None)),
    "cube": Binary("^", of("mean", rows(TOOK, OK)), Number(3.0, SPAN), SPAN),
    "chain": Binary("-", Number(1.0, SPAN), KpiRef("ratio", SPAN), SPAN),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunHistory:
    return history(tmp_path_factory.mktemp("run"), WORLD)


@pytest.fixture(scope="module")
def found(run: RunHistory, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    kpis = [kpi(name, formula) for name, formula in FORMULAS.items()]
    return values(evaluate_history(program(tmp_path_factory.mktemp("program"), WORLD, kpis), run))


def reckoned(run: RunHistory) -> dict[str, float]:
    """The same by other means."""
    iterations = run.cells[0].iterations
    took = np.array([row.duration_s for row in iterations], dtype=float)
    ok = np.array([row.ok for row in iterations])
    at = np.array([row.intended_s for row in iterations])
    n = len(took)
    cut = n // 10
    slots = {int(second) for second in at}
    up = {int(second) for second in at[ok]}
    starts = np.arange(0, 110.5, 1.0)
    windows = [(at >= start) & (at < start + 10.0) for start in starts]
    return {
        "count": float(ok.sum()),
        "sum": took.sum(),
        "mean": took[ok].mean(),
        "min": took.min(),
        "max": took.max(),
        "stddev": took.std(ddof=1),
        "trimmed_mean": np.sort(took)[cut : n - cut].mean(),
        "rate": n / 120.0,
        "ratio": ok.mean(),
        "p95": np.sort(took)[math.ceil(0.95 * n) - 1],
        "apdex": np.where(ok, (took <= 0.3).astype(float) / 2 + (took <= 1.2).astype(float) / 2, 0.0).mean(),
        "availability": len(up) / len(slots),
        "downtime": float(len(slots - up)),
        "degradation": took[ok & (at >= 48.0) & (at < 108.0)].mean() / took[ok & (at < 40.0)].mean(),
        "throughput_at": max(
            ok[window].sum() / 10.0
            for window in windows[::10]
            if np.sort(took[window])[math.ceil(0.95 * window.sum()) - 1] <= 1.0
        ),
        "worst_p95": max(np.sort(took[window])[math.ceil(0.95 * window.sum()) - 1] for window in windows),
        "calmest_rate": min(ok[window].sum() / 10.0 for window in windows),
        "worst_share": min(ok[window].mean() for window in windows),
        "struck": max(row.called_s or 0.0 for row in run.cells[0].faults),
        "cube": took[ok].mean() ** 3,
        "chain": 1 - ok.mean(),
    }


def test_every_function_is_tried_here() -> None:
    named = {function.name for function in FUNCTIONS if function.name != "recover"}
    assert named <= set(FORMULAS)


@pytest.mark.parametrize("name", sorted(set(FORMULAS) - {"histogram", "between", "mttr_rally_runners"}))
def test_a_value_lies_in_its_interval(found: dict[str, Any], name: str) -> None:
    one = found[name]
    assert one["value"] is not None, one
    low, high = one["interval"]
    assert low is None or low <= one["value"] + 1e-9
    assert high is None or high >= one["value"] - 1e-9


def test_values_are_those_of_another_reckoning(found: dict[str, Any], run: RunHistory) -> None:
    for name, value in reckoned(run).items():
        assert math.isclose(found[name]["value"], value, rel_tol=1e-6), name


def test_recovery_is_what_was_simulated(found: dict[str, Any]) -> None:
    assert found["mttr"]["interval"][0] <= 10.25 <= found["mttr"]["interval"][1]
    assert found["recovery"]["value"] == pytest.approx(10.25, abs=1.0)
    assert 10.0 <= found["downtime_rally_runners"]["value"] <= 15.0
    assert "no degradation detected" in found["mttr_rally_runners"]["note"]


def test_a_histogram_holds_every_sample(found: dict[str, Any], run: RunHistory) -> None:
    bins = found["histogram"]["bins"]
    took = [row.duration_s or 0.0 for row in run.cells[0].iterations]
    assert sum(count for _, _, count in bins) == len(took)
    for low, high, count in bins:
        assert count == sum(low <= value < high for value in took)
        assert high <= low * 1.125 + 1e-12


def test_a_window_between_what_never_was_has_no_samples(found: dict[str, Any]) -> None:
    assert found["between"]["interval"] is None
    assert found["between"]["note"] == "no samples"


def test_labels_have_values_of_their_own(run: RunHistory, tmp_path: Path) -> None:
    calls = tuple(
        replace_op(call, "nova.delete_server" if place % 3 == 0 else call.op)
        for place, call in enumerate(run.cells[0].api)
    )
    other = replace(run, cells=(replace(run.cells[0], api=calls),))
    kpis = [
        kpi("calls", of("count", rows("", table="api")), "op"),
        kpi("slow", of("p95", rows(TOOK, table="api")), "op"),
    ]
    found = values(evaluate_history(program(tmp_path, WORLD, kpis), other))
    by = {one["labels"]["op"]: one for one in found["calls"]["by"]}
    assert {op: one["value"] for op, one in by.items()} == {
        "nova.boot_server": sum(call.op == "nova.boot_server" for call in calls),
        "nova.delete_server": sum(call.op == "nova.delete_server" for call in calls),
    }
    assert found["calls"]["value"] is None
    assert [one["labels"]["op"] for one in found["slow"]["by"]] == ["nova.boot_server", "nova.delete_server"]


def replace_op(call: Any, op: str) -> Any:
    return call._replace(op=op)


def test_samples_beside_the_load_are_read(run: RunHistory, tmp_path: Path) -> None:
    """A metric's rows are those of `metrics` with its name; what a tool does not say is left out and counted."""
    net = tuple(
        ("boot", "h1", "h2", "az1" if at % 2 else "az2", "tcp", "up", "", float(at), 1.0, None if at == 7 else 1e9 + at,
         None, None, None, None, None)
        for at in range(120)
    )  # fmt: skip
    other = replace(run, cells=(replace(run.cells[0], samples=(("net", net),)),))
    kpis = [
        kpi("goodput", of("p5", rows("goodput", table="net")), "az"),
        kpi("all", of("mean", rows("goodput", table="net"))),
        kpi("rtt", of("mean", rows("rtt", table="net"))),
        kpi("slow", of("count", rows("", Filter("goodput", "<", 1e9 + 10, SPAN), table="net"))),
    ]
    found = values(evaluate_history(program(tmp_path, WORLD, kpis), other))
    assert {one["labels"]["az"]: one["n"] for one in found["goodput"]["by"]} == {"az1": 59, "az2": 60}
    assert found["all"]["note"] == "1 rows without a value are left out"
    assert found["rtt"]["interval"] is None
    assert found["rtt"]["note"] == "no samples: 120 rows have no value"
    assert found["slow"]["value"] == 9


def test_terms_that_move_together_are_told_apart_from_those_that_do_not(run: RunHistory, tmp_path: Path) -> None:
    """p95 - mean of the same rows: the conservative arithmetic is wider than what their joint movement allows."""
    mean, tail = of("mean", rows(TOOK, OK)), of("p95", rows(TOOK, OK))
    kpis = [kpi("apart", Binary("-", mean, tail, SPAN)), kpi("mean", mean), kpi("tail", tail)]
    found = values(evaluate_history(program(tmp_path, WORLD, kpis), run))
    low, high = found["apart"]["interval"]
    naive = sum(end - start for start, end in (found["mean"]["interval"], found["tail"]["interval"]))
    assert found["apart"]["method"].startswith("error propagation")
    assert high - low < naive
    assert low < found["apart"]["value"] < high
