"""Load processes that are killed: one of several, and all of them. The driver `http`, the real executor, no cloud."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base.environments import import_path
from tests.executor.bundles import stage, workload, write_bundle
from tests.executor.loads.test_worker import Server, answer

INVENTORY = """\
all:
  children:
    controller:
      hosts:
        here: {ansible_host: 127.0.0.1, ansible_connection: local, erisc_services: {}}
"""
Begin = Callable[[float], subprocess.Popen[str]]


@pytest.fixture
def begin(drivers_python: str, tmp_path: Path) -> Iterator[Begin]:
    """Starts a run of two loads: `long`, of 60 s, and `short`, of as many seconds as it is told."""
    server = Server(answer(200))

    def run(seconds: float) -> subprocess.Popen[str]:
        url = f"GET http://{server.place}/"
        loads = [
            workload(name, url, {}, "open", [stage("hold", "s", length, 20, 20)], "http")
            for name, length in (("long", 60.0), ("short", seconds))
        ]
        write_bundle(tmp_path / "bundle", loads)
        (tmp_path / "inventory.yaml").write_text(INVENTORY)
        words = ["run", str(tmp_path / "bundle"), "--zone", "existing", "--inventory", str(tmp_path / "inventory.yaml")]
        return subprocess.Popen(
            [drivers_python, "-m", "erisc.executor", *words, "--run-dir", str(tmp_path / "run")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"PYTHONPATH": import_path()},
        )  # fmt: skip

    yield run
    server.shutdown()
    server.server_close()


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Of the run's log."""
    path = folder / "run" / "events.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [event for line in lines if (event := json.loads(line))["type"] == kind]


def kill(folder: Path, process: subprocess.Popen[str], *names: str) -> float:
    """SIGKILL to these loads half a second after t = 0; CLOCK_MONOTONIC s."""
    while not events(folder, "load_started"):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(max(events(folder, "load_started")[0]["t0_mono"] + 0.5 - time.monotonic(), 0))
    run = json.loads((folder / "run" / "run.json").read_text())["id"]
    for name in names:
        pids = marked(f"ERISC_MARK={run}/0001/{name}")
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    return time.monotonic()


def marked(mark: str) -> list[int]:
    """Processes by a variable of their environment."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if mark.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found


def test_when_all_load_is_dead_the_run_ends_at_once(begin: Begin, tmp_path: Path) -> None:
    process = begin(60.0)
    kill(tmp_path, process, "long", "short")
    said, _ = process.communicate(timeout=55)
    assert process.returncode == 4, said
    assert "no load process lived to the end of its schedule" in said
    assert {one["status"] for one in events(tmp_path, "load_finished")} == {"failed"}


def test_one_that_is_dead_is_told_and_the_rest_goes_on_to_its_own_end(begin: Begin, tmp_path: Path) -> None:
    process = begin(2.0)
    killed = kill(tmp_path, process, "long")
    said, _ = process.communicate(timeout=55)  # the one that is dead had 60 s to go
    assert process.returncode == 4, said
    ends = {one["workload"]: one for one in events(tmp_path, "load_finished")}
    assert {name: one["status"] for name, one in ends.items()} == {"long": "failed", "short": "ok"}
    assert "was ended by SIGKILL" in ends["long"]["error"]
    assert ends["long"]["mono"] < ends["short"]["mono"]
    assert ends["short"]["mono"] > killed
    record = (tmp_path / "run/cells/0001/raw/short/iterations.jsonl").read_text().splitlines()
    assert sum(json.loads(line)["event"] == "end" for line in record) == 40
    finished = {one["workload"] for one in events(tmp_path, "stage_finished")}
    assert finished == {"short"}, "a stage that nobody drove to its end has none"
