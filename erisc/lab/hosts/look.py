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
    return tuple(_status(folder, host) for host in emulated_hosts(folder))


def _status(folder: str, host: EmulatedHost) -> HostStatus:
    made = os.path.exists(os.path.join(power.folder_of(folder, host.name), "settings"))
    on = made and power.is_on(folder, host.name)
    pids = processes.of_lab(power.folder_of(folder, host.name), variable=power.HOST_VARIABLE) if on else frozenset()
    services = tuple((name, _runs(folder, host, name)) for name in _services(folder, host)) if on else ()
    return HostStatus(
        host.name, host.group, "on" if on else "off", f"r{host.rack}", host.management, host.data, services,
        processes.memory(pids),
    )  # fmt: skip


def _services(folder: str, host: EmulatedHost) -> list[str]:
    """What it was made to run."""
    place = os.path.join(power.folder_of(folder, host.name), "files", "etc", "erisc", "services")
    return sorted(os.listdir(place)) if os.path.isdir(place) else []


def _runs(folder: str, host: EmulatedHost, service: str) -> bool:
    own = power.folder_of(folder, host.name)
    return bool(processes.of_lab(own, service=service, variable=power.HOST_VARIABLE))


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
