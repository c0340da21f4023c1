"""The zone's ports: one block of consecutive numbers on the loopback interface."""

from __future__ import annotations

import os
import socket

from erisc.base.failure import WRONG_CALL, Failure

HOST = "127.0.0.1"
ROLES = (
    "keystone", "glance", "placement", "nova", "neutron", "heat", "cinder", "mariadb", "rabbitmq", "memcached", "epmd",
    "rabbitmq_dist",
)  # fmt: skip
"""What each port of the block is for, in order."""
FIRST = 17000
"""The first block that is tried: below the kernel's ephemeral ports (32768), above the services' usual ones."""
_STEP = 20
_LAST = 32000
_LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp (include/net/tcp_states.h)."""


def block(base: int) -> dict[str, int]:
    """Role -> port for the block that starts at `base`. Raises Failure when it does not fit between 1024 and 65535."""
    if not 1024 <= base <= 65536 - len(ROLES):
        raise Failure(
            f"the port base {base} does not leave room for {len(ROLES)} ports between 1024 and 65535",
            mend=f"choose one, such as --port-base {FIRST}",
            exit_code=WRONG_CALL,
        )
    return {role: base + offset for offset, role in enumerate(ROLES)}


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(reserved: frozenset[int] = frozenset()) -> int:
    """The base of the first block with every port free and none in `reserved`. Raises Failure when there is none."""
    for base in range(FIRST, _LAST, _STEP):
        ports = block(base).values()
        if not reserved.intersection(ports) and all(is_free(port) for port in ports):
            return base
    raise Failure("no block of free ports was found", mend="choose one yourself with --port-base N")


def check(base: int, own: frozenset[int]) -> None:
    """Refuse a block with a port that a process other than `own` (process ids) listens on; names port and process."""
    for role, port in block(base).items():
        if is_free(port):
            continue
        pid = holder(port)
        if pid in own:
            continue
        who = f"process {pid} ({command(pid)})" if pid else "another process"
        raise Failure(
            f"port {port}, which the zone needs for {role.replace('_', ' ')}, is held by {who}",
            mend="end that process, or choose other ports with --port-base N",
        )


def holder(port: int) -> int | None:
    """The process that listens on a TCP port, as far as /proc shows it to this user (proc(5))."""
    inodes = _listening(port)
    for name in os.listdir("/proc"):
        if name.isdigit() and inodes & _sockets(name):
            return int(name)
    return None


def command(pid: int) -> str:
    """The start of a process's command line, for a message."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "gone meanwhile"
    return words if len(words) <= 80 else words[:79] + "…"


def _listening(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        found |= {row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port}
    return found


def _sockets(pid: str) -> set[str]:
    folder = f"/proc/{pid}/fd"
    found = set()
    try:
        for name in os.listdir(folder):
            target = os.readlink(f"{folder}/{name}")
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        return found
    return found
