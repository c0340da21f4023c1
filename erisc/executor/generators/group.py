"""One workload on several generators: a Load like any other to who drives the run."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Callable
from typing import Any

from erisc.base.failure import Failure
from erisc.base.home import package_root
from erisc.base.record import record
from erisc.executor.generators.clocks import objection
from erisc.executor.generators.remote import Place, Remote
from erisc.executor.loads import Clock, LoadOrder
from erisc.executor.zones import Host

_LOOK = 0.01
_FOLDER = "@FOLDER@"
_PLUGINS = "bundle/rally/plugins"


class GroupLoad:
    """The shards of a workload. When one is lost the others go on, and the load counts as failed."""

    def __init__(self, order: LoadOrder, remotes: list[Remote], told: Callable[[str], str], logs: list[str]) -> None:
        self.pid = remotes[0].pid
        self._order = order
        self._remotes = remotes
        self._told = told
        self._logs = logs
        self._over = threading.Event()
        threading.Thread(target=self._pass_t0_on, daemon=True).start()

    def ready(self) -> bool:
        """As in Load. Raises Failure when a generator's clock must not be trusted."""
        if not all("ready" in remote.states and remote.settled() for remote in self._remotes):
            return False
        objections = [text for one in self._remotes if (text := objection(one.host.name, one.reading()))]
        if objections:
            raise Failure(
                f"workload {self._order.workload.name}: its generators cannot begin at one instant",
                detail="\n".join(objections),
                mend="let NTP set the clocks, and use a quieter network; or load from here with --local-load",
            )
        return True

    def clocks(self) -> tuple[Clock, ...]:
        """As in Load."""
        found = [(remote.host.name, remote.reading()) for remote in self._remotes]
        return tuple(Clock(name, reading.offset, reading.uncertainty) for name, reading in found if reading)

    def done(self) -> bool:
        """As in Load."""
        return all("done" in remote.states or remote.poll() is not None for remote in self._remotes)

    def poll(self) -> int | None:
        """As in Load. Before the start, one that ends is enough; after it, all are waited for."""
        codes = [remote.poll() for remote in self._remotes]
        begun = all("ready" in remote.states for remote in self._remotes)
        if begun and None in codes:
            return None
        return next((code for code in codes if code), None if None in codes else 0)

    def complaint(self) -> str:
        """As in Load: of every generator that failed, which part of the load was its own."""
        lines = []
        for number, remote in enumerate(self._remotes):
            code = remote.poll()
            if code:
                share = f"generator {remote.host.name}, which had shard {number}/{len(self._remotes)}, {_ended(remote)}"
                lines.append(": ".join(filter(None, [share, remote.error or self._words(number)])))
        return "\n".join(lines)

    def _words(self, number: int) -> str:
        with open(self._logs[number], encoding="utf-8", errors="replace") as file:
            return self._told(file.read()[-200_000:])

    def stop(self) -> None:
        """As in Load."""
        self._over.set()
        threads = [threading.Thread(target=remote.stop) for remote in self._remotes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _pass_t0_on(self) -> None:
        path = os.path.join(self._order.rendezvous, "t0")
        while not os.path.exists(path):
            if self._over.wait(_LOOK):
                return
        with open(path, encoding="utf-8") as file:
            t0 = float(json.load(file)["t0_mono"])
        for remote in self._remotes:
            reading = remote.reading()
            if reading:
                remote.send({"t0_mono": t0 + reading.offset})


def _ended(remote: Remote) -> str:
    code = remote.code
    if code is None:
        return "was lost: its connection ended before its load did"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code}" if code else "did not hand over all it recorded"


@record
class Site:
    """Where the load of a run comes from: each generator, and where it has erisc."""

    hosts: tuple[Host, ...]
    places: dict[str, Place]


def start(order: LoadOrder, words: list[str], content: dict[str, Any], told: Callable[[str], str]) -> GroupLoad:
    """Start the command on every generator of the order, each with its shard. Raises Failure when one cannot be."""
    site = order.generators
    assert site is not None
    os.makedirs(order.private, mode=0o700, exist_ok=True)
    remotes: list[Remote] = []
    logs = []
    try:
        for number, host in enumerate(site.hosts):
            log = os.path.join(order.raw, f"{order.workload.driver}.{host.name}.log")
            iterations = os.path.join(order.raw, f"iterations.{host.name}.jsonl")
            remote = Remote(host, site.places[host.name], log, iterations, order.mark)
            remotes.append(remote)
            logs.append(log)
            erisc = os.path.join(site.places[host.name].path.partition(":")[0], "erisc")
            remote.send({"order": _order(order, words, content, f"{number}/{len(site.hosts)}", erisc)})
    except BaseException:
        for remote in remotes:
            remote.stop()
        raise
    return GroupLoad(order, remotes, told, logs)


def _order(order: LoadOrder, words: list[str], content: dict[str, Any], shard: str, erisc: str) -> dict[str, Any]:
    """What the agent is told: every path of this run is one in the agent's folder there."""
    bundle = _bundle(order)
    folders = {
        order.raw: "raw", order.private: "private", order.rendezvous: "rendezvous", bundle: "bundle",
        order.plugins: _PLUGINS,
    }  # fmt: skip
    moved = {path: f"{_FOLDER}/{name}" for path, name in folders.items()} | {package_root(): erisc}
    longest_first = "|".join(re.escape(path) for path in sorted(moved, key=len, reverse=True))
    paths = re.compile(rf"({longest_first})(?![\w.-])")

    def there(text: str) -> str:
        return paths.sub(lambda match: moved[match[0]], text)

    return {
        "files": {path: there(text) for path, text in _files(order, bundle).items()},
        "words": [there(word) for word in words],
        "stdin": there(json.dumps(content)),
        "environment": {
            "HOME": f"{_FOLDER}/private",
            "ERISC_RENDEZVOUS": f"{_FOLDER}/rendezvous",
            "ERISC_WORKLOAD": order.workload.name,
            "ERISC_ITERATIONS": f"{_FOLDER}/raw/iterations.jsonl",
            "ERISC_SHARD": shard,
            "ERISC_MARK": order.mark,
        },
    }


def _bundle(order: LoadOrder) -> str:
    """The bundle's folder: `cells/<id>/<driver>/<workload>.json` lies four deep in it."""
    folder = order.workload.task
    for _ in range(4):
        folder = os.path.dirname(folder)
    return folder


def _files(order: LoadOrder, bundle: str) -> dict[str, str]:
    """What the driver reads: its task, Rally's plug-ins, and what it was given privately."""
    found = {os.path.join("bundle", os.path.relpath(order.workload.task, bundle)): _text(order.workload.task)}
    for root, place in ((order.plugins, _PLUGINS), (order.private, "private")):
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if not name.endswith((".pyc", ".sqlite")):
                    found[os.path.join(place, os.path.relpath(path, root))] = _text(path)
    return found


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
