"""Reaching hosts: on this machine directly, elsewhere over one OpenSSH connection that is opened before t = 0."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from typing import IO, Protocol

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.zones import Host

TIMEOUT = 30.0


@record
class Done:
    """How a command ended. code: 0 when it worked."""

    code: int
    out: str
    err: str


class Connection(Protocol):
    """Runs commands on one host."""

    host: Host

    def run(self, argv: list[str], timeout: float = TIMEOUT) -> Done:
        """Raises Failure when the host cannot be reached or the command does not end in time (s)."""

    def open(self) -> None:
        """Connect ahead of time. Raises Failure when that does not work."""

    def close(self) -> None:
        """Let go of the host; idempotent."""


class LocalConnection:
    """Commands on this machine."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def open(self) -> None:
        """Nothing to connect."""

    def close(self) -> None:
        """Nothing to let go."""

    def run(self, argv: list[str], timeout: float = TIMEOUT) -> Done:
        """As in Connection."""
        return _run(argv, timeout, self.host)


class SshConnection:
    """Commands over OpenSSH; ControlMaster and ControlPersist (ssh_config(5)) keep one connection for all of them."""

    def __init__(self, host: Host, sockets: str) -> None:
        self.host = host
        # A socket's path may have 108 bytes at most, and a run directory may lie deep: %C is 40 of them.
        self._options = [
            "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "LogLevel=ERROR",
            "-o", "ControlMaster=auto", "-o", f"ControlPath={sockets}/%C", "-o", "ControlPersist=600",
            "-p", str(host.port),
        ]  # fmt: skip
        self._options += shlex.split(host.ssh_args)
        self._options += ["-i", host.key, "-o", "IdentitiesOnly=yes"] if host.key else []
        self._target = f"{host.user}@{host.address}" if host.user else host.address

    def open(self) -> None:
        """Log in once; later commands take some milliseconds."""
        self.run(["true"])

    def close(self) -> None:
        """End the kept connection."""
        command = ["ssh", *self._options, "-O", "exit", self._target]
        subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL)

    def run(self, argv: list[str], timeout: float = TIMEOUT) -> Done:
        """As in Connection."""
        done = _run(["ssh", *self._options, "--", self._target, shlex.join(argv)], timeout, self.host)
        if done.code == 255:
            raise Failure(
                f"host {self.host.name} cannot be reached over ssh as {self._target}, port {self.host.port}",
                detail=done.err.strip(),
                mend="check ansible_host, ansible_user and ansible_ssh_private_key_file in the inventory",
            )
        return done


def connect(host: Host, sockets: str) -> Connection:
    """A connection to the host, not opened yet. sockets: a private directory with a short path."""
    if host.connection == "local":
        return LocalConnection(host)
    os.makedirs(sockets, mode=0o700, exist_ok=True)
    if os.stat(sockets).st_uid != os.getuid():
        raise Failure(f"{sockets} belongs to another user; no ssh connection is kept there", mend="remove it")
    return SshConnection(host, sockets)


def _run(argv: list[str], timeout: float, host: Host) -> Done:
    # Files, not pipes: a daemon that `start` leaves behind holds what it inherited, and must not hold us.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _wait(argv, timeout, host, out, err)
        out.seek(0)
        err.seek(0)
        return Done(code, out.read().decode(errors="replace"), err.read().decode(errors="replace"))


def _wait(argv: list[str], timeout: float, host: Host, out: IO[bytes], err: IO[bytes]) -> int:
    try:
        # A session of its own: Ctrl-C on the terminal must not kill the very command that heals.
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=timeout, check=False, start_new_session=True
        ).returncode
    except OSError as error:
        raise Failure(
            f"host {host.name}: {argv[0]!r} cannot be run: {error.strerror}", mend="install it or mend the inventory"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Failure(f"host {host.name}: `{shlex.join(argv)[:200]}` took more than {timeout:g} s") from error
