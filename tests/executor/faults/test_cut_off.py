"""A fault that cuts the very way to its host, and an executor whose own disk is full: both heal."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.executor.bundles import effect, planned
from tests.executor.faults.site import Site, site
from tests.executor.faults.storm import ROOT, heal, kill_at, start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hosts() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="erisc-site-") as folder, site(Path(folder), "controller=2") as made:
        yield made


def player(hosts: Site, folder: Path, struck: dict[str, Any]) -> list[str]:
    """The words of a Python that plays one fault, half a second after t = 0."""
    faults = [planned("cut", 0.5, [[struck]])]
    schedule = {"format": 2, "cell": "0001", "allowances": {}, "faults": faults, "reactions": []}
    (folder / "schedule.json").write_text(json.dumps(schedule))
    words = [str(folder / "run"), hosts.inventory, str(folder / "schedule.json")]
    return ["-m", "tests.executor.faults.player", *words]


def played(hosts: Site, folder: Path, struck: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a run with one fault that ended well."""
    done = subprocess.run(
        [sys.executable, *player(hosts, folder, struck)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (folder / "run" / "events.jsonl").read_text().splitlines()]


def test_a_reboot_lasts_until_the_host_answers_again(hosts: Site, tmp_path: Path) -> None:
    before = hosts.look()
    name = sorted(hosts.hosts)[0]
    began = hosts.run(name, "stat -c %Y /proc/1")
    events = played(hosts, tmp_path, effect("reboot", None, service="", selector="all"))
    effective, healed = (
        next(event for event in events if event["type"] == kind) for kind in ("fault_effective", "fault_healed")
    )
    assert healed["at"] > effective["at"]
    assert hosts.run(name, "stat -c %Y /proc/1") != began
    assert hosts.await_same(before, 10.0) == ""


def test_the_dead_man_heals_when_the_way_to_the_host_is_cut(hosts: Site, tmp_path: Path) -> None:
    """The management interface goes down on every host; nobody is there to bring it up again, the executor is dead."""
    before = hosts.look()
    cut = effect("interface_down", 2.0, {"name": "mgmt0"}, service="", selector="all")
    process = subprocess.Popen(
        [sys.executable, *player(hosts, tmp_path, cut)], cwd=ROOT, stdout=subprocess.PIPE, text=True
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
    events = played(hosts, tmp_path, cut)
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
