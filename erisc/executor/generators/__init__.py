"""Many generators: one workload's schedule, split over the hosts of the zone's group `generators`.

Each host runs the driver's own command under an `agent`, over one ssh connection: the order goes out, readiness,
clock readings and the iterations, as they are recorded, come back.
"""

from __future__ import annotations

from erisc.executor.zones import Host, Zone

GROUP = "generators"


def generator_hosts(zone: Zone) -> tuple[Host, ...]:
    """The hosts that load comes from, by name; none where it comes from the executor's own."""
    return tuple(zone.hosts[name] for name in zone.groups.get(GROUP, ()))
