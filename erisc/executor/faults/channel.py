"""Channels: shells of hosts that are open before they are needed, several on one ssh connection where one is busy."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from erisc.base.failure import Failure
from erisc.executor.faults.replies import LostError, Reply
from erisc.executor.faults.shell import (
    CONNECT,
    TIMEOUT,
    Shell,
    argv_of,
    ssh_target,
    ssh_words,
    unreachable,
)
from erisc.executor.zones import Host

T = TypeVar("T")


class Channel:
    """One host. Safe to use from several threads: each gets a shell of its own."""

    def __init__(self, host: Host, sockets: str) -> None:
        self.host = host
        self._sockets = sockets
        self._lock = threading.Lock()
        self._idle: list[Shell] = []

    def open(self) -> None:
        """Connect ahead of time. Raises Failure when the host gives no shell."""
        self.give(self.take())

    def take(self, *, direct: bool = False) -> Shell:
        """A shell for the caller alone, until `give` or its own `close`. direct: over a connection of its own, where
        the kept one may hang. Raises Failure when the host gives no shell.
        """
        if not direct:
            with self._lock:
                while self._idle:
                    shell = self._idle.pop()
                    if shell.alive:
                        return shell
                    shell.close()
        shell = Shell(self.host, argv_of(self.host, self._sockets, direct=direct))
        try:
            shell.run(":", 2 * CONNECT)
        except LostError as lost:
            shell.close()
            raise unreachable(self.host, str(lost)) from None
        except Failure:
            shell.close()
            raise unreachable(self.host, "no answer") from None
        return shell

    def give(self, shell: Shell) -> None:
        """The shell is free again."""
        with self._lock:
            self._idle.append(shell)

    def run(self, script: str, timeout: float = TIMEOUT, *, direct: bool = False) -> Reply:
        """Run a script that leaves no process behind, and wait for it. Raises Failure when the host does not answer in
        time (s) or is lost meanwhile: the script may then have run, or not.
        """
        shell = self.take(direct=direct)
        try:
            reply = shell.run(script, timeout)
        except BaseException as error:
            shell.close()
            if isinstance(error, LostError):
                raise unreachable(self.host, str(error)) from None
            raise
        shell.close() if direct else self.give(shell)
        return reply

    def close(self) -> None:
        """Let go of the host; what others hold is theirs. Idempotent."""
        with self._lock:
            idle, self._idle = self._idle, []
        for shell in idle:
            shell.close()
        if self.host.connection != "local":
            command = [*ssh_words(self.host, self._sockets), "-O", "exit", ssh_target(self.host)]
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=5.0, check=False)


class Channels:
    """A channel for every host that is asked for. sockets: a private directory with a short path, made when needed."""

    def __init__(self, sockets: str) -> None:
        self._sockets = sockets
        self._lock = threading.Lock()
        self._open: dict[str, Channel] = {}

    def of(self, host: Host) -> Channel:
        """The channel of a host, not necessarily opened. Raises Failure when the folder is not ours."""
        with self._lock:
            if host.name not in self._open:
                os.makedirs(self._sockets, mode=0o700, exist_ok=True)
                if os.stat(self._sockets).st_uid != os.getuid():
                    raise Failure(f"{self._sockets} belongs to another user", mend="remove it")
                self._open[host.name] = Channel(host, self._sockets)
            return self._open[host.name]

    def close(self) -> None:
        """Let go of all hosts."""
        channels, self._open = list(self._open.values()), {}
        on_each(channels, Channel.close)


def on_each(items: Iterable[T], act: Callable[[T], object]) -> list[tuple[T, Exception]]:
    """Act on all at the same time; those that failed, with why."""
    items = list(items)
    if not items:
        return []
    with ThreadPoolExecutor(min(len(items), 64)) as pool:
        futures = [(item, pool.submit(act, item)) for item in items]
    return [(item, error) for item, future in futures if isinstance(error := future.exception(), Exception)]
