"""Load from several hosts: emulated ones with sshd of their own, the driver `http`, the real executor."""

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

from erisc.base.environments import import_path
from erisc.lab import Lab, Options, open_lab, up, wipe
from erisc.lab.hosts import power
from tests.executor.bundles import stage, workload, write_bundle
from tests.lab.machine import traces, unable

pytestmark = pytest.mark.skipif(bool(unable()), reason=unable())
COUNT = 4


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = open_lab("generators", str(tmp_path_factory.mktemp("g") / "lab"))
    up(made, Options(hosts=f"controller=1,generators={COUNT}"))
    yield made
    wipe(made)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return _bundle(tmp_path / "bundle", 5.0)


def _bundle(folder: Path, seconds: float) -> Path:
    loads = [workload("get", "GET http://{web}/index.html", {}, "open", [stage("hold", "", seconds, 40, 40)], "http")]
    return write_bundle(folder, loads, services=[("web", "controller")])


def _start(python: str, lab: Lab, bundle: Path, run: Path, *more: str) -> subprocess.Popen[str]:
    words = ["run", str(bundle), "--zone", "existing", "--inventory", f"{lab.state_dir}/inventory.yaml"]
    return subprocess.Popen(
        [python, "-m", "erisc.executor", *words, "--run-dir", str(run), *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=dict(os.environ) | {"PYTHONPATH": import_path()},
    )  # fmt: skip


def _events(run: Path, kind: str) -> list[dict[str, Any]]:
    path = run / "events.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [event for line in lines if (event := json.loads(line))["type"] == kind]


def _begins(run: Path) -> dict[str, list[dict[str, Any]]]:
    """Generator to the begins of its iterations."""
    folder = run / "cells" / "0001" / "raw" / "get"
    found = {}
    for path in sorted(folder.glob("iterations*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        found[path.name.split(".")[1]] = [row for row in rows if row["event"] == "begin"]
    return found


def _await(run: Path, kind: str, within: float = 60.0) -> None:
    until = time.monotonic() + within
    while not _events(run, kind):
        assert time.monotonic() < until, f"no {kind}"
        time.sleep(0.1)


def test_a_schedule_is_split_without_loss_on_one_clock(
    drivers_python: str, lab: Lab, bundle: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = _start(drivers_python, lab, bundle, run)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 3, out  # nothing to judge, nothing broken
    begins = _begins(run)
    assert sorted(begins) == [f"generator-{number}" for number in range(1, COUNT + 1)]
    assert sorted(row["i"] for rows in begins.values() for row in rows) == list(range(200))
    for number, rows in enumerate(begins.values()):
        assert {row["i"] % COUNT for row in rows} == {number}
    ready = {event["generator"]: event for event in _events(run, "generator_ready")}
    assert all(event["uncertainty"] <= 0.01 for event in ready.values())
    for name, rows in begins.items():
        for row in rows:  # paced at 40/s: arrival i is due (i + 1/2) / 40 s after t = 0, on whichever host
            assert row["intended_mono"] - ready[name]["t0_mono"] == pytest.approx((row["i"] + 0.5) / 40, abs=1e-5)


@pytest.mark.slow
def test_a_generator_that_dies_breaks_the_run_and_holds_up_nothing(
    drivers_python: str, lab: Lab, bundle: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = _start(drivers_python, lab, bundle, run)
    _await(run, "load_started")
    time.sleep(2.5)
    power.press(lab.state_dir, "generator-2", "off")
    out, _ = process.communicate(timeout=120)
    power.press(lab.state_dir, "generator-2", "on")
    assert process.returncode == 4, out
    assert "generator generator-2, which had shard 1/4, was lost" in out
    begins = _begins(run)
    assert [len(begins[f"generator-{number}"]) for number in (1, 3, 4)] == [50, 50, 50]
    up(lab)


@pytest.mark.slow
def test_load_does_not_outlive_an_executor_that_was_killed(drivers_python: str, lab: Lab, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = _start(drivers_python, lab, _bundle(tmp_path / "bundle", 60.0), run)
    _await(run, "load_started")
    marks = f"ERISC_MARK={_events(run, 'run_started')[0]['run']}/"
    assert len(_marked(marks)) >= 2 * COUNT
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    until = time.monotonic() + 20
    while _marked(marks):
        assert time.monotonic() < until
        time.sleep(0.2)


def _marked(start: str) -> list[str]:
    """Processes of the run, on this machine and on its hosts, which are seen from here."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                found += [pid] if any(one.startswith(start.encode()) for one in file.read().split(b"\0")) else []
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_host_without_ssh_is_named_before_anything_begins(
    drivers_python: str, lab: Lab, bundle: Path, tmp_path: Path
) -> None:
    text = Path(lab.state_dir, "inventory.yaml").read_text()
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(text.replace("ansible_port: 22", "ansible_port: 23"))
    words = [
        "run",
        str(bundle),
        "--zone",
        "existing",
        "--inventory",
        str(inventory),
        "--run-dir",
        str(tmp_path / "run"),
    ]
    done = subprocess.run(
        [drivers_python, "-m", "erisc.executor", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env=dict(os.environ) | {"PYTHONPATH": import_path()}, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "port 23: Connection refused" in done.stderr
    assert not (tmp_path / "run").exists()


def test_where_the_tests_ran_nothing_else_is_left(lab: Lab) -> None:
    assert traces(lab.state_dir)
    wipe(lab)
    assert traces(lab.state_dir) == []
