"""Emulated hosts in tests: whether this machine can have them, and what of a lab is on it."""

from __future__ import annotations

import os
import subprocess
from functools import cache

from erisc.base.failure import Failure
from erisc.base.steps import Silent
from erisc.lab.hosts import needs
from erisc.lab.hosts.layout import token_of


@cache
def unable() -> str:
    """Why this machine cannot have emulated hosts, "" when it can."""
    try:
        needs.ensure("/tmp", Silent())
    except Failure as failure:
        return str(failure)
    return ""


def traces(folder: str) -> list[str]:
    """What the machine has of the lab in `folder`: processes, mounts, network namespaces, interfaces."""
    token = token_of(folder)
    found = [f"namespace {name}" for name in _names("/run/netns") if token in name]
    found += [f"interface {name}" for name in _names("/sys/class/net") if token in name]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if f"ERISC_LAB_HOSTS={folder}" in _read(f"/proc/{pid}/environ").split("\0"):
            found.append(f"process {pid}")
        if f"{folder}/" in _read(f"/proc/{pid}/mounts"):
            found.append(f"mount of {pid}")
    return found


def ssh(folder: str, address: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a host of the lab."""
    hosts = f"{folder}/hosts"
    words = ["ssh", "-i", f"{hosts}/key", "-o", f"UserKnownHostsFile={hosts}/known_hosts", "-o", "BatchMode=yes"]
    return subprocess.run(
        [*words, "-o", "ConnectTimeout=5", "-o", "KexAlgorithms=curve25519-sha256", f"root@{address}", command],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def _names(folder: str) -> list[str]:
    return os.listdir(folder) if os.path.isdir(folder) else []


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
