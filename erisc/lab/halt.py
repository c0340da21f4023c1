"""Taking a zone down, and away."""

from __future__ import annotations

import os

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.steps import Report, step
from erisc.lab import processes
from erisc.lab.hosts import up as hosts
from erisc.lab.hosts.records import read_record
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
        return hosts.down(folder) + processes.end(folder)
    with state.locked():
        return _stop(state, report)


def wipe(folder: str, report: Report) -> bool:
    """Take the lab down and remove its folder; False when there is nothing."""
    state = State(folder)
    if not state.exists():
        _refuse_foreign(folder)
        hosts.down(folder)
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
    of_hosts = _stop_hosts(state, report)
    there = processes.of_lab(state.folder)
    if not there:
        return of_hosts
    with step(report, "stop the zone") as note:
        running = Supervisor(state).processes()
        for name in (*API_GROUP, *RPC_GROUP, "memcached"):
            if name in running and running[name].pid:
                processes.kill(processes.tree(running[name].pid))
        count = processes.end(state.folder, patience=_PATIENCE)
        note.text = f"{max(count, len(there))} processes"
    return of_hosts + max(count, len(there))


def _stop_hosts(state: State, report: Report) -> int:
    """Hosts are switched off, not shut down: nothing of them is to stay."""
    if not read_record(state.folder):
        return hosts.down(state.folder)
    with step(report, "switch the hosts off") as note:
        count = hosts.down(state.folder)
        note.text = f"{count} processes"
    return count
