"""On the emulated zone: the driver `openstack` from a spec to a verdict, and what is left when all of it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.executor.test_zone_runs import await_event, look, start
from tests.support import erisc

SPEC = """
edition 2026
import std.load {{ openstack }}
architecture site {{ node controller * 1 }}
workload nets on site {{ run openstack("network.create_delete") hold 2 users for {seconds} s as s }}
workload volumes on site with nets {{
  run openstack("volume.create_delete") {{ size = 1 }}
  hold 2 users for {seconds} s as s
}}
kpi networks: ratio = count(nets[ok]) / count(nets)
kpi made: ratio = count(volumes[ok]) / count(volumes)
slo reachable: networks >= 20 %
slo stored: made >= 20 %
experiment direct {{ use site, nets, volumes check reachable, stored }}
"""

pytestmark = [pytest.mark.zone, pytest.mark.slow]


def compiled(folder: Path, seconds: int) -> Path:
    """The bundle of a spec."""
    (folder / "spec.eris").write_text(SPEC.format(seconds=seconds))
    done = erisc("compile", str(folder / "spec.eris"), "-o", str(folder / "bundle"))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bundle"


def rows(run: Path, workload: str) -> list[dict[str, Any]]:
    """Whole lines of its record."""
    path = run / "cells/0001/raw" / workload / "iterations.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def processes(run: Path) -> list[int]:
    """Load processes by the run's mark in their environment."""
    mark = f"ERISC_MARK={json.loads((run / 'run.json').read_text())['id']}/".encode()
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found += [pid] if any(one.startswith(mark) for one in variables) else []
    return found


def test_raw_requests_pass_from_spec_to_verdict(tmp_path: Path, zone: str, drivers_python: str) -> None:
    before, run = look(drivers_python), tmp_path / "run"
    done = erisc("run", str(compiled(tmp_path, 8)), "--zone", zone, "--run-dir", str(run))
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads((run / "verdict.json").read_text())
    assert verdict["outcome"] == "pass"
    ended = [row for name in ("nets", "volumes") for row in rows(run, name) if row["event"] == "end"]
    assert {action["name"] for row in ended for action in row["actions"]} >= {
        "neutron.create_network",
        "neutron.delete_network",
        "cinder.create_volume",
        "cinder.delete_volume",
    }
    assert look(drivers_python) == before


def test_what_a_killed_load_made_is_found_and_removed(tmp_path: Path, zone: str, drivers_python: str) -> None:
    before, run = look(drivers_python), tmp_path / "run"
    process = start(compiled(tmp_path, 60), run, zone)
    await_event(run, process, type="load_started")
    left = stopped_in_the_middle(run, process, drivers_python, set(before["networks"]))
    assert left > set(before["networks"]), "no network was ever there between creating and deleting"
    for pid in (process.pid, *processes(run)):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    healed = erisc("heal", str(run))
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert look(drivers_python) == before
    assert processes(run) == []
    assert not (run / "private").exists()


def stopped_in_the_middle(run: Path, process: subprocess.Popen[bytes], python: str, before: set[str]) -> set[str]:
    """SIGSTOP to the load processes when a network of theirs is there; returns all networks."""
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None
        loads = [pid for pid in processes(run) if pid != process.pid]
        for pid in loads:
            os.kill(pid, signal.SIGSTOP)
        left = set(look(python)["networks"])
        if left > before or time.monotonic() > until:
            return left
        for pid in loads:
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.5)
