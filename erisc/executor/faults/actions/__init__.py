"""What a fault does: kill, freeze, restart. Each with how it holds and ends, and the undo that is written first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.faults.managers import START, STOP
from erisc.executor.faults.processes import (
    Process,
    kill_processes,
    read_table,
    refuse_protected,
    signal_all,
    stop_tree,
    survivors,
    tree,
    wait_gone,
)
from erisc.executor.faults.services import Hosts, Service

Hurt = Callable[[Service], None]


@record
class Action:
    """An entry point of `erisc.faults`.

    inject: returns when the effect is there. hold: called about twice a second until the end, keeps the effect. heal:
    returns when the service is back; idempotent. undo: the kind of undo that heals after a crash.
    needs_duration: whether the fault lasts until a planned end; else it is healed at once.
    """

    name: str
    undo: str
    inject: Hurt
    hold: Hurt
    heal: Hurt
    needs_duration: bool


def members_of(service: Service) -> list[Process]:
    """The living processes of a service. Raises Failure when it has none, or when they must not be touched."""
    table = read_table(service.connection)
    members = service.living(table)
    if not members:
        raise _down(service)
    refuse_protected(service.connection.host, table, members)
    return members


def kill(service: Service) -> None:
    """SIGKILL the whole tree. It is stopped first, so that no child forked meanwhile gets away."""
    kill_processes(service.connection, _stopped(service))


def keep_dead(service: Service) -> None:
    """A manager that starts a killed service again is overruled until the fault ends."""
    if service.living():
        service.manager.give_up()
        try:
            kill(service)
        except Failure:
            if service.living():
                raise


def freeze(service: Service) -> None:
    """SIGSTOP the whole tree."""
    _stopped(service)


def _stopped(service: Service) -> list[Process]:
    members = stop_tree(service.connection, service.manager.pids())
    if not members:
        raise _down(service)
    return members


def _down(service: Service) -> Failure:
    return Failure(f"{service.about} has no processes: it was down before the fault", mend="start it, then run again")


def stop(service: Service) -> None:
    """The manager's own stop; where it has none, SIGTERM to the tree and, after its time is over, SIGKILL."""
    members = members_of(service)
    if not service.manager.stop():
        signal_all(service.connection, members, "TERM")
        try:
            wait_gone(service.connection, members, STOP)
        except Failure:
            signal_all(service.connection, members, "KILL")
    wait_gone(service.connection, members)


def start(service: Service) -> None:
    """Start the service where it is down, and wait until it has processes. Raises Failure when it gets none."""
    if service.living():
        return
    service.manager.start()
    deadline = time.monotonic() + START
    while not service.living():
        if time.monotonic() > deadline:
            raise Failure(
                f"{service.about} did not come back within {START:g} s of its start", mend="look into its log"
            )
        time.sleep(0.05)


def unfreeze(service: Service) -> None:
    """SIGCONT to all of the tree that is stopped, until none is."""
    for _ in range(50):
        stopped = [p for p in tree(read_table(service.connection), service.manager.pids()) if p.state in ("T", "t")]
        if not stopped:
            return
        signal_all(service.connection, stopped, "CONT")
    raise Failure(f"{service.about} stays stopped after SIGCONT")


def _nothing(service: Service) -> None:
    """The effect holds by itself."""


KILL = Action("kill", "start_service", kill, keep_dead, start, True)
FREEZE = Action("freeze", "unfreeze", freeze, _nothing, unfreeze, True)
RESTART = Action("restart", "start_service", stop, _nothing, start, False)


def undo_arguments(service: Service) -> dict[str, Any]:
    """What the undo of an action must know; the processes as they are now, for a manager that forgets."""
    members = [[process.pid, process.ticks] for process in members_of(service)]
    return service.arguments() | {"processes": members}


def undo_start_service(hosts: Hosts, arguments: dict[str, Any]) -> None:
    """Undo of kind `start_service`. A tree that a crash left stopped half way into a kill runs on."""
    undo_unfreeze(hosts, arguments)
    start(hosts.from_arguments(arguments))


def undo_unfreeze(hosts: Hosts, arguments: dict[str, Any]) -> None:
    """Undo of kind `unfreeze`: by the recorded processes, and by what the service has now."""
    service = hosts.from_arguments(arguments)
    recorded = [Process(pid, 0, "T", ticks) for pid, ticks in arguments["processes"]]
    stopped = [p for p in survivors(read_table(service.connection), recorded) if p.state in ("T", "t")]
    signal_all(service.connection, stopped, "CONT")
    unfreeze(service)
