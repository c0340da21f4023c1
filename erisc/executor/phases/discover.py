"""Discover: does the zone meet what the architecture demands? Every difference is named, before any load."""

from __future__ import annotations

from typing import Any

from erisc.base.failure import Failure
from erisc.executor.bundle import Bundle, Cell
from erisc.executor.cloud import connect_zone, errors
from erisc.executor.faults.guard import Guard
from erisc.executor.faults.readiness import effects_of, lacking
from erisc.executor.generators import generator_hosts
from erisc.executor.generators.proving import prove_generators
from erisc.executor.loads import driver_of
from erisc.executor.reactions.readiness import unready
from erisc.executor.state import Run
from erisc.executor.zones import Zone, ZoneCall, open_zone


def discover(run: Run, call: ZoneCall, *, local_load: bool = False) -> None:
    """Open the zone and compare it with the plan. Raises Failure listing every difference.

    local_load: load comes from this host, also where the zone has generators.
    """
    run.zone = open_zone(call)
    differences = contract_differences(run.bundle, run.zone)
    if run.zone.cloud:
        run.cloud = connect_zone(run.zone)
        differences += _rights_lacking(run.cloud)
        differences += [each for cell in run.bundle.cells for each in _cell_differences(run.cloud, cell)]
    else:
        differences += [each for cell in run.bundle.cells for each in _needing_a_cloud(cell)]
    if differences:
        raise Failure(
            f"the zone {run.zone.name} does not meet what {run.bundle.spec} demands",
            detail="\n".join(dict.fromkeys(differences)),
            mend="mend the zone or its inventory, or run on another one",
        )
    hosts = () if local_load else generator_hosts(run.zone)
    if hosts:
        run.generators = prove_generators(hosts, run.run_dir.path)
    run.guard = Guard(run.zone, run.channels)
    if not run.control:
        _prove_faults(run)


def contract_differences(bundle: Bundle, zone: Zone) -> list[str]:
    """How the inventory falls short of the architecture: group sizes, and services that node sets must run."""
    found = []
    for name, count in bundle.nodes:
        members = zone.groups.get(name)
        if members is None:
            found.append(f"node {name}: the inventory has no group of that name; {count} hosts are needed")
        elif len(members) < count:
            found.append(f"node {name}: {count} hosts are needed, the inventory has {len(members)}")
    for service, nodes in bundle.services:
        for host in zone.groups.get(nodes, ()):
            if service not in zone.hosts[host].services:
                found.append(f"service {service} on {nodes}: host {host} does not run it, says the inventory")
    return found


def _needing_a_cloud(cell: Cell) -> list[str]:
    """What of a cell a zone without OpenStack cannot have."""
    lacks = "needs OpenStack; this zone has hosts alone"
    found = [f"topology {topology.name} {lacks}" for topology in cell.topologies]
    for workload in cell.workloads:
        if driver_of(workload).needs_cloud(workload):
            found.append(f"workload {workload.name}: its driver `{workload.driver}` {lacks}")
    tenants = {one.target.topology for one in effects_of(cell.schedule) if one.target.topology}
    return found + [f"a fault on servers of topology {name} {lacks}" for name in sorted(tenants)]


def _rights_lacking(cloud: Any) -> list[str]:
    with errors("the identity service"):
        roles = cloud.session.auth.get_access(cloud.session).role_names
    if "admin" in roles:
        return []
    return [f"cloud {cloud.config.name}: its user has the roles {', '.join(roles)}; `admin` is needed"]


def _cell_differences(cloud: Any, cell: Cell) -> list[str]:
    found = []
    if cell.topologies and not cloud.has_service("orchestration"):
        found.append("the cloud has no orchestration service (Heat); topologies need it")
    for topology in cell.topologies:
        with errors("the image service"):
            found += [
                f"image {n!r} of topology {topology.name} is not there"
                for n in _lacking(cloud.image.find_image, topology.images)
            ]
        with errors("the compute service"):
            found += [
                f"flavor {n!r} of topology {topology.name} is not there"
                for n in _lacking(cloud.compute.find_flavor, topology.flavors)
            ]
    return found


def _lacking(find: Any, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if find(name, ignore_missing=True) is None]


def _prove_faults(run: Run) -> None:
    """Connect to every host that a fault could touch. Raises Failure listing everything that a fault lacks there."""
    lacks = unready(run) or lacking(run)
    if lacks:
        raise Failure(
            f"the zone {run.zone.name} lacks what the faults of {run.bundle.spec} need",
            detail="\n".join(lacks),
            mend="mend the hosts or their inventory, or take the fault out of the spec",
        )
