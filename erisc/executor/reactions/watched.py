"""What the reactions of a schedule wait for beside the load: services and Prometheus expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from erisc.executor.bundle import Bundle
from erisc.executor.reactions.sensors import SERVICES
from erisc.executor.schedule import Schedule, When
from erisc.executor.zones import Host, Zone


def expressions(schedule: Schedule) -> list[str]:
    """Prometheus expressions that reactions wait for."""
    return [each.arguments["query"] for each in _conditions(schedule) if each.event == "prometheus"]


def watched_services(schedule: Schedule, bundle: Bundle, zone: Zone) -> Mapping[str, Sequence[Host]]:
    """Services that reactions wait for, with the hosts on which they run: those of the node sets on which the
    architecture has them, else all that the inventory says have them.
    """
    names = dict.fromkeys(each.arguments["service"] for each in _conditions(schedule) if each.event in SERVICES)
    return {name: _hosts(name, bundle, zone) for name in names}


def _conditions(schedule: Schedule) -> list[When]:
    return [each.trigger for each in schedule.reactions if isinstance(each.trigger, When)]


def _hosts(service: str, bundle: Bundle, zone: Zone) -> list[Host]:
    sets = [nodes for name, nodes in bundle.services if name == service] or list(zone.groups)
    names = sorted({host for nodes in sets for host in zone.groups.get(nodes, ())})
    return [zone.hosts[name] for name in names if service in zone.hosts[name].services]
