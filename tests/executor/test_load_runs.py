"""Runs of real Rally load without a cloud: a stalled server, workloads that die, one clock for all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import ERISC, erisc

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *words): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
server = Server(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
"""
SPEC = """
edition 2026
import std.load {{ rally }}
architecture site {{ node controller * 1 }}
{workloads}
kpi late: duration = p99(open.duration)
kpi closed_late: duration = p90(closed.duration)
slo patient: late <= 60 s
slo calm: closed_late <= 60 s
experiment stall {{ use site, open, closed check patient, calm }}
"""
WEB = """
workload {name} on site {more} {{
  run rally("HttpRequests.check_request") {{ url = "http://127.0.0.1:{port}/", method = "GET", status_code = 200 }}
  hold {level} for 8 s as s
}}
"""
DUMMIES = """
edition 2026
import std.load { rally }
architecture site { node controller * 1 }
workload one on site { run rally("Dummy.dummy") { sleep = 0.01 } hold 20 req/s for 4 s as s }
workload two on site with one { run rally("Dummy.dummy") { sleep = 0.01 } hold 2 users for 4 s as s }
workload lost on site with one { run rally("Dummy.dummy") { sleep = 0.01 } hold 20 req/s for 20 s as s }
kpi rate: rate = count(one[ok]) / 4 s
experiment three { use site, one, two, lost }
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of one host, this one, and no cloud."""
    path = tmp_path_factory.mktemp("site") / "inventory.yaml"
    path.write_text(
        "all:\n  children:\n    controller:\n      hosts:\n"
        "        here: {ansible_host: 127.0.0.1, ansible_connection: local, erisc_services: {}}\n"
    )
    return path


def start(spec: str, folder: Path, inventory: Path) -> subprocess.Popen[str]:
    """Compile and run, as a user would."""
    path = folder / "spec.eris"
    path.write_text(spec)
    done = erisc("compile", str(path), "-o", str(folder / "bundle"))
    assert done.returncode == 0, done.stdout + done.stderr
    words = [ERISC, "run", str(folder / "bundle"), "--zone", "existing", "--inventory", str(inventory)]
    log = (folder / "log").open("w")
    return subprocess.Popen([*words, "--run-dir", str(folder / "run")], stdout=log, stderr=log, text=True)


def events(folder: Path) -> list[dict[str, Any]]:
    path = folder / "run" / "events.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def await_event(folder: Path, process: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    deadline = time.monotonic() + 200
    while True:
        found = [event for event in events(folder) if event["type"] == kind]
        if found:
            return found[0]
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(folder: Path, workload: str) -> list[int]:
    """The processes of a workload by the mark in their environment, the oldest first."""
    run = json.loads((folder / "run" / "run.json").read_text())["id"]
    mark = f"ERISC_MARK={run}/0001/{workload}".encode()
    found = []
    for pid in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        try:
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def stalled(drivers_python: str, inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run whose server stood still for 5 of its 8 s; the folder."""
    folder = tmp_path_factory.mktemp("stalled")
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        port = int(server.stdout.readline())
        loads = WEB.format(name="open", more="", port=port, level="20 req/s")
        loads += WEB.format(name="closed", more="with open", port=port, level="1 users")
        process = start(SPEC.format(workloads=loads), folder, inventory)
        started = await_event(folder, process, "load_started")["t0_mono"]
        time.sleep(max(started + 1.5 - time.monotonic(), 0))
        server.send_signal(signal.SIGSTOP)
        time.sleep(5)
        server.send_signal(signal.SIGCONT)
        assert process.wait(120) in (0, 3), (folder / "log").read_text()
        yield folder
    finally:
        server.kill()
        server.wait()


def test_the_open_model_counts_a_stall(stalled: Path) -> None:
    verdict = json.loads((stalled / "run" / "verdict.json").read_text())
    kpis = verdict["cells"][0]["kpis"]
    # Of 160 arrivals 100 come while the server stands still: the first waits 5 s, the last hardly.
    assert 4.5 < kpis["late"]["value"] < 7.5
    # One user asks some fifty times or more, and waits once: the stall is not among the slowest tenth.
    assert kpis["closed_late"]["value"] < 3.0


def test_the_closed_model_says_that_it_is_closed(stalled: Path) -> None:
    verdict = json.loads((stalled / "run" / "verdict.json").read_text())
    notes = [note for note in verdict["notes"] if note.startswith("closed model: closed.")]
    assert len(notes) == 1
    assert "closed model: closed." in (stalled / "run" / "report.html").read_text()


def test_workloads_share_one_clock_and_one_that_dies_holds_nobody_up(
    drivers_python: str, inventory: Path, tmp_path: Path
) -> None:
    process = start(DUMMIES, tmp_path, inventory)
    t0 = await_event(tmp_path, process, "load_started")["t0_mono"]
    time.sleep(max(t0 + 1.5 - time.monotonic(), 0))
    parent, *parts = workers(tmp_path, "lost")
    os.kill(parts[-1], signal.SIGKILL)
    killed = time.monotonic()
    assert process.wait(120) == 4, (tmp_path / "log").read_text()
    assert not os.path.exists(f"/proc/{parent}")
    ends = {event["workload"]: event for event in events(tmp_path) if event["type"] == "load_finished"}
    assert {name: end["status"] for name, end in ends.items()} == {"one": "ok", "two": "ok", "lost": "failed"}
    assert "ended by SIGKILL" in ends["lost"]["error"]
    assert ends["lost"]["mono"] < killed + 8, "it is told at once: the load had 18 s to go"
    first = {name: begun(tmp_path, name)[0] - t0 for name in ends}
    assert first["one"] == pytest.approx(0.025, abs=0.2)
    assert first["two"] == pytest.approx(0.0, abs=0.2)
    assert len(begun(tmp_path, "one")) == 80
    assert json.loads((tmp_path / "run" / "verdict.json").read_text())["outcome"] == "broken"


def test_a_workload_that_dies_before_the_barrier_ends_the_run(
    drivers_python: str, inventory: Path, tmp_path: Path
) -> None:
    process = start(DUMMIES, tmp_path, inventory)
    while not (tmp_path / "run" / "run.json").exists() or not workers(tmp_path, "lost"):
        assert process.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.02)
    os.kill(workers(tmp_path, "lost")[0], signal.SIGKILL)
    assert process.wait(60) == 4
    assert "workload lost was ended by SIGKILL before the load began" in (tmp_path / "log").read_text()
    assert not any(workers(tmp_path, name) for name in ("one", "two", "lost"))


def begun(folder: Path, workload: str) -> list[float]:
    """CLOCK_MONOTONIC s at which iterations were to begin."""
    lines = (folder / "run/cells/0001/raw" / workload / "iterations.jsonl").read_text().splitlines()
    return sorted(row["intended_mono"] for row in map(json.loads, lines) if row["event"] == "begin")
