"""What the kinds of undo do. See docs/formats.md, event `undo_registered`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from functools import partial
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.faults.channel import Channels
from erisc.executor.faults.healing import undo_called, undo_heal_strike
from erisc.executor.rundir import RunDir
from erisc.executor.undo import Undoer

MARK = "ERISC_MARK"
"""Environment variable of every process that a run starts."""
_END = 10.0


def undoers(run_dir: RunDir, run: str, channels: Channels) -> dict[str, Undoer]:
    """All kinds by name. run: its id."""
    return {
        "heal_strike": partial(undo_heal_strike, channels),
        "called": partial(undo_called, run_dir.private, run),
        "end_process": end_process,
        "delete_stack": delete_stack,
        "delete_project": delete_project,
        "delete_named": delete_named,
        "remove_private": partial(remove_private, run_dir),
    }


def end_process(arguments: dict[str, Any]) -> None:
    """Kill every process of this machine that carries the mark `arguments["mark"]` in its environment."""
    entry = f"{MARK}={arguments['mark']}".encode()
    deadline = time.monotonic() + _END
    while marked := [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _carries(pid, entry)]:
        for pid in marked:
            _kill(pid, entry)
        if time.monotonic() > deadline:
            raise Failure(f"processes {', '.join(map(str, marked))} do not end")
        time.sleep(0.02)


def _carries(pid: int, entry: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return pid != os.getpid() and entry in file.read().split(b"\0")
    except OSError:
        return False  # gone, or not ours


def _kill(pid: int, entry: bytes) -> None:
    """By pidfd (pidfd_send_signal(2)), asked for its mark again: the number may have gone to another process."""
    with contextlib.suppress(ProcessLookupError):
        fd = os.pidfd_open(pid)
        try:
            if _carries(pid, entry):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
        finally:
            os.close(fd)


def delete_stack(arguments: dict[str, Any]) -> None:
    """Delete a stack in the cell's project and wait until it is gone."""
    from erisc.executor import cloud, stacks, tenancy

    admin = cloud.connect(arguments["cloud"], tuple(arguments["clouds_files"]))
    with cloud.errors(f"project {arguments['project']!r}"):
        project = admin.identity.find_project(arguments["project"])
        if project is not None:
            stacks.delete(tenancy.scoped(admin, project.id), arguments["stack"])


def delete_project(arguments: dict[str, Any]) -> None:
    """Delete the cell's project with everything in it, and its user."""
    from erisc.executor import cloud, tenancy

    tenancy.delete(cloud.connect(arguments["cloud"], tuple(arguments["clouds_files"])), arguments["project"])


def delete_named(arguments: dict[str, Any]) -> None:
    """Delete what a load made outside the cell's project, found by the project's name in its own."""
    from erisc.executor import cloud, leftovers

    admin = cloud.connect(arguments["cloud"], tuple(arguments["clouds_files"]))
    leftovers.delete_named(admin, arguments["project"], arguments["given"])


def remove_private(run_dir: RunDir, arguments: dict[str, Any]) -> None:
    """Remove the folder with passwords in it."""
    shutil.rmtree(run_dir.private, ignore_errors=True)
    if os.path.exists(run_dir.private):
        raise Failure(f"{run_dir.private} cannot be removed")
