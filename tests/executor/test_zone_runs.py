"""On the emulated zone: a run leaves nothing behind, whenever it dies, and touches nothing that was there before."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.executor.bundles import fault, stage, workload, write_bundle
from tests.support import ERISC, LAB, erisc, lab_status

LOOK = """
import json, sys
import openstack
from openstack.config import OpenStackConfig
config = OpenStackConfig(config_files=[sys.argv[1]], load_envvars=False)
cloud = openstack.connection.Connection(config=config.get_one(cloud=config.get_cloud_names()[0]))
everywhere = {"all_projects": True}
print(json.dumps({
    "projects": sorted(item.id for item in cloud.identity.projects()),
    "users": sorted(item.id for item in cloud.identity.users()),
    "networks": sorted(item.id for item in cloud.network.networks()),
    "ports": sorted(item.id for item in cloud.network.ports()),
    "groups": sorted(item.id for item in cloud.network.security_groups()),
    "volumes": sorted(item.id for item in cloud.block_storage.volumes(details=False, **everywhere)),
    "servers": sorted(item.id for item in cloud.compute.servers(details=False, **everywhere)),
}))
"""
"""What is in the cloud, in all projects."""

pytestmark = [pytest.mark.zone, pytest.mark.slow]


def look(python: str) -> dict[str, list[str]]:
    from erisc.base.home import labs_home

    clouds = os.path.join(labs_home(), LAB, "clouds.yaml")
    done = subprocess.run([python, "-c", LOOK, clouds], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Ten seconds of volumes under a dead broker, in a tenant network with a server."""
    load = workload(
        "volumes", "CinderVolumes.create_and_delete_volume", {"size": 1}, "closed", [stage("hold", "s", 10, 2, 2)]
    )
    topology = {"image": "cirros", "flavor": "m1.nano"}
    return write_bundle(tmp_path / "bundle", [load], [fault("kill", 3.0, 4.0)], topology=topology)


def events(run: Path) -> list[dict[str, Any]]:
    path = run / "events.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def start(bundle: Path, run: Path, zone: str) -> subprocess.Popen[bytes]:
    words = [ERISC, "run", str(bundle), "--zone", zone, "--run-dir", str(run)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def await_event(run: Path, process: subprocess.Popen[bytes], **wanted: str) -> None:
    deadline = time.monotonic() + 120
    while not any(wanted.items() <= event.items() for event in events(run)):
        assert process.poll() is None, f"the run ended before {wanted}"
        assert time.monotonic() < deadline
        time.sleep(0.05)


MOMENTS: list[dict[str, str]] = [
    {"type": "undo_registered", "kind": "delete_project"},
    {"type": "undo_registered", "kind": "delete_stack"},
    {"type": "load_ready"},
    {"type": "undo_registered", "kind": "start_service"},
    {"type": "fault_effective"},
    {"type": "phase_started", "phase": "teardown"},
]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: "-".join(moment.values()))
def test_a_run_that_is_killed_heals(
    moment: dict[str, str], bundle: Path, tmp_path: Path, zone: str, drivers_python: str
) -> None:
    before, run = look(drivers_python), tmp_path / "run"
    process = start(bundle, run, zone)
    await_event(run, process, **moment)
    process.kill()
    process.wait()
    healed = erisc("heal", str(run))
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert look(drivers_python) == before
    assert lab_status()["rabbitmq"] == "running"
    assert not (run / "private").exists()
    digest = hashlib.sha256((run / "events.jsonl").read_bytes()).digest()
    again = erisc("heal", str(run))
    assert (again.returncode, again.stdout) == (0, "nothing is open: the run left nothing behind\n")
    assert hashlib.sha256((run / "events.jsonl").read_bytes()).digest() == digest


def test_an_interrupt_heals_and_a_second_one_does_not_disturb(
    bundle: Path, tmp_path: Path, zone: str, drivers_python: str
) -> None:
    before, run = look(drivers_python), tmp_path / "run"
    process = start(bundle, run, zone)
    await_event(run, process, type="fault_effective")
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 130
    assert events(run)[-1]["type"] == "run_finished"
    assert events(run)[-1]["status"] == "interrupted"
    assert look(drivers_python) == before
    assert lab_status()["rabbitmq"] == "running"


def test_a_stack_that_fails_is_quoted_and_cleaned_up(
    bundle: Path, tmp_path: Path, zone: str, drivers_python: str
) -> None:
    before = look(drivers_python)
    template = bundle / "cells/0001/heat/tenant.yaml"
    broken = template.read_text().replace("cidr: 10.20.0.0/24", "cidr: 10.20.0.0/24, ip_version: 6")
    template.write_text(broken)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"]["cells/0001/heat/tenant.yaml"] = hashlib.sha256(broken.encode()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    done = erisc("run", str(bundle), "--zone", zone, "--run-dir", str(tmp_path / "run"))
    assert done.returncode == 4
    assert "stack 'tenant' failed" in done.stderr
    assert "apps_subnet" in done.stderr
    assert look(drivers_python) == before


def test_a_second_executor_keeps_its_hands_off(bundle: Path, tmp_path: Path, zone: str) -> None:
    process = start(bundle, tmp_path / "run", zone)
    await_event(tmp_path / "run", process, type="phase_started", phase="deploy")
    refused = erisc("heal", str(tmp_path / "run"))
    assert refused.returncode == 2
    assert f"still worked on, by process {process.pid}" in refused.stderr
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 130


def test_a_control_run_holds_the_faults_back(bundle: Path, tmp_path: Path, zone: str) -> None:
    done = erisc("run", str(bundle), "--zone", zone, "--run-dir", str(tmp_path / "run"), "--control")
    assert done.returncode in (0, 3), done.stdout + done.stderr
    kinds = [event["type"] for event in events(tmp_path / "run")]
    assert "fault_withheld" in kinds
    assert "fault_called" not in kinds
