"""Processes of a host, as /proc tells them (proc_pid_stat(5)): trees, signals, and what must never be touched."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterable

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.faults.connections import Connection
from erisc.executor.zones import Host

_SIGNALS = {"KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "CONT": signal.SIGCONT, "TERM": signal.SIGTERM}
SETTLE = 10.0
"""s that signals have to take effect."""


@record
class Process:
    """state: R, S, D, Z, T, … ticks: start time in clock ticks since boot; with the pid it names one process."""

    pid: int
    parent: int
    state: str
    ticks: int


Table = dict[int, Process]


def read_table(connection: Connection) -> Table:
    """Every process of the host."""
    if connection.host.connection == "local":
        texts: Iterable[str] = _local_stats()
    else:
        texts = connection.run(["sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null; true"]).out.splitlines()
    return {process.pid: process for process in map(parse_stat, texts) if process}


def parse_stat(text: str) -> Process | None:
    """One line of /proc/PID/stat; None for what is no such line. The name may hold blanks and parentheses."""
    head, _, tail = text.rpartition(")")
    words = tail.split()
    pid = head.split(" ", 1)[0]
    if len(words) < 20 or not pid.isdigit():
        return None
    return Process(int(pid), int(words[1]), words[0], int(words[19]))


def _local_stats() -> Iterable[str]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    yield file.read()
            except OSError:
                continue


def tree(table: Table, roots: Collection[int]) -> list[Process]:
    """The roots that live and all their descendants, parents before children."""
    children: dict[int, list[int]] = {}
    for process in table.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: dict[int, Process] = {}
    queue = [pid for pid in roots if pid in table]
    while queue:
        pid = queue.pop(0)
        if pid not in found:
            found[pid] = table[pid]
            queue += children.get(pid, [])
    return list(found.values())


def alive(process: Process) -> bool:
    """A zombie is dead, only not yet buried."""
    return process.state not in ("Z", "X", "x")


def refuse_protected(host: Host, table: Table, chosen: Collection[Process]) -> None:
    """Raises Failure when a fault would hit init, this very process, or one that it descends from."""
    protected = {1: "the init process"}
    pid = os.getpid() if host.connection == "local" else 0
    while pid > 1 and pid in table:
        protected[pid] = "the executor itself" if pid == os.getpid() else "an ancestor of the executor"
        pid = table[pid].parent
    for process in chosen:
        if process.pid in protected:
            raise Failure(
                f"host {host.name}: process {process.pid} is {protected[process.pid]}; it is not touched",
                mend="mend `pids` or `program` of the service in the inventory",
            )


def signal_all(connection: Connection, processes: Collection[Process], name: str) -> None:
    """Send the signal (`KILL`, `STOP`, `CONT`, `TERM`); who is gone by now is no error."""
    if connection.host.connection == "local":
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, _SIGNALS[name])
        return
    pids = [str(process.pid) for process in processes]
    if pids:
        connection.run(["sh", "-c", 'name=$1; shift; kill -"$name" "$@" 2>/dev/null; true', "sh", name, *pids])


def stop_tree(connection: Connection, roots: Collection[int]) -> list[Process]:
    """SIGSTOP the tree until no member of it runs, also those forked meanwhile. Raises Failure when some still run."""
    deadline = time.monotonic() + SETTLE
    while True:
        table = read_table(connection)
        members = [process for process in tree(table, roots) if alive(process)]
        refuse_protected(connection.host, table, members)
        running = [process for process in members if process.state not in ("T", "t")]
        if not running:
            return members
        if time.monotonic() > deadline:
            raise _still(connection.host, running, "still run after SIGSTOP")
        signal_all(connection, running, "STOP")
        time.sleep(0.002)


def kill_processes(connection: Connection, processes: Collection[Process]) -> None:
    """SIGKILL these, and wait until they are gone. Raises Failure when some are not."""
    signal_all(connection, processes, "KILL")
    wait_gone(connection, processes)


def wait_gone(connection: Connection, processes: Collection[Process], within: float = SETTLE) -> None:
    """Wait until none of them lives. within: s. Raises Failure naming those that do."""
    deadline = time.monotonic() + within
    while left := survivors(read_table(connection), processes):
        if time.monotonic() > deadline:
            raise _still(connection.host, left, "are still there")
        time.sleep(0.005)


def survivors(table: Table, processes: Collection[Process]) -> list[Process]:
    """Those of the processes that still live: the same pid and the same start."""
    now = ((table.get(process.pid), process) for process in processes)
    return [current for current, process in now if current and current.ticks == process.ticks and alive(current)]


def _still(host: Host, processes: Collection[Process], what: str) -> Failure:
    return Failure(f"host {host.name}: processes {', '.join(str(process.pid) for process in processes)} {what}")
