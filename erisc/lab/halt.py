"""Taking a zone down, and away."""

from __future__ import annotations

import os

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.steps import Report, step
from erisc.lab import processes
from erisc.lab.programs import API_GROUP, RPC_GROUP
from erisc.lab.state import State
from erisc.lab.supervisor import Supervisor

_PATIENCE = 15.0
"""Seconds that processes have to end by themselves: MariaDB writes its tables back, RabbitMQ its queues."""


def down(folder: str, report: Report) -> int:
    """End every process of the lab; returns how many there were."""
    state = State(folder)
    if not state.exists():
        _refuse_foreign(folder)
        return processes.end(folder)
    with state.locked():
        return _stop(state, report)


def wipe(folder: str, report: Report) -> bool:
    """Take the lab down and remove its folder; False when there is nothing."""
    state = State(folder)
    if not state.exists():
        _refuse_foreign(folder)
        return False
    with state.locked():
        _stop(state, report)
        with step(report, f"remove {folder}"):
            state.remove()
    return True


def _refuse_foreign(folder: str) -> None:
    if os.path.isdir(folder) and os.listdir(folder):
        raise Failure(f"{folder} is not a lab's folder", mend="check the name or --state-dir", exit_code=WRONG_CALL)


def _stop(state: State, report: Report) -> int:
    """What computes nothing of its own is killed at once; the database and the broker are asked to end.

    Works without supervisord too: processes are found by what they carry in their environment.
    """
    there = processes.of_lab(state.folder)
    if not there:
        return 0
    with step(report, "stop the zone") as note:
        running = Supervisor(state).processes()
        for name in (*API_GROUP, *RPC_GROUP, "memcached"):
            if name in running and running[name].pid:
                processes.kill(processes.tree(running[name].pid))
        count = processes.end(state.folder, patience=_PATIENCE)
        note.text = f"{max(count, len(there))} processes"
    return max(count, len(there))
