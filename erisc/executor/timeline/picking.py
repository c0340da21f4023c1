"""Whom an effect strikes: asked some seconds before a planned instant, and when a reaction's trigger holds."""

from __future__ import annotations

from typing import Protocol

from erisc.base.record import record
from erisc.executor.faults.selectors import members, other_hosts, pick
from erisc.executor.schedule import Effect
from erisc.executor.zones import Host, Zone


@record
class Picked:
    """hosts: those that are struck. others: for network actions, the hosts of the other side."""

    hosts: tuple[Host, ...]
    others: tuple[Host, ...]


class WithheldError(Exception):
    """The effect must not be. Its argument: the reason, a phrase for people."""


class Picker(Protocol):
    """Asked from several threads."""

    def __call__(self, effect: Effect, fault: str, instance: int) -> Picked:
        """Raises Failure when the zone has too few hosts, and WithheldError when more than may be would be struck."""


def picker_of(zone: Zone) -> Picker:
    """Picks on a zone that has no primaries, labels or servers of its own."""

    def picked(effect: Effect, fault: str, instance: int) -> Picked:
        hosts = pick(effect.target, effect.choice, members(effect.target, zone, {}, {}))
        if "from" not in effect.arguments:
            return Picked(hosts, ())
        argument = effect.arguments["from"]
        return Picked(hosts, other_hosts(argument, effect.target, effect.choice, hosts, zone, {}))

    return picked
