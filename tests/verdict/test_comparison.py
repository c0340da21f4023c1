"""Runs compared: a change is told when it is there and matters, and "no change" only when the data say so."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erisc.base import failure
from erisc.verdict.__main__ import main
from erisc.verdict.compare_options import Limits
from erisc.verdict.compared_samples import Samples, samples_rows
from erisc.verdict.comparison import overall
from erisc.verdict.comparison_row import BETTER, INCONCLUSIVE, SAME, WORSE, judge
from erisc.verdict.statistics.shift import false_discovery
from tests.verdict.simulate import World, write_run

CALM = World(outages=(), stages=((120.0, 8.0, 8.0, "steady"),))


def rows(a: list[float], b: list[float], **side: Any) -> dict[str, str]:
    """Outcomes by aspect of one operation, one run a side."""
    found = samples_rows("op", (), [_samples(a)], [_samples(b)])
    adjusted = false_discovery([row.change.p for row in found])
    judged = [
        judge(type(row)(**_fields(row) | {"adjusted": p}), Limits()) for row, p in zip(found, adjusted, strict=True)
    ]
    return {row.aspect: row.outcome for row in judged}


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).__record_fields__}


def _samples(values: list[float]) -> Samples:
    durations = np.array(values, dtype=float)
    return Samples(durations, np.ones(len(values), dtype=bool), durations)


def test_seven_of_ten_at_a_hundred_against_one_is_worse() -> None:
    """spinnaker/spinnaker#6278: Kayenta passes it."""
    found = rows([1.0] * 10, [100.0, 1.0, 100.0, 100.0, 1.0, 100.0, 100.0, 100.0, 1.0, 100.0])
    assert found["typical"] == WORSE
    assert SAME not in (found["mean"], found["p95"])
    in_a_row = rows([1.0] * 10, [100.0] * 7 + [1.0] * 3)
    assert SAME not in (in_a_row["typical"], in_a_row["mean"], in_a_row["p95"])


def test_what_only_spreads_is_not_called_unchanged() -> None:
    """spinnaker/kayenta#780, case 1, both ways: medians are alike, nothing else is."""
    calm = [10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 17.0, 17.1, 17.2, 17.3, 17.4, 17.5, 17.6, 17.7]
    wild = [1.0, 100.0, 4.0, 101.0, 5.0, 102.0, 6.0, 103.0, 7.0, 104.0, 8.0, 105.0, 9.0, 106.0, 17.0]
    for a, b in ((calm, wild), (wild, calm)):
        found = rows(a, b)
        assert SAME not in (found["typical"], found["mean"], found["p95"])


def test_sparse_errors_are_not_called_unchanged() -> None:
    """spinnaker/kayenta#426."""
    found = rows([0.0] * 6, [0.0, 1.0, 2.0, 1.0, 0.0, 0.0])
    assert SAME not in (found["typical"], found["mean"], found["p95"])


def test_few_samples_are_never_no_change() -> None:
    found = rows([1.0, 1.1, 0.9, 1.05], [1.0, 1.1, 0.9, 1.05])
    assert set(found.values()) == {INCONCLUSIVE}


def test_many_samples_of_the_same_are_no_relevant_change_and_a_shift_is_told() -> None:
    chance = np.random.default_rng(8)
    a, b = chance.lognormal(0, 0.1, 3000), chance.lognormal(0, 0.1, 3000)
    same = rows(list(a), list(b))
    assert (same["typical"], same["mean"], same["p95"]) == (SAME, SAME, SAME)
    slower = rows(list(a), list(b * 1.2))
    assert (slower["typical"], slower["mean"], slower["p95"]) == (WORSE, WORSE, WORSE)
    faster = rows(list(a * 1.2), list(b))
    assert faster["typical"] == BETTER
    slightly = rows(list(a), list(b * 1.02))
    assert slightly["typical"] == SAME


def test_a_wandering_series_is_not_called_changed() -> None:
    """An autoregression with phi = 0.95: plain rank tests call the same thing different most of the time."""
    chance = np.random.default_rng(4)
    called = 0
    for _ in range(15):
        sides = []
        for _ in range(2):
            state, values = 0.0, []
            for shock in chance.normal(size=600):
                state = 0.95 * state + float(shock) * 0.1
                values.append(float(np.exp(state)))
            sides.append(values)
        called += rows(sides[0], sides[1])["typical"] in (WORSE, BETTER)
    assert called <= 2


