"""What a reaction waits for, as something that can be read while load runs. stdlib/events.eris says what each means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.executor.live.workloads import Live, LiveWorkload
from erisc.executor.reactions.phrases import call, shown
from erisc.executor.schedule import When

Reading = float | bool | None
"""A quantity in base units, whether something happened, or None while it is not known."""


class Services(Protocol):
    """Whether services run, as their processes tell."""

    def down(self, service: str) -> bool | None:
        """It has stopped on one of its hosts; None before anybody looked."""

    def up(self, service: str) -> bool | None:
        """It was down and runs again on all of its hosts."""


class Queries(Protocol):
    """Values of Prometheus expressions."""

    def value(self, query: str) -> float | None:
        """The last one, None while there is none."""


@record
class Sources:
    """Where readings come from."""

    live: Live
    services: Services
    queries: Queries


@record
class Sensor:
    """about: the event as a spec writes it. read: given s since t = 0. kind: the type of what is read, "" for an event
    that happens or not.
    """

    about: str
    kind: str
    read: Callable[[float], Reading]

    def shown(self, value: Reading) -> str:
        """A reading for people."""
        return "unknown" if value is None else shown(float(value), self.kind)


LOAD = {"error_rate": "ratio", "latency": "duration", "throughput": "rate", "in_flight": "count"}
"""Events that read the load of a workload, and the types of what they read."""
FAULTS = ("started", "ended")
"""Events that are an instant in the life of another fault: not read, but told."""
SERVICES = ("down", "up")
KINDS = {**LOAD, "prometheus": "number", "down": "", "up": ""}


def sensor(when: When, sources: Sources) -> Sensor:
    """What `when` reads. Raises Failure for an event that this executor does not know."""
    if when.event not in KINDS:
        known = ", ".join([*KINDS, *FAULTS])
        raise Failure(
            f"this executor knows no event {when.event!r}; there are: {known}",
            mend="install the erisc that compiled the bundle",
            exit_code=WRONG_CALL,
        )
    return Sensor(call(when.event, when.arguments), KINDS[when.event], _reader(when, sources))


def _reader(when: When, sources: Sources) -> Callable[[float], Reading]:
    arguments = when.arguments
    if when.event == "prometheus":
        return lambda at: sources.queries.value(arguments["query"])
    if when.event in SERVICES:
        running = sources.services
        look = running.down if when.event == "down" else running.up
        return lambda at: look(arguments["service"])
    return _of_load(when.event, arguments, sources.live.workloads)


def _of_load(event: str, arguments: Mapping[str, Any], workloads: Mapping[str, LiveWorkload]) -> Callable[..., Reading]:
    workload = workloads.get(arguments["workload"])
    if workload is None:
        raise Failure(f"event {event}: the cell has no workload {arguments['workload']!r}", exit_code=WRONG_CALL)
    if event == "in_flight":
        return lambda at: workload.in_flight if workload.begun else None
    length = float(arguments["last"])
    window = workload.window(length)
    if event == "error_rate":
        return lambda at: window.error_rate()
    if event == "throughput":
        # Before so much time has passed, it would be low because nothing could have been done yet.
        return lambda at: window.throughput() if at >= length else None
    quantile = float(arguments["quantile"])
    return lambda at: window.latency(quantile)
