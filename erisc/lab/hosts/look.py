"""A lab's hosts as they are: on or off, what runs on them, their logs."""

from __future__ import annotations

import os

from erisc.lab import HostStatus, processes
from erisc.lab.hosts import power
from erisc.lab.hosts.layout import EmulatedHost
from erisc.lab.hosts.records import emulated_hosts

_CONSOLE = "console"


def statuses(folder: str) -> tuple[HostStatus, ...]:
    """Every host of the lab in `folder`; none when it has none."""
    hosts = emulated_hosts(folder)
    running = _running(folder) if hosts else {}
    return tuple(_status(folder, host, running) for host in hosts)


Marks = tuple[str, str]
"""Folder of the host, name of the service or empty: what a process says of itself."""


def _running(folder: str) -> dict[Marks, frozenset[int]]:
    """The processes of the lab's hosts, in one look at all there are."""
    found: dict[Marks, frozenset[int]] = {}
    for pid in processes.of_lab(folder, variable=power.HOSTS_VARIABLE):
        variables = processes.variables(pid)
        marks = (variables.get(power.HOST_VARIABLE, ""), variables.get(processes.SERVICE_VARIABLE, ""))
        found[marks] = found.get(marks, frozenset()) | {pid}
    return found


def _status(folder: str, host: EmulatedHost, running: dict[Marks, frozenset[int]]) -> HostStatus:
    own = power.folder_of(folder, host.name)
    on = os.path.exists(os.path.join(own, "settings")) and power.is_on(folder, host.name)
    services = tuple((name, (own, name) in running) for name in _services(folder, host)) if on else ()
    pids = frozenset().union(*(pids for (place, _), pids in running.items() if place == own))
    return HostStatus(
        host.name, host.group, "on" if on else "off", f"r{host.rack}", host.management, host.data, services,
        processes.memory(pids),
    )  # fmt: skip


def _services(folder: str, host: EmulatedHost) -> list[str]:
    """What it was made to run."""
    place = os.path.join(power.folder_of(folder, host.name), "files", "etc", "erisc", "services")
    return sorted(os.listdir(place)) if os.path.isdir(place) else []


def log_names(folder: str) -> list[str]:
    """What `log_file` knows: `HOST`, its console, and `HOST/SERVICE`."""
    found = []
    for host in emulated_hosts(folder):
        found += [host.name, *(f"{host.name}/{name}" for name in _services(folder, host))]
    return found


def log_file(folder: str, name: str) -> str:
    """The log of a host or of a service on it, "" when there is no such host."""
    if name not in log_names(folder):
        return ""
    host, _, service = name.partition("/")
    return os.path.join(power.folder_of(folder, host), "log", f"{service or _CONSOLE}.log")
