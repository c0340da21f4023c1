"""Repeats of a sweep point are judged together."""

import json
from pathlib import Path

from erisc.base.record import replace
from erisc.compiler.plan import Recover
from erisc.verdict.evaluation import evaluate_history
from erisc.verdict.terminal import render
from tests.verdict.formulas import AFTER, OK, history, judged, kpi, of, program, rows, slo, values
from tests.verdict.simulate import ENDLESS, SPAN, World

SHARE = kpi("success", of("ratio", rows("", OK), hits=1))
BACK = kpi("back", Recover(rows("rate", window=AFTER), 0.05, "max", SPAN))
MTTR = kpi("mttr", of("mttr", rows("rate", window=AFTER), within=0.05))


def noisy(seed: int, noise: float = 0.05) -> World:
    return World(control=True, noise=noise, seed=seed)


def struck(seed: int, until: float = 30.0) -> World:
    return World(stages=((90.0, 4.0, 4.0, "steady"),), outages=((20.0, until, 1.0),), seed=seed)


def test_the_repeats_of_a_point_are_one_estimate(tmp_path: Path) -> None:
    worlds = [noisy(seed, noise) for seed, noise in enumerate((0.02, 0.05, 0.08, 0.04))]
    verdict = judged(tmp_path, worlds, [SHARE])
    found = values(verdict)["success"]
    alone = [cell.kpis[0].value or 0.0 for cell in verdict.cells]
    assert len(verdict.points) == 1
    assert found["n"] == sum(cell.kpis[0].n for cell in verdict.cells)
    assert min(alone) <= found["value"] <= max(alone)
    assert found["interval"][0] < min(alone)


def test_runs_that_agree_are_still_uncertain(tmp_path: Path) -> None:
    found = values(judged(tmp_path, [noisy(seed, 0.0) for seed in range(5)], [SHARE]))["success"]
    assert found["value"] == 1.0
    assert 0.99 < found["interval"][0] < 1.0


def test_too_few_runs_are_inconclusive_and_say_how_many_are_due(tmp_path: Path) -> None:
    rule = slo("available", "success", ">=", 0.8, 5)
    verdict = judged(tmp_path, [noisy(seed) for seed in range(3)], [SHARE], (rule,))
    [found] = verdict.points[0].slos
    assert (found.outcome, found.reason) == ("inconclusive", "5 runs are due, 3 were made: 2 more are needed")
    assert verdict.exit_code == 3
    assert all(cell.slos == () for cell in verdict.cells)


def test_enough_runs_pass_together(tmp_path: Path) -> None:
    rule = slo("available", "success", ">=", 0.8, 3)
    verdict = judged(tmp_path, [noisy(seed) for seed in range(3)], [SHARE], (rule,))
    assert verdict.outcome == "pass"
    assert json.loads(verdict.to_json())["slos"][0]["outcome"] == "pass"
    assert "point (3 repeats): pass" in render(verdict, False)


def test_a_rule_that_every_run_misses_fails_early(tmp_path: Path) -> None:
    rule = slo("available", "success", ">=", 0.99, 10)
    verdict = judged(tmp_path, [noisy(seed, 0.3) for seed in range(3)], [SHARE], (rule,))
    [found] = verdict.points[0].slos
    assert found.outcome == "fail"
    assert "decided after 2 of 10 runs" in found.reason


def test_runs_that_scatter_need_more_of_them(tmp_path: Path) -> None:
    rule = slo("available", "success", ">=", 0.85, 2)
    verdict = judged(tmp_path, [noisy(1, 0.02), noisy(2, 0.25)], [SHARE], (rule,))
    [found] = verdict.points[0].slos
    assert found.outcome == "inconclusive"
    assert "runs would tell, 2 were made" in found.reason


def test_an_slo_of_every_run_fails_with_one(tmp_path: Path) -> None:
    rule = slo("available", "success", ">=", 0.8, None)
    verdict = judged(tmp_path, [noisy(1), noisy(2, 0.6), noisy(3)], [SHARE], (rule,))
    [found] = verdict.points[0].slos
    assert [cell.outcome for cell in verdict.cells] == ["pass", "fail", "pass"]
    assert found.outcome == "fail"
    assert found.reason.startswith("1 of 3 repeats fail; repeat 2: ")


def test_what_did_not_recover_is_never_counted_as_recovered(tmp_path: Path) -> None:
    worlds = [struck(1), struck(2), struck(3, ENDLESS)]
    found = values(judged(tmp_path, worlds, [BACK, MTTR]))
    assert found["back"]["value"] is None
    assert found["back"]["interval"][1] is None
    assert found["mttr"]["interval"][1] is None
    assert found["mttr"]["n"] == 3
    assert "1 of 3 were not seen to recover" in found["mttr"]["note"]
    recovered = values(judged(tmp_path / "all", worlds[:2], [MTTR]))["mttr"]
    assert found["mttr"]["value"] > recovered["value"]


def test_points_of_a_sweep_are_judged_apart(tmp_path: Path) -> None:
    rule = slo("available", "success", ">=", 0.8, 2)
    run = history(tmp_path, noisy(1), noisy(2), noisy(3, 0.6), noisy(4, 0.6))
    cells = tuple(replace(cell, point=(("n", 10 if place < 2 else 20),)) for place, cell in enumerate(run.cells))
    verdict = evaluate_history(program(tmp_path, noisy(1), [SHARE], (rule,)), replace(run, cells=cells))
    assert [(point.point, point.outcome) for point in verdict.points] == [
        ((("n", 10),), "pass"),
        ((("n", 20),), "fail"),
    ]
    assert verdict.outcome == "fail"
    assert "kpis" not in json.loads(verdict.to_json())
