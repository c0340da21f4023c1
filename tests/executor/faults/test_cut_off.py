"""A fault that cuts the very way to its host, and an executor whose own disk is full: both heal."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.executor.bundles import effect, planned
from tests.executor.faults.site import Site, site
from tests.executor.faults.storm import ROOT, heal, kill_at, start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hosts() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="erisc-site-") as folder, site(Path(folder), "controller=2") as made:
        yield made


def test_the_dead_man_heals_when_the_way_to_the_host_is_cut(hosts: Site, tmp_path: Path) -> None:
    """The management interface goes down on every host; nobody is there to bring it up again, the executor is dead."""
    before = hosts.look()
    cut = effect("interface_down", 2.0, {"name": "mgmt0"}, service="", selector="all")
    schedule = {
        "format": 2,
        "cell": "0001",
        "allowances": {},
        "faults": [planned("cut", 0.5, [[cut]])],
        "reactions": [],
    }
    (tmp_path / "schedule.json").write_text(json.dumps(schedule))
    words = ["-m", "tests.executor.faults.player", str(tmp_path / "run"), hosts.inventory]
    process = subprocess.Popen(
        [sys.executable, *words, str(tmp_path / "schedule.json")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    t0 = float(process.stdout.readline().split()[1])
    kill_at(process, t0 + 1.5)
    time.sleep(16.0)
    healed = heal(tmp_path / "run")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert hosts.await_same(before, 10.0) == ""


def test_a_run_that_stays_alive_heals_after_the_cut_by_itself(hosts: Site, tmp_path: Path) -> None:
    before = hosts.look()
    cut = effect("interface_down", 2.0, {"name": "mgmt0"}, service="", selector="all")
    schedule = {
        "format": 2,
        "cell": "0001",
        "allowances": {},
        "faults": [planned("cut", 0.5, [[cut]])],
        "reactions": [],
    }
    (tmp_path / "schedule.json").write_text(json.dumps(schedule))
    words = ["-m", "tests.executor.faults.player", str(tmp_path / "run"), hosts.inventory]
    done = subprocess.run(
        [sys.executable, *words, str(tmp_path / "schedule.json")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    (effective,) = (event for event in events if event["type"] == "fault_effective")
    assert set(effective["unconfirmed"]) == set(hosts.hosts)
    assert any(event["type"] == "fault_healed" for event in events)
    assert hosts.await_same(before, 10.0) == ""


def test_a_full_disk_here_keeps_no_fault_open(hosts: Site, tmp_path: Path) -> None:
    before = hosts.look()
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=70m", "none", str(disk)], check=True)
    try:
        process, t0 = start(hosts, disk, 7)
        time.sleep(max(t0 + 1.0 - time.monotonic(), 0.0))
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/fill", "bs=4k"], capture_output=True, check=False)
        process.wait(120)
        healed = heal(disk / "run")
        assert healed.returncode == 0, healed.stdout + healed.stderr
        assert hosts.await_same(before) == ""
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
