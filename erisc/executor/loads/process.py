"""A load driver's process as the executor sees it; what Rally's and erisc's own drivers share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.loads import Clock, Load, LoadOrder

READ = 200_000
"""Bytes of the end of a log that are looked through."""


class LoadProcess:
    """A load process with its log; a Load. told: finds the last meaningful words of a log."""

    def __init__(self, process: subprocess.Popen[str], order: LoadOrder, log: str, told: Callable[[str], str]) -> None:
        self.pid = process.pid
        self.log = log
        self._process = process
        self._order = order
        self._told = told

    def ready(self) -> bool:
        """As in Load."""
        return self._announced("ready")

    def clocks(self) -> tuple[Clock, ...]:
        """As in Load."""
        return ()

    def done(self) -> bool:
        """As in Load."""
        return self._announced("done")

    def _announced(self, state: str) -> bool:
        return os.path.exists(os.path.join(self._order.rendezvous, f"{state}-{self._order.workload.name}"))

    def poll(self) -> int | None:
        """As in Load."""
        return self._process.poll()

    def complaint(self) -> str:
        """As in Load."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return self._told(file.read()[-READ:])
        except OSError as error:
            return f"its log cannot be read: {error.strerror}"

    def stop(self) -> None:
        """As in Load."""
        self._process.kill()
        self._process.wait()


def start(order: LoadOrder, words: list[str], content: dict[str, Any], told: Callable[[str], str]) -> Load:
    """Start Python with `words`, and `content` as JSON on its standard input: here, or on every generator.

    Raises Failure when it cannot be.
    """
    if order.generators:
        from erisc.executor.generators import group

        return group.start(order, words, content, told)
    os.makedirs(order.private, mode=0o700, exist_ok=True)
    log = os.path.join(order.raw, f"{order.workload.driver}.log")
    try:
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-P", *words],  # -P: nothing is imported from the folder of a script
                stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT, text=True,
                env=_environment(order), start_new_session=True, cwd=order.private,
            )  # fmt: skip
        assert process.stdin is not None
        with process.stdin as pipe:
            json.dump(content, pipe)
    except OSError as error:
        name, driver = order.workload.name, order.workload.driver
        raise Failure(f"workload {name}: its driver {driver} cannot be started: {error}") from error
    return LoadProcess(process, order, log, told)


def _environment(order: LoadOrder) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "RALLY_"))}
    if "RALLY_PLUGIN_PATHS" in os.environ:  # plug-ins of the author's, which a recorded catalogue lists
        kept["RALLY_PLUGIN_PATHS"] = os.environ["RALLY_PLUGIN_PATHS"]
    own = {
        "HOME": order.private,
        "ERISC_MARK": order.mark,
        "ERISC_RENDEZVOUS": order.rendezvous,
        "ERISC_WORKLOAD": order.workload.name,
        "ERISC_ITERATIONS": os.path.join(order.raw, "iterations.jsonl"),
    }
    return kept | own


def last_words(log: str) -> str:
    """What a worker of erisc's own said last: from its `erisc:` line on, else the end."""
    lines = [line for line in log.splitlines() if line.strip()]
    heads = [number for number, line in enumerate(lines) if line.startswith("erisc: ")]
    said = lines[heads[-1] :] if heads else lines[-8:]
    return "\n".join(said[:8]).removeprefix("erisc: ")[:2000]
