"""Services that run on emulated hosts: how each is started, and how the inventory describes it. Pure."""

from __future__ import annotations

import shlex
from typing import Any

from erisc.base.record import record

TOOL = "/usr/local/sbin/erisc-service"
"""The host's own service script: `erisc-service NAME start|stop|pids`."""


@record
class HostService:
    """One service of a host.

    command: its process, in the foreground. port: where it listens, on all of the host's addresses. files: path on the
    host and text. stop_seconds: how long it may take to end by itself. becomes_another: the command is a script that
    turns into the service, whose argument list nobody knows beforehand. transport_url: of a message bus, as
    oslo.messaging has it.
    """

    name: str
    command: tuple[str, ...]
    port: int
    files: tuple[tuple[str, str], ...] = ()
    stop_seconds: int = 10
    becomes_another: bool = False
    transport_url: str = ""


def plain_services(host: str) -> tuple[HostService, ...]:
    """What every host runs: `web`, which answers GET / with the host's name, and memcached."""
    web = ("busybox", "httpd", "-f", "-p", "80", "-h", "/srv/web")
    memcached = ("memcached", "-u", "root", "-l", "0.0.0.0", "-p", "11211", "-m", "16", "-t", "1")
    return (
        HostService("web", web, 80, (("/srv/web/index.html", f"{host}\n"),)),
        HostService("memcached", memcached, 11211),
    )


def pid_file(service: str) -> str:
    """Where the host keeps the process id of a service's main process."""
    return f"/run/{service}.pid"


def inventory_entry(service: HostService) -> dict[str, Any]:
    """As `erisc_services` of docs/formats.md wants it."""
    found: dict[str, Any] = {"manager": "pidfile", "path": pid_file(service.name), "argv": list(service.command)}
    if service.becomes_another:
        found = {"manager": "commands", "pids": [TOOL, service.name, "pids"]}
    found |= {verb: [TOOL, service.name, verb] for verb in ("start", "stop")} | {"port": service.port}
    return found | ({"transport_url": service.transport_url} if service.transport_url else {})


def settings_of(service: HostService) -> str:
    """What the service script reads, as shell assignments."""
    return f"command={shlex.quote(shlex.join(service.command))}\nstop_seconds={service.stop_seconds}\n"
