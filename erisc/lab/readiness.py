"""When a service may be called ready: an API when it answers, a worker when it has reported in the database."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

from erisc.base.failure import Failure
from erisc.base.steps import Report, step
from erisc.lab import broker, tasks
from erisc.lab.database import Database
from erisc.lab.ports import HOST
from erisc.lab.programs import BASE_GROUP
from erisc.lab.settings import BROKER_USER, Settings
from erisc.lab.state import State
from erisc.lab.supervisor import Process, Supervisor

_PAUSE = 0.05
_LONG_PAUSE = 0.4
_LOOK = 1.0
"""Seconds between two looks whether the process still lives."""
_PATIENCE = 240.0
"""Seconds that a service may take on a busy machine before it counts as failed."""

QUEUES = {
    "nova-conductor": "conductor",
    "nova-scheduler": "scheduler",
    "heat-engine": "engine",
    "cinder-scheduler": "cinder-scheduler",
}
"""Workers that are ready once they listen on their topic."""

Check = Callable[[], bool]


def port_open(port: int) -> bool:
    """Whether somebody listens."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def answers_http(port: int, *, timeout: float = 10.0) -> bool:
    """Whether GET / is answered by anything but a server's error; a version list (300) is what most give."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def has_consumers(zone: Settings, queues: list[str]) -> bool:
    """Whether the broker lets us in and somebody listens on every queue."""
    try:
        counts = broker.consumers(zone.ports["rabbitmq"], BROKER_USER, zone.passwords["rabbitmq"], queues)
    except OSError:
        return False
    return all(counts)


def reported(database: Database, name: str, since: float, hosts: int) -> bool:
    """Whether a worker that was started at `since` (epoch s) has written its sign of life, on each of its hosts.

    Nova and Cinder give work only to hosts with a recent one.
    """
    table = "cinder.services" if name.startswith("cinder") else "nova.services"
    text = (
        f"SET time_zone='+00:00'; SELECT COUNT(*) FROM {table} WHERE `binary`='{name}' "
        f"AND COALESCE(updated_at, created_at) >= FROM_UNIXTIME({since:.0f})"
    )
    try:
        return int(database.query(text)[0][0]) >= hosts
    except Failure:
        return False


def wait_for(state: State, supervisor: Supervisor, report: Report, crew: tasks.Crew, name: str, ready: Check) -> None:
    """Wait until a started program is ready, as one step. Raises Failure quoting its log if it died or is too slow."""
    with step(report, name):
        until = time.monotonic() + _PATIENCE
        next_look = 0.0
        while not ready():
            if time.monotonic() > next_look:
                next_look = time.monotonic() + _LOOK
                process = supervisor.processes().get(name)
                if process is None or process.state != "RUNNING":
                    raise died(state, name, process)
            if time.monotonic() > until:
                raise Failure(f"{name} is not ready after {_PATIENCE:.0f} s", detail=log_error(state, name))
            crew.sleep(_PAUSE if name in BASE_GROUP else _LONG_PAUSE)


def died(state: State, name: str, process: Process | None) -> Failure:
    """What is known of a program that ended by itself."""
    how = f"ended with exit code {process.exit_status}" if process else "is not known to supervisord"
    mend = f"its logs are {state.path('log', name)}.log and .out; mend it and run the same command again"
    return Failure(f"{name} {how}", detail=log_error(state, name), mend=mend)


def log_error(state: State, name: str) -> str:
    """The last error of a program, from its log or else from what it printed."""
    for path in (state.path("log", f"{name}.log"), state.path("log", f"{name}.out")):
        if any(line.strip() for line in tasks.tail(path, 50)):
            return tasks.last_error(path)
    return f"{state.path('log', f'{name}.log')} is empty"
