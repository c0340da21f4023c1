"""On the emulated zone: what a load made outside its project is found by its name and goes, after any death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base.home import labs_home
from tests.executor.bundles import stage, workload, write_bundle
from tests.support import ERISC, LAB, erisc

LOOK = """
import json, sys
import openstack
from openstack.config import OpenStackConfig
config = OpenStackConfig(config_files=[sys.argv[1]], load_envvars=False)
cloud = openstack.connection.Connection(config=config.get_one(cloud=config.get_cloud_names()[0]))
if sys.argv[2:3] == ["decoys"]:
    cloud.identity.create_user(name="s_rally_0badc0de_12345678")
    cloud.compute.create_flavor(name="s-erisc-20200101t000000-0bad-0001-0badc0de-12345678", ram=64, vcpus=1, disk=1)
elif sys.argv[2:3] == ["remove"]:
    cloud.identity.delete_user(cloud.identity.find_user("s_rally_0badc0de_12345678"))
    cloud.compute.delete_flavor(cloud.compute.find_flavor("s-erisc-20200101t000000-0bad-0001-0badc0de-12345678"))
print(json.dumps({
    "projects": sorted(item.name for item in cloud.identity.projects()),
    "users": sorted(item.name for item in cloud.identity.users()),
    "flavors": sorted(item.name for item in cloud.compute.flavors(is_public="None")),
    "types": sorted(item.name for item in cloud.block_storage.types(is_public="None")),
}))
"""

pytestmark = [pytest.mark.zone, pytest.mark.slow]


def look(python: str, *words: str) -> dict[str, list[str]]:
    """Names of what is in the cloud, in all projects."""
    clouds = os.path.join(labs_home(), LAB, "clouds.yaml")
    done = subprocess.run([python, "-c", LOOK, clouds, *words], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture
def before(drivers_python: str, zone: str) -> Iterator[dict[str, list[str]]]:
    """What the cloud holds, among it things that a run might be thought to have made."""
    yield look(drivers_python, "decoys")
    look(drivers_python, "remove")


@pytest.fixture
def run(tmp_path: Path, zone: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A run whose scenarios and contexts make things that only an admin can, killed at the end of the test."""
    hold = [stage("hold", "s", 60, 1, 1)]
    flavor = {"ram": 64, "vcpus": 1, "disk": 1}
    loads: list[dict[str, Any]] = [
        workload("users", "KeystoneBasic.create_user", {}, "closed", hold),
        workload("flavors", "NovaFlavors.create_flavor", flavor, "closed", hold),
        workload("types", "CinderVolumeTypes.create_and_get_volume_type", {}, "closed", hold)
        | {"contexts": {"flavors": [{"name": "of-the-author", "ram": 64}, {"name": "m1.tiny", "ram": 64}]}},
    ]
    place = tmp_path / "run"
    words = [ERISC, "run", str(write_bundle(tmp_path / "bundle", loads)), "--zone", zone, "--run-dir", str(place)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    yield process, place
    process.kill()
    process.wait()


def made(place: Path, workload: str) -> int:
    """Iterations of a workload that have ended well."""
    path = place / "cells/0001/raw" / workload / "iterations.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return sum('"event": "end"' in line and '"error": null' in line for line in lines)


def await_leftovers(process: subprocess.Popen[bytes], place: Path) -> None:
    deadline = time.monotonic() + 180
    while min(made(place, name) for name in ("users", "flavors")) < 3:
        assert process.poll() is None, "the run ended before its load had made anything"
        assert time.monotonic() < deadline
        time.sleep(0.1)


def workers(place: Path) -> list[int]:
    """The load processes of the run, by the mark in their environment."""
    mark = b"ERISC_MARK=" + json.loads((place / "run.json").read_text())["id"].encode() + b"/"
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(int(pid))
        except OSError:
            continue
    return found


def test_a_killed_executor_leaves_nothing_after_a_heal(
    before: dict[str, list[str]], run: tuple[subprocess.Popen[bytes], Path], drivers_python: str
) -> None:
    process, place = run
    await_leftovers(process, place)
    process.kill()
    process.wait()
    name = "-erisc-" + json.loads((place / "run.json").read_text())["id"] + "-0001-"
    left = look(drivers_python)
    assert sum(name in user for user in left["users"]) >= 3, "Rally died before it could clean up"
    assert sum(name in flavor for flavor in left["flavors"]) >= 3
    healed = erisc("heal", str(place))
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert look(drivers_python) == before


def test_a_killed_rally_is_reported_and_tidied_up_after(
    before: dict[str, list[str]], run: tuple[subprocess.Popen[bytes], Path], drivers_python: str
) -> None:
    process, place = run
    await_leftovers(process, place)
    for pid in workers(place):
        os.kill(pid, signal.SIGKILL)
    assert process.wait(120) == 4
    events = [json.loads(line) for line in (place / "events.jsonl").read_text().splitlines()]
    ends = [event for event in events if event["type"] == "load_finished"]
    assert {event["workload"]: event["status"] for event in ends} == dict.fromkeys(
        ("users", "flavors", "types"), "failed"
    )
    assert all("SIGKILL" in event["error"] for event in ends)
    assert look(drivers_python) == before
