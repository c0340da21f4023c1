"""Whenever a run ends, however it ends, `erisc heal` leaves the zone as it was."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from erisc.base import failure
from tests.chain.runs import SPECS, assert_zone_is_whole, events, kill_alone, kill_group, start_spec, wait_for
from tests.support import erisc

pytestmark = pytest.mark.zone
BROKER = SPECS / "broker.eris"

MOMENTS = {
    "while deploying": ("phase_started", {"phase": "deploy"}),
    "with the fault open": ("fault_effective", {}),
}


def check_kill(zone: str, tmp_path: Path, kind: str, fields: dict[str, str]) -> None:
    """SIGKILL the run at that event; one heal makes the zone whole, a second one changes nothing."""
    run_dir = tmp_path / "run"
    process = start_spec(BROKER, zone, run_dir)
    wait_for(run_dir, process, kind, **fields)
    kill_alone(process)
    healed = erisc("heal", str(run_dir), "--json")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert_zone_is_whole(run_dir)
    before = [event for event in events(run_dir) if event["type"].startswith("undo_")]
    again = erisc("heal", str(run_dir), "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(again.stdout)["ended"] == 0
    assert [event for event in events(run_dir) if event["type"].startswith("undo_")] == before


@pytest.mark.parametrize("moment", MOMENTS)
def test_sigkill(zone: str, tmp_path: Path, moment: str) -> None:
    check_kill(zone, tmp_path, *MOMENTS[moment])


def test_ctrl_c_heals_by_itself(zone: str, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    process = start_spec(BROKER, zone, run_dir)
    wait_for(run_dir, process, "fault_effective")
    assert kill_group(process, signal.SIGINT) == failure.INTERRUPTED
    assert_zone_is_whole(run_dir)
    again = erisc("heal", str(run_dir), "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["ended"] == 0
