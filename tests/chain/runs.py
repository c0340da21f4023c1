"""Runs of specs on the emulated zone, and what they must leave behind: nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.support import ERISC, LAB, erisc, lab_status

SPECS = Path(__file__).parent / "specs"


def run_spec(spec: Path, zone: str, run_dir: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run a spec to its verdict; returns the exit code and verdict.json."""
    done = erisc("run", str(spec), "--zone", zone, "--run-dir", str(run_dir), "--json", *words)
    assert (run_dir / "verdict.json").exists(), f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    verdict = json.loads((run_dir / "verdict.json").read_text())
    assert json.loads(done.stdout) == verdict
    return done.returncode, verdict


def slo(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    """One SLO of the first cell."""
    found: dict[str, Any] = next(slo for slo in verdict["cells"][0]["slos"] if slo["name"] == name)
    return found


def kpi(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    """One KPI of the first cell."""
    found: dict[str, Any] = verdict["cells"][0]["kpis"][name]
    return found


def events(run_dir: Path) -> list[dict[str, Any]]:
    """The event log; a torn last line is left out."""
    try:
        lines = (run_dir / "events.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return []
    whole = []
    for line in lines:
        try:
            whole.append(json.loads(line))
        except ValueError:
            break
    return whole


def start_spec(spec: Path, zone: str, run_dir: Path) -> subprocess.Popen[bytes]:
    """Start a run and leave it running, in a session of its own as a shell job would be."""
    return subprocess.Popen(
        [ERISC, "run", str(spec), "--zone", zone, "--run-dir", str(run_dir)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(run_dir.parent / "stderr").open("wb"),
        start_new_session=True,
    )  # fmt: skip


def wait_for(run_dir: Path, process: subprocess.Popen[bytes], kind: str, **fields: str) -> None:
    """Until the event log shows an event of this type with these fields, for two minutes."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for event in events(run_dir):
            if event["type"] == kind and all(event.get(key) == value for key, value in fields.items()):
                return
        assert process.poll() is None, f"ended with {process.returncode}: {(run_dir.parent / 'stderr').read_text()}"
        time.sleep(0.05)
    raise AssertionError(f"no {kind}")


def kill_group(process: subprocess.Popen[bytes], signal_number: int) -> int:
    """Signal the run as a terminal does, its whole process group; returns the exit code."""
    os.killpg(process.pid, signal_number)
    return process.wait(timeout=120)


def kill_alone(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL erisc alone: what it had started goes on without it."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


def assert_zone_is_whole(run_dir: Path) -> None:
    """Every service runs; no project, stack or process of the run is left."""
    states = lab_status()
    assert set(states.values()) == {"running"}, states
    assert not run_processes(run_dir), run_processes(run_dir)
    assert not [name for name in project_names() if name.startswith("erisc-")]


def run_processes(run_dir: Path) -> list[str]:
    """Command lines of processes that carry the run directory in their arguments or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(run_dir).encode() in text:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def project_names() -> list[str]:
    """Names of all Keystone projects of the tests' lab, asked over HTTP as any client would."""
    import urllib.request

    import yaml

    from erisc.base.home import labs_home

    clouds = yaml.safe_load((Path(labs_home()) / LAB / "clouds.yaml").read_text())["clouds"]
    auth = next(iter(clouds.values()))["auth"]
    domain = {"id": "default"}
    user = {"name": auth["username"], "domain": domain, "password": auth["password"]}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": auth["project_name"], "domain": domain}},
        }
    }
    url = auth["auth_url"].rstrip("/")
    request = urllib.request.Request(
        f"{url}/auth/tokens", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        token = answer.headers["X-Subject-Token"]
    listing = urllib.request.Request(f"{url}/projects", headers={"X-Auth-Token": token})
    with urllib.request.urlopen(listing, timeout=30) as answer:
        return [project["name"] for project in json.load(answer)["projects"]]
