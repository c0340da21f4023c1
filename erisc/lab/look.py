"""A zone as it is: its services, its memory, its logs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from erisc.base.failure import WRONG_CALL, Failure
from erisc.lab import Lab, Service, Status, processes, site_files
from erisc.lab.hosts import look as hosts
from erisc.lab.ports import block
from erisc.lab.programs import names, port_roles
from erisc.lab.state import State
from erisc.lab.supervisor import Process, Supervisor
from erisc.lab.tasks import tail

_PAUSE = 0.2


def status(lab: Lab) -> Status:
    """The zone as it is now."""
    state = State(lab.state_dir)
    known = state.record()
    ports = block(known["port_base"]) if known else {}
    running = Supervisor(state).processes() if known else {}
    own_hosts = hosts.statuses(lab.state_dir)
    with_cloud = bool(known) or not own_hosts
    found = tuple(_service(name, running.get(name), ports) for name in names()) if with_cloud else ()
    memory = processes.memory(processes.of_lab(lab.state_dir)) if state.exists() else 0
    return Status(
        lab.name,
        _state(state, [*(one.state == "running" for one in found), *(host.state == "on" for host in own_hosts)]),
        lab.state_dir,
        int(known.get("computes", 0)),
        found,
        memory + sum(host.memory for host in own_hosts),
        site_files.urls(ports) if ports else {},
        site_files.cloud_name(lab.name) if with_cloud else "",
        state.path("clouds.yaml") if with_cloud else "",
        state.path("inventory.yaml"),
        own_hosts,
    )


def _state(state: State, running: list[bool]) -> str:
    if not state.exists():
        return "absent"
    return "up" if all(running) else "partial" if any(running) else "down"


def _service(name: str, process: Process | None, ports: dict[str, int]) -> Service:
    port = ports.get(port_roles().get(name, ""))
    if process is None or process.state == "UNKNOWN":
        return Service(name, "stopped", None, 0.0, 0, port, None)
    exit_status = process.exit_status if process.state == "EXITED" else None
    if not process.pid:
        return Service(name, process.state.lower(), None, 0.0, 0, port, exit_status)
    memory = processes.memory(processes.tree(process.pid))
    return Service(name, process.state.lower(), process.pid, time.time() - process.since, memory, port, exit_status)


def _log_file(lab: Lab, service: str) -> str:
    """The service's own log, or what it printed when it has written none."""
    state = State(lab.state_dir)
    if path := hosts.log_file(lab.state_dir, service):
        return path
    known = [*(names() if state.record() else ()), *hosts.log_names(lab.state_dir)] or list(names())
    if service not in names() or service not in known:
        raise Failure(f"the zone has no service {service!r}", mend=f"one of {', '.join(known)}", exit_code=WRONG_CALL)
    paths = [state.path("log", f"{service}.log"), state.path("log", f"{service}.out")]
    return next((path for path in paths if os.path.exists(path) and os.path.getsize(path)), paths[0])


def log_tail(lab: Lab, service: str, lines: int) -> list[str]:
    """The last lines of a service's log."""
    return tail(_log_file(lab, service), lines)


def log_follow(lab: Lab, service: str, lines: int) -> Iterator[str]:
    """The last lines, then each new one; ends only with its consumer."""
    path = _log_file(lab, service)
    yield from tail(path, lines)
    position = os.path.getsize(path) if os.path.exists(path) else 0
    rest = ""
    while True:
        time.sleep(_PAUSE)
        if not os.path.exists(path) or os.path.getsize(path) == position:
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            file.seek(position)
            *whole, rest = (rest + file.read()).split("\n")
            position = file.tell()
        yield from whole
