"""Real services for faults: a process tree per service, under plain commands or a real supervisord."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from erisc.executor.zones import Host

TREE = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"
"""A service with one child, as a server with a worker."""


def commands_service(folder: Path, name: str) -> dict[str, Any]:
    """A service of the manager `commands`: a pid file, and a script that starts the tree in the background."""
    pid = folder / f"{name}.pid"
    script = folder / f"{name}.sh"
    script.write_text(f'#!/bin/sh\nsetsid {sys.executable} -c "{TREE}" >/dev/null 2>&1 &\necho $! > {pid}\n')
    script.chmod(0o755)
    return {"manager": "commands", "pids": ["sh", "-c", f"cat {pid} 2>/dev/null; true"], "start": [str(script)]}


def local_host(name: str, services: dict[str, dict[str, Any]]) -> Host:
    """This machine, by another name."""
    return Host(name, "local", "127.0.0.1", 22, "", "", services)


def kill_tree(pids: list[int]) -> None:
    """End what a test started."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def living(keys: dict[str, Any]) -> dict[int, str]:
    """State by pid of what a service of `commands_service` has: its process and its children, without zombies."""
    root = subprocess.run(keys["pids"], capture_output=True, text=True, check=True).stdout.strip()
    states = {}
    for pid in [root, *_text(f"/proc/{root}/task/{root}/children").split()]:
        state = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1] if pid else []
        if state and state[0] not in "ZXx":
            states[int(pid)] = state[0]
    return states


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
