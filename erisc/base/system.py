"""What `erisc doctor` looks at: what is here, what lacks, and the command that mends it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Literal

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.base.home import cache_home, data_home
from erisc.base.record import record

ZONE_PACKAGES = {
    "mariadb-server-core": "/usr/sbin/mariadbd",
    "mariadb-client-core": "/usr/bin/mariadb",
    "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "memcached": "/usr/bin/memcached",
}
"""Debian package -> a program of it; the emulated zone stands on them."""

HOST_PACKAGES = {
    "busybox": "/usr/bin/busybox",
    "conntrack": "/usr/sbin/conntrack",
    "ethtool": "/usr/sbin/ethtool",
    "iproute2": "/usr/sbin/ip",
    "iptables": "/usr/sbin/iptables",
    "memcached": "/usr/bin/memcached",
    "nftables": "/usr/sbin/nft",
    "openssh-client": "/usr/bin/ssh-keygen",
    "openssh-server": "/usr/sbin/sshd",
    "procps": "/usr/sbin/sysctl",
    "util-linux": "/usr/bin/setpriv",
}
"""Debian package -> a program of it; what emulated hosts stand on, and what faults on them use."""

CONTROLLER_PACKAGES = {
    "galera-4": "/usr/lib/galera/libgalera_smm.so",
    "haproxy": "/usr/sbin/haproxy",
    "mariadb-client-core": "/usr/bin/mariadb",
    "mariadb-server-core": "/usr/sbin/mariadbd",
    "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "rsync": "/usr/bin/rsync",
}
"""Debian package -> a file of it; what controllers among the emulated hosts stand on."""

_TRIED_PYTHON = (3, 11)
_MIB = 1 << 20
_ZONE_MEMORY = 4096 * _MIB
_OPEN_FILES = 8192
CheckState = Literal["ok", "missing", "optional"]


@record
class Check:
    """One thing. state: `ok`; `missing`, with what mends it; `optional`, not here and not needed by most."""

    name: str
    state: CheckState
    what: str
    mend: str = ""


def checks() -> tuple[Check, ...]:
    """Every check, in the order in which they are worth mending. Looks only; changes nothing, asks no network."""
    return (
        _python(),
        _installer(),
        *(_environment(name) for name in environments.NAMES),
        *(_package(name, program) for name, program in ZONE_PACKAGES.items()),
        *(_package_of_hosts(name, program) for name, program in _packages_of_hosts().items()),
        _memory(),
        *_disks(),
        _open_files(),
        _ports(),
    )


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == _TRIED_PYTHON:
        return Check("python", "ok", f"{version} at {sys.executable}")
    tried = ".".join(map(str, _TRIED_PYTHON))
    what = f"{version}; the pinned packages of the environments were tried with {tried}"
    return Check("python", "optional", what, f"install erisc with Python {tried} if one of them fails to install")


def _installer() -> Check:
    from erisc.base.installer import find_uv

    try:
        return Check("uv", "ok", find_uv())
    except Failure as failure:
        return Check("uv", "missing", failure.what, failure.mend)


def _environment(name: str) -> Check:
    label = f"environment {name}"
    try:
        python = environments.python_of(name)
    except Failure as failure:
        return Check(label, "missing", failure.what, failure.mend)
    if environments.is_complete(name):
        return Check(label, "ok", os.path.dirname(os.path.dirname(python)))
    use = {
        "drivers": "`erisc run`",
        "zone": "`erisc lab up`",
        "ansible": "a run that powers hosts off or loads from other hosts",
        "history": "`erisc compare --history`",
    }[name]
    optional = name in ("ansible", "history")
    return Check(label, "optional" if optional else "missing", "not installed yet", f"{use} installs it the first time")


def _package(name: str, program: str) -> Check:
    if os.access(program, os.X_OK):
        return Check(name, "ok", program)
    mend = f"`erisc lab up` installs it, or: sudo apt-get install --yes --no-install-recommends {name}"
    return Check(name, "missing", f"{program} is not here; the emulated zone needs it", mend)


def _packages_of_hosts() -> dict[str, str]:
    """What only labs with hosts or controllers stand on: most need none of it."""
    return {
        name: program for name, program in (HOST_PACKAGES | CONTROLLER_PACKAGES).items() if name not in ZONE_PACKAGES
    }


def _package_of_hosts(name: str, program: str) -> Check:
    if os.path.exists(program):
        return Check(name, "ok", program)
    up = "erisc lab up --hosts" if name in HOST_PACKAGES else "erisc lab up --controllers 3"
    mend = f"`{up}` installs it, or: sudo apt-get install --yes --no-install-recommends {name}"
    return Check(name, "optional", f"{program} is not here; `{up}` needs it", mend)


def _memory() -> Check:
    free = _available_memory()
    what = f"{free // _MIB} MiB available"
    if free >= _ZONE_MEMORY:
        return Check("memory", "ok", what)
    return Check(
        "memory", "missing", f"{what}; the emulated zone may take {_ZONE_MEMORY // _MIB}", "end other programs"
    )


def _available_memory() -> int:
    """MemAvailable of proc(5), in bytes."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return 0


def _disks() -> tuple[Check, ...]:
    """The disks of data and cache, once when they are one."""
    needed = {data_home(): 0, cache_home(): 0}
    for name in environments.NAMES:
        needed[data_home()] += 0 if environments.is_complete(name) else environments.NEEDED[name]
    return tuple(_disk(folder, 2048 + more) for folder, more in needed.items())


def _disk(folder: str, needed: int) -> Check:
    there = folder
    while not os.path.isdir(there):
        there = os.path.dirname(there)
    free = shutil.disk_usage(there).free // _MIB
    what = f"{free} MiB free for {folder}"
    if not os.access(there, os.W_OK):
        return Check("disk", "missing", f"{there} cannot be written", "set ERISC_HOME to a folder that can")
    if free >= needed:
        return Check("disk", "ok", what)
    return Check(
        "disk", "missing", f"{what}; {needed} are needed", "free some space, or set ERISC_HOME to another disk"
    )


def _open_files() -> Check:
    """supervisord raises the soft limit itself, up to the hard one (setrlimit(2))."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard >= _OPEN_FILES:
        return Check("open files", "ok", f"limit {'none' if hard == resource.RLIM_INFINITY else hard}")
    return Check(
        "open files", "missing", f"limit {hard}; the zone needs {_OPEN_FILES}", f"ulimit -Hn {_OPEN_FILES}, as root"
    )


def _ports() -> Check:
    """The zone's ports lie below the kernel's ephemeral ones, so that no client takes one by chance."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = map(int, file.read().split())
    except (OSError, ValueError):
        return Check("ephemeral ports", "optional", "the kernel does not tell them")
    if first >= 20000:
        return Check("ephemeral ports", "ok", f"{first} to {last}")
    mend = "sysctl -w net.ipv4.ip_local_port_range='32768 60999'"
    return Check("ephemeral ports", "missing", f"{first} to {last}: they overlap the zone's ports from 17000", mend)
