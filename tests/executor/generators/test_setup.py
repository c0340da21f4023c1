"""A generator that has nothing of erisc is set up by Ansible, from the executor's own packages, without a way out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.base import environments
from erisc.lab import Lab, Options, open_lab, up, wipe
from tests.lab.machine import unable

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(unable()), reason=unable())]
PROVE = """
import sys, types
from erisc.executor.generators import proving
from erisc.executor.zones.inventory import read_inventory

# Emulated hosts share this machine's paths: as if they did not, its Python is looked for where it is on none.
proving.sys = types.SimpleNamespace(executable="/nonexistent/python")
hosts, _ = read_inventory(sys.argv[1])
site = proving.prove_generators((hosts["generator-1"],), sys.argv[2])
print(site.places["generator-1"].path)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = open_lab("bare", str(tmp_path / "lab"))
    up(made, Options(hosts="generators=1", disk=1024))
    yield made
    wipe(made)


def test_a_bare_generator_gets_what_the_executor_has_and_keeps_it(
    drivers_python: str, lab: Lab, tmp_path: Path
) -> None:
    if not environments.is_complete("ansible"):
        pytest.skip("the environment of Ansible is not installed")
    words = [drivers_python, "-c", PROVE, f"{lab.state_dir}/inventory.yaml", str(tmp_path)]
    variables = dict(os.environ) | {"PYTHONPATH": environments.import_path()}
    logs = []
    for _ in range(2):
        done = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("/var/tmp/erisc-generator/code-")
        logs.append((tmp_path / "generators" / "ansible.log").stat().st_mtime_ns)
    assert logs[0] == logs[1]  # the second time nothing was left to do
