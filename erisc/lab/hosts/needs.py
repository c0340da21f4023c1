"""What emulated hosts need of the machine: root, namespaces, an overlay, and some programs."""

from __future__ import annotations

import os
import re
import subprocess

from erisc.base.failure import Failure
from erisc.base.steps import Report
from erisc.base.system import HOST_PACKAGES
from erisc.lab import packages

_SAFE = re.compile(r"[A-Za-z0-9/._-]+")
_TRIAL = (
    "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/r && "
    "mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w none /mnt/r && "
    "ip link add veth1 type veth peer name veth2 && ip link add bridge1 type bridge"
)


def ensure(folder: str, report: Report) -> None:
    """Install what lacks, and try once what a host does. folder: the lab's.

    Raises Failure naming what lacks and what mends it.
    """
    if os.geteuid() != 0:
        raise Failure(
            "emulated hosts need root: they have network, process and mount namespaces of their own",
            mend="run `erisc lab up --hosts` as root; `erisc lab up`, without hosts, does not need it",
        )
    if not _SAFE.fullmatch(folder):
        raise Failure(
            f"emulated hosts cannot be kept in {folder}: its path has characters that an overlay's options do not take",
            mend="choose a --state-dir of letters, digits, `/`, `.`, `_` and `-`",
        )
    packages.ensure(report, HOST_PACKAGES)
    _try()


def _try() -> None:
    command = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "sh", "-c", _TRIAL]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(
            "this machine does not let erisc make emulated hosts",
            detail=(done.stderr or done.stdout).strip()[-600:],
            mend="they need new network, PID, mount, UTS and IPC namespaces, overlayfs, veth and bridges: in a "
            "container, run it privileged; otherwise load the kernel modules overlay, veth and bridge",
        )
