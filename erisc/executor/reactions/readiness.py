"""Before any load: what lacks for whom faults strike, how many at one time, and what reactions wait for."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.base.failure import Failure
from erisc.executor.bundle import Cell
from erisc.executor.faults.channel import on_each
from erisc.executor.faults.picking import Site, effects_without_hosts, too_much
from erisc.executor.faults.primaries import Primaries
from erisc.executor.reactions.prometheus import query
from erisc.executor.reactions.running import runs
from erisc.executor.reactions.sensors import FAULTS, KINDS
from erisc.executor.reactions.watched import expressions, watched_services
from erisc.executor.schedule import AtIteration, Schedule, Target
from erisc.executor.state import Run


def unready(run: Run) -> list[str]:
    """A line for everything. Channels to the hosts that are asked are open then."""
    primaries = Primaries(run.channels)
    found = []
    for cell in run.bundle.cells:
        site = Site(run.zone, run.bundle, cell, {}, primaries)
        found += effects_without_hosts(cell.schedule, site)
        found += _reactions(run, cell)
        found += [] if found else _primaries(site)
    return list(dict.fromkeys(found or too_much(run.bundle, run.zone, primaries)))


def _reactions(run: Run, cell: Cell) -> Iterator[str]:
    workloads = [workload.name for workload in cell.workloads]
    for one in cell.schedule.reactions:
        event = "at iteration" if isinstance(one.trigger, AtIteration) else one.trigger.event
        if not isinstance(one.trigger, AtIteration) and event not in (*KINDS, *FAULTS):
            yield f"fault {one.name}: this executor knows no event {event!r}"
            continue
        arguments = {} if isinstance(one.trigger, AtIteration) else one.trigger.arguments
        workload = one.trigger.workload if isinstance(one.trigger, AtIteration) else arguments.get("workload")
        if workload is not None and workload not in workloads:
            yield f"fault {one.name}: event {event}: the cell has no workload {workload!r}"
    yield from _services(run, cell.schedule)
    yield from _queries(run, cell.schedule)


def _services(run: Run, schedule: Schedule) -> Iterator[str]:
    for service, hosts in watched_services(schedule, run.bundle, run.zone).items():
        if not hosts:
            yield f"a fault waits for service {service}, which no host of the inventory has"
        for _, error in on_each(hosts, lambda host, service=service: runs(run.channels, host, service)):  # type: ignore[misc]
            yield getattr(error, "what", str(error))


def _queries(run: Run, schedule: Schedule) -> Iterator[str]:
    asked = expressions(schedule)
    if asked and not run.zone.prometheus:
        yield (
            "a fault waits for a Prometheus expression, and the inventory does not say where Prometheus is: "
            "give `erisc_prometheus: http://HOST:9090` to all hosts"
        )
        return
    for expression in dict.fromkeys(asked):
        try:
            query(run.zone.prometheus, expression)
        except Failure as failure:
            yield failure.what


def _primaries(site: Site) -> Iterator[str]:
    """Each of them is asked once, so that a run does not find out in its midst that nobody knows."""
    for target in dict.fromkeys(map(_Asked, _targets(site.cell.schedule))):
        try:
            site.primaries.of(target.of.primary, site.members(target.of))
        except Failure as failure:
            yield f"{failure.what}{f' ({failure.mend})' if failure.mend else ''}"


class _Asked:
    """A target by what it asks."""

    def __init__(self, of: Target) -> None:
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.of.nodes, self.of.primary, self.of.where


def _targets(schedule: Schedule) -> Iterator[Target]:
    every = [*(one.steps for one in schedule.faults), *(one.steps for one in schedule.reactions)]
    for effect in (effect for steps in every for step in steps for effect in step):
        if effect.target.selector == "primary":
            yield effect.target
