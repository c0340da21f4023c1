"""A run directory in, verdict and files out: what happened is what is told.

`ERISC_UPDATE_GOLDENS=1 pytest tests/verdict` writes the goldens anew; the difference is for the review.
"""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from erisc.base import failure
from erisc.base.failure import Failure
from erisc.verdict import Verdict, evaluate
from erisc.verdict.__main__ import main
from erisc.verdict.terminal import render
from tests.verdict.simulate import ENDLESS, T0, World, plan, write_bundle, write_run

GOLDENS = Path(__file__).parent / "goldens"
OUTAGE = World()
NEVER = World(outages=((20.0, ENDLESS, 1.0),), stages=((80.0, 4.0, 4.0, "steady"),))
CONTROL = World(control=True)
TRICKLE = World(stages=((60.0, 0.2, 0.2, "steady"),))
BROKEN = World(status="broken", error="keystone did not answer")
INTERRUPTED = World(status="interrupted")
WORLDS = {
    "outage": OUTAGE,
    "never": NEVER,
    "control": CONTROL,
    "trickle": TRICKLE,
    "broken": BROKEN,
    "interrupted": INTERRUPTED,
}


def judged(folder: Path, world: World) -> Verdict:
    write_run(folder, world)
    return evaluate(str(folder / "bundle"), str(folder))


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {slo.name: slo.outcome for slo in verdict.cells[0].slos}


def recovery(verdict: Verdict) -> Any:
    return next(kpi for kpi in verdict.cells[0].kpis if kpi.name == "recovery")


