"""Other tools on the same plan and the same hosts: os-faults, Rally's hook, Chaos Toolkit. All freeze a process.

Each gets what is best for it. os-faults is connected and has found its nodes beforehand. Rally's hook and Chaos Toolkit
call a script that does it over ssh connections that are open already, and Chaos Toolkit does not wait for it. Rally's
clock starts with its load, that of Chaos Toolkit with its first action: their plans are laid from there.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.timeline_bed import Bed, Instant
from erisc.base import environments
from erisc.executor.faults.shell import ssh_target, ssh_words

FROZEN = 0.5
"""s."""
CALL = 60.0
"""s that a peer may need."""

OS_FAULTS = """
import json, sys, time
import os_faults
asked = json.load(sys.stdin)
cloud = os_faults.connect(asked["config"])
nodes = cloud.get_nodes()
service = cloud.get_service(name="beat")
t0 = time.monotonic() + 0.5
for at in asked["at"]:
    time.sleep(max(t0 + at - time.monotonic(), 0))
    service.freeze(nodes, sec=1)
print(json.dumps({"t0": t0}))
"""

RALLY = """
import json, os, sys, time
asked = json.load(sys.stdin)
from rally import api, plugins
from rally.common import db
made = api.API(config_file=asked["config"], skip_db_check=True)
db.schema.schema_create()
plugins.load()
from rally.env import env_mgr
env = env_mgr.EnvManager.create("bench", {}, "", {}, {})
task = made.task.create(deployment=env.uuid)["uuid"]
made.task.start(deployment=env.uuid, config=asked["task"], task=task)
load = made.task.get(task_id=task, detailed=True)["subtasks"][0]["workloads"][0]
begun = min(row["timestamp"] for row in load["data"])
print(json.dumps({"t0": begun - time.time() + time.monotonic()}))
"""

Late = list["float | None"]
"""ms from plan to effect on the last host; None for what was not seen."""


def measure(made: Bed, folder: Path, faults: int, every: int, chaos: str) -> dict[str, Late | str]:
    """What the hosts saw of each tool, or why it is not there. every: whole s. chaos: the command, "" for none."""
    instants = [Instant(number, float(2 + every * number), "process") for number in range(faults)]
    script = folder / "strike.sh"
    script.write_text(_over_ssh(made))
    script.chmod(0o755)
    found: dict[str, Late | str] = {}
    peers: dict[str, Callable[[], float]] = {
        "os-faults": lambda: _os_faults(made, instants),
        "Rally's hook": lambda: _rally(folder, script, instants),
        "Chaos Toolkit": lambda: _chaos(folder, script, instants, chaos),
    }
    for name, act in peers.items():
        try:
            found[name] = made.seen(act(), instants)
        except subprocess.TimeoutExpired:
            found[name] = f"was not done within {CALL:g} s"
        except (OSError, LookupError, subprocess.SubprocessError) as error:
            words = getattr(error, "stderr", "") or str(error)
            found[name] = (words.strip().splitlines() or ["failed"])[-1][:300]
    return found


def _over_ssh(made: Bed) -> str:
    there = f"kill -STOP $(cat /run/beat.pid); sleep {FROZEN}; kill -CONT $(cat /run/beat.pid)"
    lines = ["#!/bin/sh"]
    for host in made.hosts.values():
        words = " ".join(f"'{word}'" for word in [*ssh_words(host, made.sockets), ssh_target(host), there])
        lines.append(f"{words} </dev/null &")
    return "\n".join([*lines, "wait", ""])


def _asked(python: str, text: str, order: dict[str, Any]) -> float:
    """t0 of a peer that runs in a managed environment."""
    if not os.path.exists(python):
        raise FileNotFoundError(f"absent: {python}")
    variables = environments.run_variables()
    # os-faults looks for ansible on the PATH.
    variables["PATH"] = os.path.dirname(python) + os.pathsep + variables.get("PATH", "")
    done = subprocess.run(
        [python, "-c", text], input=json.dumps(order), env=variables, capture_output=True, text=True, timeout=CALL,
        check=True,
    )  # fmt: skip
    return float(json.loads(done.stdout.splitlines()[-1])["t0"])


def _os_faults(made: Bed, instants: list[Instant]) -> float:
    nodes = [
        {"ip": host.address, "fqdn": host.name, "auth": {"username": host.user, "private_key_file": host.key}}
        for host in made.hosts.values()
    ]
    config = {
        "cloud_management": {"driver": "universal"},
        "node_discover": {"driver": "node_list", "args": nodes},
        "services": {"beat": {"driver": "process", "args": {"grep": "probe.py beat", "start_cmd": "true"}}},
    }
    order = {"config": config, "at": [one.at for one in instants]}
    return _asked(environments.python_of("ansible"), OS_FAULTS, order)


def _rally(folder: Path, script: Path, instants: list[Instant]) -> float:
    config = folder / "rally.conf"
    config.write_text(f"[database]\nconnection = sqlite:///{folder}/rally.sqlite\n")
    load = {
        "title": "bench",
        "scenario": {"Dummy.dummy": {"sleep": 0.25}},
        "runner": {"constant_for_duration": {"concurrency": 1, "duration": int(instants[-1].at) + 3}},
        "hooks": [
            {
                "description": "freeze",
                "action": {"sys_call": str(script)},
                "trigger": {"event": {"unit": "time", "at": [int(one.at) for one in instants]}},
            }
        ],
    }
    task = {"version": 2, "title": "bench", "subtasks": [load]}
    return _asked(environments.python_of("drivers"), RALLY, {"config": str(config), "task": task})


def _chaos(folder: Path, script: Path, instants: list[Instant], command: str) -> float:
    if not command:
        raise FileNotFoundError("absent: --peers names no environment with chaostoolkit (benchmarks/peers.txt)")
    method = [_activity(script, one, instants[number - 1] if number else None) for number, one in enumerate(instants)]
    experiment = {
        "version": "1.0.0", "title": "bench", "description": "bench", "method": method, "rollbacks": [],
    }  # fmt: skip
    (folder / "experiment.json").write_text(json.dumps(experiment))
    words = [command, "--no-version-check", "run", "--journal-path", "journal.json", "experiment.json"]
    env = {**environments.run_variables(), "HOME": str(folder)}
    subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=CALL, check=True)
    time.sleep(2 * FROZEN)
    journal = json.loads((folder / "journal.json").read_text())
    begun = datetime.fromisoformat(journal["run"][0]["start"])
    moment = (begun if begun.tzinfo else begun.replace(tzinfo=UTC)).timestamp()
    return moment - time.time() + time.monotonic() - instants[0].at


def _activity(script: Path, one: Instant, before: Instant | None) -> dict[str, Any]:
    activity: dict[str, Any] = {
        "type": "action", "name": f"freeze {one.number}", "background": True,
        "provider": {"type": "process", "path": str(script), "timeout": 30},
    }  # fmt: skip
    return activity if before is None else activity | {"pauses": {"before": one.at - before.at}}


def command_of(python: str) -> str:
    """`chaos` of the environment with that Python, "" when it is not there."""
    path = Path(python).parent / "chaos"
    return str(path) if python and path.exists() else ""
