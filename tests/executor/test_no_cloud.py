"""Zones of hosts alone: what needs OpenStack is refused by name, before anything begins."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from erisc.base.environments import import_path
from tests.executor.bundles import fault, stage, workload, write_bundle

INVENTORY = """\
controller:
  hosts:
    ctl: {ansible_connection: local, ansible_host: 127.0.0.1}
"""


def test_what_needs_openstack_is_named(drivers_python: str, tmp_path: Path) -> None:
    hold = [stage("hold", "", 5, 10, 10)]
    loads = [
        workload("boot", "NovaServers.boot_and_delete_server", {}, "open", hold),
        workload("nothing", "Dummy.dummy", {}, "open", hold),
        workload("get", "GET http://127.0.0.1:9/", {}, "open", hold, "http"),
    ]
    faults = [fault("vm_reboot", 1.0, None, service="", nodes="canary", topology="tenant")]
    bundle = write_bundle(tmp_path / "bundle", loads, faults, topology={"image": "cirros", "flavor": "m1.tiny"})
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text(INVENTORY)
    done = subprocess.run(
        [
            drivers_python, "-m", "erisc.executor", "run", str(bundle), "--zone", "existing",
            "--inventory", str(inventory), "--run-dir", str(tmp_path / "run"),
        ],
        env=dict(os.environ) | {"PYTHONPATH": import_path()},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert done.stderr.splitlines()[-5:] == [
        "erisc: error: the zone existing:hosts.yaml does not meet what small.eris demands",
        "  | topology tenant needs OpenStack; this zone has hosts alone",
        "  | workload boot: its driver `rally` needs OpenStack; this zone has hosts alone",
        "  | a fault on servers of topology tenant needs OpenStack; this zone has hosts alone",
        "  help: mend the zone or its inventory, or run on another one",
    ]
    assert not (tmp_path / "run").exists()
