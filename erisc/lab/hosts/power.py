"""Hosts on and off: the lab's power button, and what stands between it and a host that answers."""

from __future__ import annotations

import os
import socket
import subprocess
import time

from erisc.base.failure import Failure
from erisc.lab import processes
from erisc.lab.hosts.layout import EmulatedHost
from erisc.lab.hosts.render import SSH_PORT
from erisc.lab.tasks import Crew, tail

HOSTS_VARIABLE = "ERISC_LAB_HOSTS"
"""The environment variable that every process of a lab's hosts carries which their boot started: the lab's folder."""
HOST_VARIABLE = "ERISC_LAB_HOST"
"""The host's own folder, likewise."""
_PATIENCE = 60.0
_PAUSE = 0.02
_SSH_FAILED = 255


def folder_of(folder: str, host: str) -> str:
    """Where a host's files are in the lab's folder."""
    return os.path.join(folder, "hosts", host)


def press(folder: str, host: str, button: str) -> str:
    """`on`, `off`, `reset` or `status` (which gives `on` or `off`). Raises Failure when it does not work."""
    command = ["sh", os.path.join(folder, "hosts", "power"), host, button]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"host {host} cannot be switched {button}: {done.stderr.strip()}")
    return done.stdout.strip()


def is_on(folder: str, host: str) -> bool:
    """Whether anything of the host lives."""
    return press(folder, host, "status") == "on"


def start_services(folder: str, host: EmulatedHost) -> None:
    """Start what does not run of the host's services, as its boot does. Raises Failure when it takes no commands."""
    options = [
        "BatchMode=yes", "ConnectTimeout=10", "KexAlgorithms=curve25519-sha256",
        f"UserKnownHostsFile={os.path.join(folder, 'hosts', 'known_hosts')}",
    ]  # fmt: skip
    words = [word for option in options for word in ("-o", option)]
    command = ["ssh", "-i", os.path.join(folder, "hosts", "key"), *words, f"root@{host.management}", "/etc/erisc/start"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == _SSH_FAILED:
        raise Failure(f"host {host.name} takes no commands", detail=done.stderr.strip()[-600:])


def end_all(folder: str) -> int:
    """End every host of the lab in `folder`, known or forgotten; returns how many processes were found."""
    return processes.end(folder, variable=HOSTS_VARIABLE)


def wait_ready(folder: str, host: EmulatedHost, ports: tuple[int, ...], crew: Crew) -> None:
    """Wait for sshd's greeting and for every port. Raises Failure with the end of its console when it goes off."""
    until = time.monotonic() + _PATIENCE
    waiting = [SSH_PORT, *ports]
    while waiting := [port for port in waiting if not _answers(host.management, port)]:
        if time.monotonic() > until or not is_on(folder, host.name):
            console = os.path.join(folder_of(folder, host.name), "log")
            last = [line for name in ("power.log", "console.log") for line in tail(os.path.join(console, name), 5)]
            raise Failure(
                f"host {host.name} does not answer on port {waiting[0]}",
                detail="\n".join(last),
                mend=f"see its logs in {console}",
            )
        crew.sleep(_PAUSE)


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=0.5) as connection:
            return port != SSH_PORT or connection.recv(4) == b"SSH-"
    except OSError:
        return False
