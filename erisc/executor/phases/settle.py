"""Settle: no load on a zone that is not well: the services under test run, the cloud's workers say they are up."""

from __future__ import annotations

import time

from erisc.base.failure import Failure
from erisc.executor.bundle import Cell
from erisc.executor.cloud import errors
from erisc.executor.faults.readiness import effects_of
from erisc.executor.faults.selectors import members
from erisc.executor.reactions.running import runs
from erisc.executor.state import Run

WITHIN = 90.0
"""s the zone has to get well: a worker reports every 10 s, and counts as down after 60."""
_POLL = 2.0


def settle(run: Run, cell: Cell) -> None:
    """Wait until nothing is amiss. Raises Failure naming what still is."""
    deadline = time.monotonic() + WITHIN
    while amiss := _services_down(run, cell) + _workers_down(run):
        if time.monotonic() > deadline:
            raise Failure(
                f"the zone {run.zone.name} is not well", detail="\n".join(amiss), mend="mend it, then run again"
            )
        time.sleep(_POLL)


def _services_down(run: Run, cell: Cell) -> list[str]:
    if run.control:
        return []
    services = {
        (host.name, effect.target.service)
        for effect in effects_of(cell.schedule)
        if effect.target.service and effect.action != "start"
        for host in members(effect.target, run.zone, cell.labels, {})
    }
    return [
        f"{name} on {host} has no processes"
        for host, name in sorted(services)
        if not runs(run.channels, run.zone.hosts[host], name)
    ]


def _workers_down(run: Run) -> list[str]:
    """What nova and cinder say of their own workers; a worker that was switched off is nobody's fault."""
    found: list[str] = []
    if run.cloud is None:
        return found
    with errors("the cloud is not well"):
        if run.cloud.has_service("compute"):
            found += [f"{w.binary} on {w.host} is down" for w in run.cloud.compute.services() if _down(w)]
        if run.cloud.has_service("block-storage"):
            found += [f"{w.binary} on {w.host} is down" for w in run.cloud.block_storage.services() if _down(w)]
    return found


def _down(worker: object) -> bool:
    return getattr(worker, "state", "up") == "down" and getattr(worker, "status", "enabled") == "enabled"
