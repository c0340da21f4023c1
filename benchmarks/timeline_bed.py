"""Four emulated hosts with probes on them, and what the probes saw of an effect."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from benchmarks.timeline_probe import numbers
from erisc.base.record import record
from erisc.executor.faults.channel import Channels
from erisc.executor.zones import Host
from erisc.executor.zones.inventory import read_inventory

ERISC = str(Path(sys.executable).parent / "erisc")
PROBE = Path(__file__).with_name("timeline_probe.py")
GAP = 30_000_000
"""ns without a heartbeat that are a stopped process; a busy machine makes gaps of some ms."""
LOST = 30
"""Datagrams in a row that are a cut."""
EARLY, WITHIN = 50_000_000, 5_000_000_000
"""ns around an instant in which its effect is looked for."""


@record
class Instant:
    """at: s from t = 0. kind: `process` or `network`."""

    number: int
    at: float
    kind: str


class Bed:
    """inventory: of the hosts, with the service `beat` on each; `send` on a host goes to the next one."""

    PORT = 9999

    def __init__(self, inventory: str, sockets: str) -> None:
        self.inventory = inventory
        self.hosts: dict[str, Host] = read_inventory(inventory)[0]
        self.sockets = sockets
        self.channels = Channels(sockets)

    def start(self) -> None:
        """All probes run."""
        text = base64.b64encode(PROBE.read_bytes()).decode()
        names = sorted(self.hosts)
        for name in names:
            self.run(
                name, f"echo {text} | base64 -d > /run/probe.py; {_started('receive', f'{self.PORT} /run/receive.log')}"
            )
            self.run(name, " ".join(_beat("start")[2:]))
        for name, following in zip(names, names[1:] + names[:1], strict=True):
            to = self.hosts[following].addresses[0]
            self.run(name, _started("send", f"{to} {self.PORT} /run/send.log"))
        time.sleep(1.0)

    def run(self, host: str, script: str) -> str:
        """What a text prints on a host."""
        reply = self.channels.of(self.hosts[host]).run(script, 60)
        assert reply.code == 0, reply.err
        return reply.out

    def late(self, t0: float, instants: list[Instant]) -> dict[str, list[float]]:
        """ms from plan until the last host had the effect, by kind. An effect that no probe saw ends the benchmark."""
        found: dict[str, list[float]] = {"process": [], "network": []}
        for one, late in zip(instants, self.seen(t0, instants), strict=True):
            assert late is not None, f"fault {one.number} ({one.kind}) was not seen on every host"
            found[one.kind].append(late)
        return found

    def seen(self, t0: float, instants: list[Instant]) -> list[float | None]:
        """ms from plan until the last host had the effect; None where a host did not see it."""
        names = sorted(self.hosts)
        beats = {name: self._file(name, "beat.log") for name in names}
        sent = {name: self._file(name, "send.log") for name in names}
        received = {name: set(self._file(name, "receive.log")) for name in names}
        before = {name: names[number - 1] for number, name in enumerate(names)}
        found: list[float | None] = []
        for one in instants:
            plan = int((t0 + one.at) * 1e9)
            if one.kind == "process":
                ends = [_gap(beats[name], plan) for name in names]
            else:
                ends = [_cut(sent[before[name]], received[name], plan) for name in names]
            found.append((max(filter(None, ends)) - plan) / 1e6 if all(ends) else None)
        return found

    def _file(self, host: str, name: str) -> list[int]:
        copy = f"{self.inventory}.{host}.{name}"
        Path(copy).write_bytes(_fetch(self.hosts[host], f"/run/{name}"))
        return list(numbers(copy))


def _fetch(host: Host, path: str) -> bytes:
    words = ["ssh", "-o", "LogLevel=ERROR", "-i", host.key, *host.ssh_args.replace('"', "").split()]
    return subprocess.run(
        [*words, f"{host.user}@{host.address}", f"cat {path}"], capture_output=True, check=True
    ).stdout


def _started(what: str, arguments: str) -> str:
    probe = f"setsid /usr/bin/python3 -I /run/probe.py {what} {arguments} </dev/null >/dev/null 2>&1"
    return f"{probe} & echo $! > /run/{what}.pid"


def _beat(do: str) -> list[str]:
    return ["sh", "-c", _started("beat", "/run/beat.log") if do == "start" else "cat /run/beat.pid"]


def _gap(beats: list[int], plan: int) -> int | None:
    """The last heartbeat before a gap that begins near the plan."""
    for number in range(bisect_left(beats, plan - EARLY), len(beats) - 1):
        if beats[number] > plan + WITHIN:
            return None
        if beats[number + 1] - beats[number] > GAP:
            return beats[number]
    return None


def _cut(sent: list[int], received: set[int], plan: int) -> int | None:
    """When the first of the datagrams was sent that do not arrive."""
    lost = 0
    for number in range(bisect_left(sent, plan - EARLY), bisect_left(sent, plan + WITHIN)):
        lost = 0 if number in received else lost + 1
        if lost == LOST:
            return sent[number - LOST + 1]
    return None


@contextmanager
def bed(folder: Path) -> Iterator[Bed]:
    """Four hosts in `folder` with all probes running; gone afterwards."""
    words = ["--name", "bench", "--state-dir", str(folder / "lab")]
    up = subprocess.run(
        [ERISC, "lab", "up", *words, "--hosts", "controller=4"], capture_output=True, text=True, check=False
    )
    if up.returncode:
        sys.exit(f"emulated hosts cannot be made here: {up.stderr.strip()}")
    try:
        found = next((folder / "lab").rglob("inventory.yaml"))
        content = yaml.safe_load(found.read_text())
        for values in content["all"]["children"]["controller"]["hosts"].values():
            values["erisc_services"]["beat"] = {"manager": "commands", "pids": _beat("pids"), "start": _beat("start")}
        inventory = folder / "inventory.yaml"
        inventory.write_text(yaml.safe_dump(content))
        made = Bed(str(inventory), f"/tmp/eb{os.getpid()}")
        made.start()
        yield made
        made.channels.close()
    finally:
        subprocess.run([ERISC, "lab", "down", *words], capture_output=True, check=False)
