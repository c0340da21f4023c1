"""A whole run on three hosts without a cloud: load, a planned crash, and reactions to what comes of it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.executor.bundles import effect, planned, reaction, stage, when, workload, write_bundle
from tests.executor.site_of_three import NAMES, end_site, write_site
from tests.support import ERISC, erisc

pytestmark = pytest.mark.skipif(shutil.which("busybox") is None, reason="no busybox to serve pages")


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Path]:
    site = tmp_path / "site"
    made = write_site(site)
    for name in NAMES:
        subprocess.run([str(site / f"{name}.sh")], check=True)
    yield made
    end_site(site)


def web(action: str, duration: float | None, **target: Any) -> dict[str, Any]:
    return effect(action, duration, service="web", **target)


def bundle(folder: Path, **parts: Any) -> Path:
    """Eight seconds of load on the three web servers."""
    page = workload("page", "GET http://{web}/", {"timeout": 1.0}, "open", [stage("hold", "steady", 8.0, 30.0, 30.0)])
    faults, nodes = parts.pop("faults", []), {"controller": 3}
    return write_bundle(
        folder, [page | {"driver": "http"}], faults, nodes=nodes, services=[("web", "controller")], **parts
    )


CRASH = planned("crash", 2.0, [[web("kill", 2.0)]])
REACTIONS = [
    reaction("lost", when("down", service="web"), [[web("freeze", 1.0, selector="majority", count=0)]]),
    reaction("worse", when("error_rate", ">", 0.1, workload="page", last=1.0), [[web("freeze", 0.5)]]),
    reaction("after", when("ended", fault="crash", after=0.5), [[web("freeze", 0.5)]]),
    reaction("midload", {"kind": "iteration", "workload": "page", "iteration": 30}, [[web("freeze", 0.3)]]),
]


def events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


def test_reactions_strike_when_what_they_wait_for_turns_true(tmp_path: Path, inventory: Path) -> None:
    made = bundle(tmp_path / "bundle", faults=[CRASH], reactions=REACTIONS, allowances={"controller": 2})
    run = tmp_path / "run"
    done = erisc("run", str(made), "--zone", "existing", "--inventory", str(inventory), "--run-dir", str(run))
    assert done.returncode == 3, done.stderr  # nothing to judge, and nothing broke
    told = [event for event in events(run) if event["type"] == "fault_triggered"]
    by = {event["fault"]: event["by"] for event in told}
    assert by["lost"] == "down(web)"
    assert by["worse"].startswith("error_rate(page, last = 1 s) = ")
    assert by["worse"].endswith(" % > 10 %")
    assert by["after"] == "ended(crash), 500 ms ago"
    assert by["midload"] == "page began iteration 30"
    at = {event["fault"]: event["at"] for event in told}
    assert 0.9 < at["midload"] < 2.0 < at["lost"] < at["after"]
    healed = {(event["fault"], event["instance"]) for event in events(run) if event["type"] == "fault_healed"}
    assert {("crash", 0), ("after", 0), ("midload", 0)} <= healed
    assert "crash #0 is in effect: kill web on " in done.stderr
    assert "midload #0 is triggered: page began iteration 30" in done.stderr
    page = (run / "report.html").read_text()
    assert "because ended(crash), 500 ms ago" in page


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"faults": [planned("split", 2.0, [[web("freeze", 2.0, selector="majority", count=0)]])]},
         "split could strike 2 of the 3 hosts of controller; a majority must stay unharmed, so 1 may "
         "(if that is meant: `at most 2 of controller` in the spec's faults)"),
        ({"reactions": [REACTIONS[0]]}, "lost could strike 2 of the 3 hosts of controller"),
        ({"faults": [planned("gone", 2.0, [[web("freeze", 2.0, selector="any", count=4)]])]},
         "any(4, controller): there are 3 hosts, 4 needed"),
        ({"faults": [planned("first", 2.0, [[web("freeze", 2.0, selector="primary", primary="web")]])]},
         "how the primary of service web is found is not known (give `primary` to web in the inventory"),
        ({"reactions": [reaction("slow", when("prometheus", ">", 1.0, query="up"), [[web("freeze", 1.0)]])]},
         "the inventory does not say where Prometheus is: give `erisc_prometheus: http://HOST:9090`"),
        ({"reactions": [reaction("moon", when("eclipse"), [[web("freeze", 1.0)]])]},
         "fault moon: this executor knows no event 'eclipse'"),
    ],
)  # fmt: skip
def test_what_cannot_be_or_must_not_be_is_refused_before_any_load(
    tmp_path: Path, inventory: Path, parts: dict[str, Any], complaint: str
) -> None:
    made = bundle(tmp_path / "bundle", **parts)
    run = tmp_path / "run"
    done = erisc("run", str(made), "--zone", "existing", "--inventory", str(inventory), "--run-dir", str(run))
    assert done.returncode not in (0, 3)
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not run.exists()


@pytest.mark.slow
def test_on_a_terminal_a_panel_shows_what_is_open(tmp_path: Path, inventory: Path) -> None:
    made = bundle(tmp_path / "bundle", faults=[CRASH])
    words = [
        ERISC,
        "run",
        str(made),
        "--zone",
        "existing",
        "--inventory",
        str(inventory),
        "--run-dir",
        str(tmp_path / "run"),
    ]
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    with subprocess.Popen(words, stderr=theirs, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        shown = _read(ours)
        assert process.wait(30) == 3
    assert "steady" in shown
    assert "\x1b[31mopen\x1b[0m     crash #0  " in shown
    assert "kill web on c" in shown
    assert "\x1b[32mhealed\x1b[0m   crash #0  at " in shown


def _read(terminal: int) -> str:
    text, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1.0)[0]:
            try:
                text += os.read(terminal, 1 << 16)
            except OSError:  # the other side is closed
                break
    return text.decode(errors="replace")