def test_repeats_are_the_samples_when_there_are_enough() -> None:
    """Runs differ more than their own samples say: eight runs of the same, four at a side, are no regression."""
    chance = np.random.default_rng(2)
    runs = [_samples(list(chance.lognormal(level, 0.05, 500))) for level in chance.normal(0, 0.2, 8)]
    [typical] = [row for row in samples_rows("op", (), runs[:4], runs[4:]) if row.aspect == "typical"]
    assert typical.samples == (4, 4)
    assert typical.unit_of_samples == "runs"
    assert typical.change.p > 0.02


def test_kpis_decide_over_a_regression_anywhere() -> None:
    found = samples_rows("op", (), [_samples([1.0] * 3)], [_samples([1.0] * 3)])
    assert overall(found) == INCONCLUSIVE
    assert overall([]) == INCONCLUSIVE


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("runs")
    worlds = {
        "a": World(**_of(CALM, seed=1)),
        "b": World(**_of(CALM, seed=2)),
        "slow": World(**_of(CALM, seed=3, latency=0.4)),
    }
    return {name: str(write_run(root / name, world)) for name, world in worlds.items()}


def _of(world: World, **changes: Any) -> dict[str, Any]:
    return {**{name: getattr(world, name) for name in World.__dataclass_fields__}, **changes}


def test_a_slower_run_is_a_regression(folders: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", folders["a"], folders["slow"], "--json"]) == failure.SLO_FAILED
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == "worse"
    typical = next(row for row in found["rows"] if row["subject"] == "boot" and row["aspect"] == "typical")
    assert typical["change"] == pytest.approx(0.33, abs=0.03)
    assert typical["interval"][0] > 0.25
    assert typical["superiority"] > 0.95
    assert typical["p_adjusted"] < 1e-6


def test_the_other_way_round_it_is_better(folders: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", folders["slow"], folders["a"], "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {row["outcome"] for row in found["rows"] if row["aspect"] == "typical"} == {"better"}
    assert found["outcome"] != "worse"


def test_the_table_says_what_was_compared(folders: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["compare", folders["a"], folders["b"], "--min-effect", "10%"])
    said = capsys.readouterr().out
    assert code in (failure.PASS, failure.INCONCLUSIVE)
    assert "worse" not in said
    assert "no relevant change" in said
    assert "boot/nova.boot_server, typical" in said
    assert "below 10 %" in said


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["one"], "two runs are compared"),
        (["nowhere", "nothing"], "holds neither a run nor a verdict"),
        (["a", "b", "--min-effect", "much"], "is not a percentage"),
        (["a", "b", "--history"], "needs the KPI"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(words: list[str], what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *words]) == failure.WRONG_CALL
    assert what in capsys.readouterr().err


def test_verdicts_alone_are_compared_by_their_kpis(
    folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `erisc evaluate SPEC --rally FILE -o DIR` leaves them."""
    for name in ("a", "slow"):
        assert main(["evaluate", f"{folders[name]}/bundle", "--run", folders[name], "--json"]) in (0, 1, 3)
        (tmp_path / name).mkdir()
        (tmp_path / name / "verdict.json").write_text(capsys.readouterr().out)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "slow"), "--json"]) == failure.SLO_FAILED
    found = {row["subject"]: row["outcome"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert found["kpi p95"] == "worse"
    assert all(subject.startswith("kpi ") for subject in found)


def history(root: Path, values: list[float]) -> list[str]:
    names = []
    for index, value in enumerate(values):
        folder = root / f"run-{index:02d}"
        folder.mkdir()
        point = {"kpis": {"p95": {"value": value, "type": "duration"}}, "slos": [{"kpi": "p95", "rule": "p95 < 2 s"}]}
        (folder / "verdict.json").write_text(json.dumps({"points": [point]}))
        names.append(str(folder))
    return names


def test_a_short_history_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = history(tmp_path, [1.0] * 4)
    assert main(["compare", "--history", "--kpi", "p95", *names]) == failure.INCONCLUSIVE
    assert "4 runs have a value, 10 are needed" in capsys.readouterr().out
    assert main(["compare", "--history", "--kpi", "p50", *names]) == failure.WRONG_CALL
    assert "it has: p95" in capsys.readouterr().err


@pytest.mark.slow
def test_a_step_in_a_history_is_found_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By Apache Otava itself, in the environment that erisc makes for it."""
    chance = np.random.default_rng(6)
    values = [*chance.normal(1.0, 0.03, 14), *chance.normal(1.3, 0.03, 10)]
    names = history(tmp_path, [float(value) for value in values])
    assert main(["compare", "--history", "--kpi", "p95", *names, "--json"]) == failure.SLO_FAILED
    found = json.loads(capsys.readouterr().out)
    assert [change["index"] for change in found["changes"]] == [14]
    assert found["outcome"] == "worse"
    assert main(["compare", "--history", "--kpi", "p95", *names[:14]]) == failure.PASS
