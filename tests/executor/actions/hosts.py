"""Hosts of the tests' own, as namespaces, and the order in which a run has the texts of an action carried out there."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.base.steps import Silent
from erisc.base.system import HOST_PACKAGES
from erisc.executor.faults.protocol import HostAction, Recipe, Strike
from erisc.executor.zones import Host
from erisc.lab import packages

_IDS = itertools.count()
DASH, ASH = ["dash"], ["busybox", "ash"]


@record
class Place:
    """Where texts run: `enter` comes before every command; `folder` holds the strikes' folders."""

    name: str
    enter: tuple[str, ...]
    folder: str
    address: str = ""

    def run(self, *argv: str, check: bool = True, timeout: float = 60) -> str:
        """What a command prints there."""
        done = subprocess.run(
            [*self.enter, *argv], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sh(self, text: str, **more: Any) -> str:
        """As `run`, a text of sh."""
        return self.run("sh", "-c", text, **more)

    def host(self, services: dict[str, dict[str, Any]] | None = None, **more: Any) -> Host:
        """The inventory's host."""
        addresses = (self.address,) if self.address else ()
        return Host(self.name, "ssh", self.address, 22, "", "", services or {}, addresses=addresses, **more)


class RefusedError(Exception):
    """A text ended badly; its last words."""


class Struck:
    """One strike and its texts, run one by one. shell: which sh."""

    def __init__(self, place: Place, action: HostAction, strike: Strike, shell: list[str] = DASH) -> None:
        self.place = place
        self.recipe: Recipe = action.recipe(strike)
        self.folder = os.path.join(place.folder, strike.id)
        self.shell = shell
        os.makedirs(self.folder, exist_ok=True)

    def argv(self, name: str) -> list[str]:
        """The command that runs a text, as a channel does: in a subshell of a shell that reads its standard input."""
        text = f"ERISC={shlex.quote(self.folder)}\n( eval {shlex.quote(getattr(self.recipe, name))} ) </dev/null\n"
        return [*self.place.enter, *self.shell, "-c", text]

    def run(self, name: str) -> str:
        """What the text prints. Raises RefusedError when it ends badly."""
        done = subprocess.run(
            self.argv(name), capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise RefusedError(done.stderr.strip())
        return done.stdout.strip()

    def needs(self) -> str:
        return self.run("needs")

    def strike(self) -> float:
        """needs, arm, inject, in this order. Returns the ms that `inject` took, the start of its shell included."""
        lacks = self.needs()
        assert not lacks, lacks
        self.run("arm")
        begun = time.monotonic()
        self.run("inject")
        return (time.monotonic() - begun) * 1000

    def hold(self) -> None:
        if self.recipe.hold:
            self.run("hold")

    def heal(self) -> None:
        """Twice; nothing is left after either."""
        for _ in range(2):
            self.run("heal")
            assert self.run("left") == ""

    def forget(self) -> None:
        """What a reboot does to the folder."""
        shutil.rmtree(self.folder)
        os.makedirs(self.folder)

    def broken_inject(self, after: float) -> None:
        """SIGKILL to the shell of `inject` and what it runs, after so many seconds; returns when they are gone.

        The shell is a child of `nsenter` that outlives it, so its end is seen by that of its output.
        """
        process = subprocess.Popen(self.argv("inject"), stdout=subprocess.PIPE, start_new_session=True)
        time.sleep(after)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)


def strike(
    place: Place,
    service: str = "",
    services: dict[str, dict[str, Any]] | None = None,
    others: tuple[Host, ...] = (),
    id: str = "",  # noqa: A002
    duration: float | None = 5.0,
    interfaces: tuple[str, ...] = (),
    **arguments: Any,
) -> Strike:
    """A strike of the host that `place` is."""
    return Strike(
        id or f"it's {next(_IDS)}", place.host(services, interfaces=interfaces), service, others, arguments, duration
    )


def wait_for(condition: Callable[[], Any], what: str, within: float = 10.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return answer


def needs_namespaces() -> None:
    """Installs, as the lab does, what faults on hosts use. Skips where hosts cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    try:
        packages.ensure(Silent(), HOST_PACKAGES)
    except Failure as failure:
        pytest.skip(str(failure))
    if subprocess.run(["unshare", "-mnp", "--fork", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel lets nobody make namespaces")


@contextmanager
def namespace_host(name: str) -> Iterator[Place]:
    """A host: mount, network, pid and ipc namespaces of its own; /run and /tmp are small file systems in memory."""
    base = Path(tempfile.mkdtemp(prefix="erisc-", dir="/dev/shm"))
    inner = (
        "mount --make-rprivate /; mount -t proc proc /proc; mount -t tmpfs -o size=64m none /run; "
        f"ip link set lo up; touch {base}/ready; exec sleep 1000"
    )
    process = subprocess.Popen(
        ["unshare", "--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "sh", "-c", inner]
    )
    try:
        wait_for((base / "ready").exists, "the host did not come up")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        enter = ("nsenter", "-t", children[0], "-m", "-n", "-i", "-u", "-p")
        yield Place(name, enter, str(base))
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(base, ignore_errors=True)


def join(places: list[Place]) -> list[Place]:
    """Gives two hosts an interface data0 each and a wire between them: 10.77.0.1 and 10.77.0.2."""
    first, second = (place.enter[2] for place in places)
    only = ["nsenter", "-t", first, "-n"]
    subprocess.run(
        [*only, "ip", "link", "add", "data0", "type", "veth", "peer", "name", "data0", "netns", second], check=True
    )
    for index, place in enumerate(places, 1):
        place.sh(f"ip addr add 10.77.0.{index}/24 dev data0 && ip link set data0 up")
    return [Place(p.name, p.enter, p.folder, f"10.77.0.{i}") for i, p in enumerate(places, 1)]
