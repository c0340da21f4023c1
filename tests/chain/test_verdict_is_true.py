"""The verdict says what happened on the real zone: healed, never broken, never healed, hardly looked at."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from erisc.base import failure
from tests.chain.runs import SPECS, assert_zone_is_whole, events, kpi, run_spec, slo
from tests.support import erisc

pytestmark = pytest.mark.zone
ROOT = Path(__file__).resolve().parents[2]
BROKER = SPECS / "broker.eris"


def test_quickstart_passes_on_a_healthy_zone(zone: str, tmp_path: Path) -> None:
    code, verdict = run_spec(ROOT / "examples" / "quickstart.eris", zone, tmp_path / "run")
    assert verdict["outcome"] == "pass", verdict
    assert code == failure.PASS
    happened = [event["type"] for event in events(tmp_path / "run")]
    assert happened.index("undo_registered") < happened.index("fault_effective") < happened.index("fault_healed")
    assert kpi(verdict, "success")["n"] > 0
    assert (tmp_path / "run" / "report.html").stat().st_size > 5000
    assert "<testsuite" in (tmp_path / "run" / "junit.xml").read_text()
    assert_zone_is_whole(tmp_path / "run")
    again = erisc("evaluate", str(tmp_path / "run" / "bundle"), "--run", str(tmp_path / "run"), "--json")
    assert json.loads(again.stdout) == verdict
    assert again.returncode == failure.PASS


def test_a_bundle_travels_and_a_control_run_had_nothing_to_recover_from(
    zone: str, tmp_path: Path, traveller: list[str]
) -> None:
    compiled = tmp_path / "here" / "bundle"
    compiled.parent.mkdir()
    assert erisc("compile", str(BROKER), "-o", str(compiled)).returncode == 0
    moved = tmp_path / "elsewhere" / "unpacked"
    shutil.copytree(compiled, moved)
    shutil.rmtree(compiled)
    run_dir = tmp_path / "run"
    done = subprocess.run(
        [*traveller, str(moved / "run"), "--zone", zone, "--run-dir", str(run_dir), "--control", "--json"],
        capture_output=True, text=True, check=False, timeout=240, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == failure.INCONCLUSIVE, done.stdout + done.stderr
    verdict = json.loads(done.stdout)
    assert "nothing to recover from" in kpi(verdict, "recovery")["note"]
    assert kpi(verdict, "recovery")["value"] is None
    assert slo(verdict, "heals")["outcome"] == "inconclusive"
    assert slo(verdict, "available")["outcome"] == "pass"
    assert "fault_withheld" in [event["type"] for event in events(run_dir)]
    assert_zone_is_whole(run_dir)


def test_a_broker_that_never_comes_back_fails_the_slo(zone: str, tmp_path: Path) -> None:
    code, verdict = run_spec(BROKER, zone, tmp_path / "run", "--set", "outage=1 h")
    assert slo(verdict, "heals")["outcome"] == "fail", verdict
    assert code == failure.SLO_FAILED
    assert "not recovered" in kpi(verdict, "recovery")["note"]
    assert_zone_is_whole(tmp_path / "run")


def test_too_little_load_is_inconclusive(zone: str, tmp_path: Path) -> None:
    code, verdict = run_spec(SPECS / "trickle.eris", zone, tmp_path / "run")
    assert code == failure.INCONCLUSIVE, verdict
    assert slo(verdict, "heals")["outcome"] == "inconclusive"
    assert "too little load" in kpi(verdict, "recovery")["note"]
    assert_zone_is_whole(tmp_path / "run")
