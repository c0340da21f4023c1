"""Load drivers: one process per workload that waits at a barrier. Entry-point group `erisc.loads`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.base.record import record
from erisc.executor.bundle import Workload
from erisc.executor.zones import Zone

if TYPE_CHECKING:
    from erisc.executor.generators.group import Site


@record
class LoadOrder:
    """What a driver is told.

    raw: folder for what it leaves, among it `iterations.jsonl` and its log, `<driver>.log`. private: its folder for
    what must not travel. rendezvous: the barrier's folder. plugins: the bundle's folder of Rally plug-ins. task_args:
    outputs of the stacks, `topology__resource`. cloud: the admin's connection. user: the cell's user. mark: the
    environment variable ERISC_MARK of every process it starts. zone: where it all happens; its hosts say where
    services are reached. generators: the hosts that the load is split over, None where it comes from this one.
    """

    workload: Workload
    raw: str
    private: str
    rendezvous: str
    plugins: str
    task_args: dict[str, Any]
    cloud: Any
    user: dict[str, str]
    mark: str
    zone: Zone
    generators: Site | None = None


@record
class Clock:
    """Of a generator. offset: its CLOCK_MONOTONIC minus ours, s, known to within `uncertainty` s."""

    generator: str
    offset: float
    uncertainty: float


class Load(Protocol):
    """A started load process."""

    pid: int

    def ready(self) -> bool:
        """It waits at the barrier."""

    def clocks(self) -> tuple[Clock, ...]:
        """Of its generators, once it is ready; none where it runs on this host."""

    def done(self) -> bool:
        """All that it will record is recorded; it may still tidy up."""

    def poll(self) -> int | None:
        """Exit code, None while it runs."""

    def complaint(self) -> str:
        """The tool's own last meaningful words, a few lines."""

    def stop(self) -> None:
        """End it now; idempotent."""


class Driver(Protocol):
    """An entry point of `erisc.loads`."""

    def needs_cloud(self, workload: Workload) -> bool:
        """Whether this load is one on OpenStack, which the zone then must have."""

    def start(self, order: LoadOrder) -> Load:
        """Start the process; it gets ready by itself. Raises Failure when it cannot be started."""


def driver_of(workload: Workload) -> Driver:
    """The driver that a workload names. Raises Failure when there is none of that name."""
    drivers = entry_points("erisc.loads")
    if workload.driver not in drivers:
        raise Failure(
            f"workload {workload.name}: there is no load driver {workload.driver!r}",
            mend=f"one of: {', '.join(sorted(drivers))}",
            exit_code=WRONG_CALL,
        )
    driver: Driver = drivers[workload.driver].load()  # type: ignore[assignment]
    return driver
