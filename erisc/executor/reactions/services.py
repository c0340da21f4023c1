"""Whether services run: their processes are looked at on every host, about twice a second, beside everything else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from erisc.base.failure import Failure
from erisc.executor.zones import Host

EVERY = 0.5
"""s between looks at a host."""

Alive = Callable[[Host, str], bool]
"""Whether a service has a living process on a host. Raises Failure when the host does not answer."""


class ServiceWatch:
    """Services and the hosts on which they run. A host that does not answer is as it was when it last did.

    One thread a host: one that hangs does not hide what happens on the others.
    """

    def __init__(self, services: Mapping[str, Sequence[Host]], alive: Alive) -> None:
        self._alive = alive
        self._over = threading.Event()
        self._runs: dict[str, dict[str, bool]] = {name: {} for name in services}
        self._hosts = {name: [host.name for host in hosts] for name, hosts in services.items()}
        self._was_down: set[str] = set()
        self.silent: dict[str, str] = {}
        watched: dict[str, tuple[Host, list[str]]] = {}
        for name, hosts in services.items():
            for host in hosts:
                watched.setdefault(host.name, (host, []))[1].append(name)
        self._threads = [
            threading.Thread(target=self._watch, args=each, name=f"services of {host}", daemon=True)
            for host, each in watched.items()
        ]

    def start(self) -> None:
        """Look from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No look begins after this."""
        self._over.set()

    def down(self, service: str) -> bool | None:
        """It has stopped on one of its hosts; None before all of them were looked at."""
        known = self._runs.get(service, {})
        if not all(known.values()):
            return True
        return False if known and len(known) == len(self._hosts[service]) else None

    def up(self, service: str) -> bool | None:
        """It was down, and runs again on all of its hosts."""
        down = self.down(service)
        return None if down is None else not down and service in self._was_down

    def _watch(self, host: Host, services: Sequence[str]) -> None:
        # On a grid of its own, so that looks do not drift towards each other.
        due = time.monotonic()
        while not self._over.is_set():
            for service in services:
                self._look(host, service)
            due = max(due + EVERY, time.monotonic())
            self._over.wait(due - time.monotonic())

    def _look(self, host: Host, service: str) -> None:
        try:
            alive = self._alive(host, service)
        except Failure as error:
            self.silent[host.name] = error.what
            return
        self.silent.pop(host.name, None)
        if not alive:
            self._was_down.add(service)
        self._runs[service][host.name] = alive
