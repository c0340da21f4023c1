"""Where load processes meet: a folder with `ready-<workload>`, `t0` and `done-<workload>`."""

from __future__ import annotations

import asyncio
import json
import os
import time

from erisc.executor.loads.task import Shard


class Rendezvous:
    """One workload's part of it. folder: "" where nobody else is there."""

    def __init__(self, folder: str, workload: str, shard: Shard) -> None:
        self._folder = folder
        self._name = workload if shard.count == 1 else f"{workload}.{shard.index}"

    def announce(self, state: str) -> None:
        """Leave the file of a state, `ready` or `done`."""
        if self._folder:
            with open(os.path.join(self._folder, f"{state}-{self._name}"), "w", encoding="utf-8"):
                pass

    async def meet(self) -> float:
        """Say ready, wait for the common start; t = 0 as CLOCK_MONOTONIC s."""
        if not self._folder:
            return time.monotonic()
        self.announce("ready")
        path = os.path.join(self._folder, "t0")
        while not os.path.exists(path):
            await asyncio.sleep(0.02)
        with open(path, encoding="utf-8") as file:
            return float(json.load(file)["t0_mono"])
