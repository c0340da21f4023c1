"""Storms: schedules of many faults of all kinds that overlap; and the executor killed at a moment of one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from erisc.base.plugins import entry_points
from tests.executor.bundles import effect, planned
from tests.executor.faults.site import Site
from tests.support import ERISC

ROOT = Path(__file__).parents[3]
FAULTS = 20
SPAN = 3.0
"""s over which the faults of a storm begin."""

OTHERS = {"from": "others"}
KINDS: list[tuple[str, str, dict[str, Any], bool]] = [
    ("kill", "web", {}, True),
    ("kill", "memcached", {"signal": "TERM"}, True),
    ("terminate", "memcached", {}, True),
    ("freeze", "web", {}, True),
    ("freeze", "memcached", {}, True),
    ("restart", "web", {}, False),
    ("stop", "memcached", {}, True),
    ("partition", "", OTHERS, True),
    ("drop", "", OTHERS, True),
    ("loss", "", {"share": 0.3, **OTHERS}, True),
    ("delay", "", {"by": 0.02, "jitter": 0.0, **OTHERS}, True),
    ("duplicate", "", {"share": 0.2, **OTHERS}, True),
    ("throttle", "", {"to": 1e6, **OTHERS}, True),
    ("block_port", "", {"port": 8080}, True),
    ("interface_down", "", {"name": "data0"}, True),
    ("fill_disk", "", {"path": "/"}, True),
    ("exhaust_files", "web", {}, True),
]
"""Action, service, arguments, and whether it has a duration."""


def kinds() -> list[tuple[str, str, dict[str, Any], bool]]:
    """Those that this erisc has."""
    known = entry_points("erisc.faults")
    return [kind for kind in KINDS if kind[0] in known]


def storm(seed: int) -> dict[str, Any]:
    """A fault schedule. What cannot be at one time with another is withheld by the executor: that is part of it."""
    draw = random.Random(seed)
    faults = []
    for number in range(FAULTS):
        action, service, arguments, lasts = draw.choice(kinds())
        duration = round(draw.uniform(0.2, 1.5), 3) if lasts else None
        selector = "one" if "from" in arguments else draw.choice(["one", "all"])
        one = effect(action, duration, arguments, service=service, selector=selector)
        one["choice"] = f"{draw.getrandbits(64):016x}"
        faults.append(planned(f"f{number}", round(draw.uniform(0.3, SPAN), 3), [[one]]))
    faults.sort(key=lambda fault: (fault["at"], fault["name"]))
    return {"format": 2, "cell": "0001", "allowances": {}, "faults": faults, "reactions": []}


def start(site: Site, folder: Path, seed: int) -> tuple[subprocess.Popen[str], float]:
    """The executor in a storm, and t0 (CLOCK_MONOTONIC s)."""
    schedule = folder / "schedule.json"
    schedule.write_text(json.dumps(storm(seed)))
    words = ["-m", "tests.executor.faults.player", str(folder / "run"), site.inventory, str(schedule)]
    with open(folder / "player.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    assert process.stdout
    line = process.stdout.readline().split()
    assert line[:1] == ["t0"], (folder / "player.log").read_text()
    return process, float(line[1])


def kill_at(process: subprocess.Popen[str], moment: float) -> None:
    """SIGKILL when CLOCK_MONOTONIC reads `moment` s, unless it has ended by itself."""
    while time.monotonic() < moment and process.poll() is None:
        time.sleep(min(max(moment - time.monotonic(), 0.0), 0.05))
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def heal(run: Path) -> subprocess.CompletedProcess[str]:
    """`erisc heal`."""
    words = [ERISC, "heal", str(run)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
