"""Processes of a lab, found in /proc by what they carry, not by who started them.

Every process of a zone has `ERISC_LAB_STATE=<folder>` in its environment, inherited from supervisord or given to a
helper: a worker whose parent died, or a service that was started by hand from the lab's environment, is still found.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable

STATE_VARIABLE = "ERISC_LAB_STATE"
"""The environment variable that every process of a lab carries: the lab's folder."""
SERVICE_VARIABLE = "ERISC_LAB_SERVICE"
"""The environment variable that tells a service's processes from the others'."""
TASK_VARIABLE = "ERISC_LAB_TASK"
"""The environment variable of helpers (schema syncs, seeds), which are not services and end by themselves."""

_DYING = 10.0
"""Seconds that a killed process may take to end."""


def of_lab(
    folder: str, *, tasks_only: bool = False, service: str = "", variable: str = STATE_VARIABLE
) -> frozenset[int]:
    """Process ids of the lab in `folder`: all, or its helpers alone, or those of one service; zombies left out.

    variable: by which its processes are known; those of emulated hosts carry one of their own.
    """
    wanted = {f"{variable}={folder}".encode()}
    if service:
        wanted.add(f"{SERVICE_VARIABLE}={service}".encode())
    task = f"{TASK_VARIABLE}=".encode()
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                variables = file.read().split(b"\0")
        except OSError:
            continue
        if wanted.issubset(variables) and (not tasks_only or any(item.startswith(task) for item in variables)):
            found.add(int(name))
    return frozenset(found)


def variables(pid: int) -> dict[str, str]:
    """The environment that a process was started with; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as file:
            pairs = [item.partition("=") for item in file.read().split("\0")]
    except OSError:
        return {}
    return {name: value for name, _, value in pairs}


def end(folder: str, *, tasks_only: bool = False, patience: float = 0.0, variable: str = STATE_VARIABLE) -> int:
    """End the lab's processes, asking first when `patience` (s) is given; returns how many there were.

    Repeats until none is left: a process may fork between two looks.
    """
    seen: set[int] = set()
    pids = of_lab(folder, tasks_only=tasks_only, variable=variable)
    seen |= pids
    if pids and patience:
        _signal(pids, signal.SIGTERM)
        pids = wait_gone(folder, patience, tasks_only=tasks_only, variable=variable)
    while pids:
        seen |= pids
        _signal(pids, signal.SIGKILL)
        pids = wait_gone(folder, 0.2, tasks_only=tasks_only, variable=variable)
    _wait_ended(seen)
    return len(seen)


def wait_gone(
    folder: str, seconds: float, *, tasks_only: bool = False, variable: str = STATE_VARIABLE
) -> frozenset[int]:
    """The lab's processes that are still there after at most `seconds`."""
    until = time.monotonic() + seconds
    while (pids := of_lab(folder, tasks_only=tasks_only, variable=variable)) and time.monotonic() < until:
        time.sleep(0.05)
    return pids


def tree(root: int) -> frozenset[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            children.setdefault(_parent(name), []).append(int(name))
    found: set[int] = set()
    todo = [root]
    while todo:
        pid = todo.pop()
        found.add(pid)
        todo += children.get(pid, [])
    return frozenset(found)


def memory(pids: frozenset[int]) -> int:
    """Proportional set size of the processes together, in bytes (proc(5), smaps_rollup); the gone count as nothing."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += sum(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))
    return total


def kill(pids: frozenset[int]) -> None:
    """SIGKILL, and wait until they hold nothing any more; the gone are passed over."""
    _signal(pids, signal.SIGKILL)
    _wait_ended(pids)


def _wait_ended(pids: Iterable[int]) -> None:
    """A dying process loses its environment before its sockets, so that only its state tells when it has ended."""
    until = time.monotonic() + _DYING
    while not all(_has_ended(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)


def _has_ended(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _signal(pids: frozenset[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
