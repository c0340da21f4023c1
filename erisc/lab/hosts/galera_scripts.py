"""The files that only controllers have: this lab's own scripts, and those of Galera that copy a node's data.

Debian ships the latter in `mariadb-server`, together with a service that would start with this machine; so that package
is fetched and opened, not installed, unless it is installed already.
"""

from __future__ import annotations

import os
import subprocess
import tempfile

from erisc.base.failure import Failure
from erisc.base.home import cache_home, package_root
from erisc.base.steps import Report, step
from erisc.base.system import CONTROLLER_PACKAGES
from erisc.lab import packages
from erisc.lab.hosts.controllers import SST
from erisc.lab.state import read, write

PLACES = {
    "mariadb-start": "etc/erisc/mariadb-start",
    "galera-notify": "etc/erisc/galera-notify",
    "rabbitmq-start": "etc/erisc/rabbitmq-start",
    "rabbitmq-state": "run/cluster/cgi-bin/rabbitmq",
    "rabbitmq-members": "run/cluster/cgi-bin/members",
    "rabbitmqctl": "usr/local/sbin/rabbitmqctl",
}
_PACKAGE = "mariadb-server"


def ensure(report: Report) -> dict[str, str]:
    """Install what controllers need; path on the host and text of each file. Raises Failure naming what lacks."""
    packages.ensure(report, CONTROLLER_PACKAGES)
    source = os.path.join(package_root(), "lab", "hosts", "host_side")
    found = {place: read(os.path.join(source, name)) for name, place in PLACES.items()}
    there = all(os.path.exists(f"/usr/bin/{name}") for name in SST)
    folder = "/usr/bin" if there else _kept(report)
    return found | {f"usr/bin/{name}": as_root(read(os.path.join(folder, name))) for name in SST}


def as_root(script: str) -> str:
    """Galera's script, so that rsync's daemon writes as root, whose process it is on a host, and not as `nobody`."""
    return script.replace("\nuse chroot = no\n", "\nuse chroot = no\nuid = root\ngid = root\n")


def _kept(report: Report) -> str:
    """The folder that has the scripts of exactly this server's version."""
    version = _run(["dpkg-query", "--show", "--showformat=${Version}", "mariadb-server-core"], "/")
    folder = os.path.join(cache_home(), "galera-scripts", version.replace(":", "_"))
    if not all(read(os.path.join(folder, name)) for name in SST):
        with step(report, "Galera's scripts"):
            _fetch(version, folder)
    return folder


def _fetch(version: str, folder: str) -> None:
    with tempfile.TemporaryDirectory(prefix="erisc-") as own:
        try:
            _run(["apt-get", "download", f"{_PACKAGE}={version}"], own)
        except Failure:
            _run(["apt-get", "update"], own)
            _run(["apt-get", "download", f"{_PACKAGE}={version}"], own)
        (archive,) = os.listdir(own)
        _run(["dpkg-deb", "--extract", archive, "tree"], own)
        for name in SST:
            write(os.path.join(folder, name), read(os.path.join(own, "tree", "usr", "bin", name)), mode=0o644)


def _run(command: list[str], folder: str) -> str:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(
            f"the scripts of {_PACKAGE} that copy a Galera node's data cannot be had: `{' '.join(command)}`",
            detail=(done.stderr or done.stdout).strip()[-600:],
            mend=f"sudo apt-get install --yes --no-install-recommends {_PACKAGE}",
        )
    return done.stdout.strip()