def same_as_golden(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("name", WORLDS)
def test_verdict_table_and_junit_are_those_of_the_goldens(name: str, tmp_path: Path) -> None:
    verdict = judged(tmp_path, WORLDS[name])
    same_as_golden(f"{name}.json", (tmp_path / "verdict.json").read_text())
    same_as_golden(f"{name}.xml", (tmp_path / "junit.xml").read_text())
    same_as_golden(f"{name}.txt", render(verdict, False))


def test_an_outage_that_healed_in_time_passes(tmp_path: Path) -> None:
    verdict = judged(tmp_path, OUTAGE)
    assert (verdict.outcome, verdict.exit_code) == ("pass", failure.PASS)
    low, high = recovery(verdict).interval
    assert low <= 10.25 <= high


def test_an_outage_that_never_heals_fails(tmp_path: Path) -> None:
    verdict = judged(tmp_path, NEVER)
    assert (verdict.outcome, verdict.exit_code) == ("fail", failure.SLO_FAILED)
    assert outcomes(verdict) == {"available": "fail", "heals": "fail", "fast": "pass"}
    assert recovery(verdict).value is None
    assert "not recovered" in recovery(verdict).note


def test_a_control_run_had_nothing_to_recover_from(tmp_path: Path) -> None:
    verdict = judged(tmp_path, CONTROL)
    assert (verdict.outcome, verdict.exit_code) == ("inconclusive", failure.INCONCLUSIVE)
    assert outcomes(verdict) == {"available": "pass", "heals": "inconclusive", "fast": "pass"}
    assert recovery(verdict).interval is None
    assert recovery(verdict).note == "mq_crash was not injected: there was nothing to recover from"


def test_too_few_samples_are_no_pass(tmp_path: Path) -> None:
    verdict = judged(tmp_path, TRICKLE)
    assert outcomes(verdict)["heals"] == outcomes(verdict)["fast"] == "inconclusive"
    reasons = {slo.name: slo.reason for slo in verdict.cells[0].slos}
    assert "too little load: 3 successes before mq_crash, 10 are needed" in reasons["heals"]
    assert "59 samples" in reasons["fast"]


def test_no_samples_are_no_pass(tmp_path: Path) -> None:
    write_run(tmp_path, OUTAGE)
    (tmp_path / "cells/0001/raw/boot/iterations.jsonl").unlink()
    verdict = evaluate(str(tmp_path / "bundle"), str(tmp_path))
    assert set(outcomes(verdict).values()) == {"inconclusive"}
    assert verdict.exit_code == failure.INCONCLUSIVE


def test_a_broken_bed_judges_nothing(tmp_path: Path) -> None:
    verdict = judged(tmp_path, BROKEN)
    assert (verdict.outcome, verdict.exit_code) == ("broken", failure.BROKEN_BED)
    assert set(outcomes(verdict).values()) == {"inconclusive"}
    assert verdict.notes == ("the test bed broke: keystone did not answer",)


@pytest.mark.parametrize("status", ["interrupted", ""])
def test_an_unfinished_run_passes_nothing(status: str, tmp_path: Path) -> None:
    verdict = judged(tmp_path, World(status=status))
    assert verdict.outcome == "inconclusive"
    assert set(outcomes(verdict).values()) == {"inconclusive"}


def test_an_interrupted_run_may_have_failed_already(tmp_path: Path) -> None:
    assert judged(tmp_path, World(status="interrupted", noise=0.7)).outcome == "fail"


def test_the_tables_are_those_of_the_formats(tmp_path: Path) -> None:
    judged(tmp_path, OUTAGE)
    folder = tmp_path / "cells" / "0001" / "tables"
    assert sorted(path.name for path in folder.iterdir()) == [
        "api.parquet", "faults.parquet", "iterations.parquet", "windows.parquet",
    ]  # fmt: skip
    read = duckdb.sql(f"SELECT * FROM '{folder}/windows.parquet'").fetchall()
    assert read == [("boot.steady", "stage", 0, 0.0, 60.0, None), ("mq_crash", "fault", 0, 20.0, 28.0, True)]
    [fault] = duckdb.sql(f"SELECT * FROM '{folder}/faults.parquet'").fetchall()
    assert fault == ("mq_crash", "kill", "rabbitmq", "ctl", 0, 20.0, 19.95, 20.0, 27.95, 28.0, None)
    row = duckdb.sql(f"SELECT * FROM '{folder}/iterations.parquet' WHERE NOT ok LIMIT 1").fetchall()[0]
    assert row[-1].startswith("MessagingTimeout")
    assert duckdb.sql(f"SELECT count(*) FROM '{folder}/api.parquet'").fetchall() == [(239,)]


def test_unfinished_iterations_count_as_failed_and_as_slow(tmp_path: Path) -> None:
    verdict = judged(tmp_path, World(outages=((20.0, ENDLESS, 1.0),), hold_up=True))
    folder = tmp_path / "cells" / "0001" / "tables"
    read = f"SELECT count(*), count(duration_s), any_value(error) FROM '{folder}/iterations.parquet' WHERE NOT ok"
    [(n, durations, error)] = duckdb.sql(read).fetchall()
    assert (n, durations, error) == (160, 0, "unfinished")
    assert outcomes(verdict)["available"] == "fail"


def test_evaluating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    judged(tmp_path, World(noise=0.05))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    evaluate(str(tmp_path / "bundle"), str(tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_another_program_may_judge_and_is_named(tmp_path: Path) -> None:
    write_run(tmp_path / "run", OUTAGE)
    stricter = World(slos=(("heals", "recovery", "<=", 5.0, 0.9),), name="stricter")
    other = write_bundle(tmp_path / "other", plan(stricter))
    verdict = evaluate(str(other), str(tmp_path / "run"))
    assert outcomes(verdict) == {"heals": "fail"}
    assert verdict.notes == ("judged by the KPIs and SLOs of another bundle than the run was made by",)


def test_several_strikes_are_judged_by_their_worst(tmp_path: Path) -> None:
    world = World(
        stages=((150.0, 4.0, 4.0, "steady"),),
        faults=((30.0, 33.0), (80.0, 83.0)),
        outages=((30.0, 34.0, 1.0), (80.0, 95.0, 1.0)),
        follow=40.0,
    )
    found = recovery(judged(tmp_path, world))
    assert found.n == 2
    assert found.interval[0] <= 15.25 <= found.interval[1]


def test_what_is_not_a_run_or_a_bundle_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "run", OUTAGE)
    with pytest.raises(Failure, match="not a run directory"):
        evaluate(str(tmp_path / "run" / "bundle"), str(tmp_path))
    with pytest.raises(Failure, match=r"program\.json cannot be read"):
        evaluate(str(tmp_path), str(tmp_path / "run"))
    (tmp_path / "run/bundle/kpi/program.json").write_text('{"format": 1}')
    with pytest.raises(Failure, match="format 1; this erisc reads format 2"):
        evaluate(str(tmp_path / "run" / "bundle"), str(tmp_path / "run"))
    assert not (tmp_path / "run" / "verdict.json").exists()


@pytest.mark.parametrize(
    "query", ["SELECT 1.0 AS at_s FROM read_csv('/etc/passwd')", "COPY api TO '/tmp/x.csv'", "SELECT nonsense AS at_s"]
)
def test_a_program_reaches_nothing_but_the_tables(query: str, tmp_path: Path) -> None:
    write_run(tmp_path, OUTAGE)
    path = tmp_path / "bundle/kpi/program.json"
    program = json.loads(path.read_text())
    program["criteria"][0]["scans"][0]["sql"] = query
    path.write_text(json.dumps(program))
    with pytest.raises(Failure, match="does not run"):
        evaluate(str(tmp_path / "bundle"), str(tmp_path))


def test_the_command_line_prints_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, NEVER)
    words = ["evaluate", str(tmp_path / "bundle"), "--run", str(tmp_path)]
    assert main([*words, "--json"]) == failure.SLO_FAILED
    assert capsys.readouterr().out == (tmp_path / "verdict.json").read_text()
    assert main(words) == failure.SLO_FAILED
    assert "fail: broker: 1 passed and 2 failed" in capsys.readouterr().out
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "page.html")]) == failure.PASS
    assert (tmp_path / "page.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    assert main(["evaluate", str(tmp_path / "none"), "--run", str(tmp_path)]) == failure.WRONG_CALL
    assert "error: " in capsys.readouterr().err


def test_times_count_from_t0(tmp_path: Path) -> None:
    write_run(tmp_path, OUTAGE)
    first = json.loads((tmp_path / "cells/0001/raw/boot/iterations.jsonl").read_text().splitlines()[0])
    assert first["intended_mono"] == T0 + 0.25
    evaluate(str(tmp_path / "bundle"), str(tmp_path))
    table = tmp_path / "cells/0001/tables/iterations.parquet"
    assert duckdb.sql(f"SELECT min(intended_s) FROM '{table}'").fetchall() == [(0.25,)]
