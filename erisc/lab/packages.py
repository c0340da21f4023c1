"""Debian's packages that a zone stands on, installed without starting any of their services."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from erisc.base.failure import Failure
from erisc.base.steps import Report, step
from erisc.base.system import ZONE_PACKAGES
from erisc.lab.state import read

_POLICY = "/usr/sbin/policy-rc.d"
_POLICY_TEXT = "#!/bin/sh\n# erisc: no service of a package being installed starts now\nexit 101\n"
_OPTIONS = ("--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")


def missing(packages: dict[str, str]) -> list[str]:
    """Those of the packages, each with a file of it, whose file is not here."""
    return [package for package, program in packages.items() if not os.path.exists(program)]


def command(packages: list[str]) -> str:
    """The command that a user may type instead."""
    return f"sudo apt-get install {' '.join(_OPTIONS[:2])} {' '.join(packages)}"


def ensure(report: Report, wanted: dict[str, str] = ZONE_PACKAGES) -> None:
    """Install what is missing of the wanted packages, each given with a program of it.

    Raises Failure with the exact command when that cannot be done from here.
    """
    packages = missing(wanted)
    if not packages:
        return
    prefix = _as_root(packages)
    with step(report, "install system packages") as note, _no_services(prefix):
        error = _apt(prefix, "install", packages)
        if error is not None:
            _apt(prefix, "update", [])
            error = _apt(prefix, "install", packages)
        if error is not None:
            what = f"the packages {', '.join(packages)} cannot be installed"
            raise Failure(what, detail=error, mend=command(packages))
        note.text = " ".join(packages)


def _apt(prefix: list[str], verb: str, packages: list[str]) -> str | None:
    """The end of apt-get's output when it fails, else None."""
    words = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", verb, *_OPTIONS[: 4 if packages else 1]]
    done = subprocess.run([*words, *packages], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    words_of_apt = (done.stderr or done.stdout).strip().splitlines()[-6:]
    return "\n".join(words_of_apt) if done.returncode else None


def _as_root(packages: list[str]) -> list[str]:
    """The words that make a command root's: none, or sudo when it asks for no password."""
    if not shutil.which("apt-get"):
        raise Failure(
            f"this machine lacks {', '.join(packages)} and has no apt-get to install them with",
            mend="install them yourself; the zone is built for Debian and Ubuntu",
        )
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    raise Failure(
        f"the packages {', '.join(packages)} are missing, and installing them takes root", mend=command(packages)
    )


@contextlib.contextmanager
def _no_services(prefix: list[str]) -> Iterator[None]:
    """Debian's way to keep services from starting (policy-rc.d, /usr/share/doc/init-system-helpers); one that the
    machine's owner has put there decides instead of ours."""
    if os.path.lexists(_POLICY) and read(_POLICY) != _POLICY_TEXT:
        yield
        return
    script = 'printf %s "$1" > "$2" && chmod 755 "$2"'
    subprocess.run([*prefix, "sh", "-c", script, "sh", _POLICY_TEXT, _POLICY], check=True)
    try:
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", _POLICY], check=True)
