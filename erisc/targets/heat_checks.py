"""What Heat would refuse or, worse, deploy as something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from erisc.compiler.diagnostics import Diagnostic, Label
from erisc.compiler.plan import Placement, Router, Span, TenantNetwork, TenantServer, Topology
from erisc.targets.names import MOST_SERVERS, check_name, closest, group_name, outputs, shown

_LOOPBACK = (127 << 24, 128 << 24)
_MULTICAST = 224 << 24
"""Neutron makes no subnet of loopback and multicast addresses."""

_TAKEN = 4
"""Addresses that no server gets: the network's, the broadcast, the gateway's, the DHCP server's."""

_CIDR = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})/(\d{1,2})\Z", re.ASCII)


def check_topology(topology: Topology, built: frozenset[str] = frozenset()) -> tuple[Diagnostic, ...]:
    """Everything that keeps a topology from becoming a template; nothing when it can.

    built: names of images that have to be built first.
    """
    found = [*check_name("topology", topology.name, topology.span)]
    for network in topology.networks:
        found += check_name("network", network.name, network.span)
        found += _check_cidr(network)
    for server in topology.servers:
        found += check_name("server", server.name, server.span)
        found += _check_server(server, topology)
        found += _check_image(server, built)
    for router in topology.routers:
        found += check_name("router", router.name, router.span)
        found += _check_router(router, topology)
    found += _check_placements(topology)
    if not found:
        found += _check_unique(topology)
        found += _check_overlap(topology)
        found += _check_room(topology)
    return tuple(found)


def address_range(cidr: str) -> tuple[int, int] | None:
    """First and last address of an IPv4 network as integers; None when it is none that Neutron takes."""
    match = _CIDR.match(cidr)
    if match is None:
        return None
    *octets, bits = (int(part) for part in match.groups())
    if max(octets) > 255 or not 1 <= bits <= 30 or match[0] != "{}.{}.{}.{}/{}".format(*octets, bits):
        return None
    first = int.from_bytes(bytes(octets), "big")
    size = 1 << (32 - bits)
    if first % size or first >= _MULTICAST or (first < _LOOPBACK[1] and first + size > _LOOPBACK[0]):
        return None
    return first, first + size - 1


def _check_cidr(network: TenantNetwork) -> Iterator[Diagnostic]:
    if address_range(network.cidr) is None:
        summary = f"{shown(network.cidr)} is not the range of an IPv4 network"
        yield Diagnostic(
            "E0511",
            summary,
            network.span,
            help='write it like "10.20.0.0/24": no host bits, /1 to /30, no loopback or multicast',
        )


def _check_server(server: TenantServer, topology: Topology) -> Iterator[Diagnostic]:
    if not 1 <= server.count <= MOST_SERVERS:
        summary = f"{server.count} servers {shown(server.name)} cannot be deployed"
        yield Diagnostic("E0514", summary, server.span, help=f"between 1 and {MOST_SERVERS} are possible")
    if not server.networks:
        summary = f"the server {shown(server.name)} is on no network"
        yield Diagnostic("E0516", summary, server.span, help="give it `networks`")
    known = tuple(network.name for network in topology.networks)
    for name in server.networks:
        if name not in known:
            summary = f"topology {shown(topology.name)} has no network {shown(name)}"
            hint = closest(name, known) or "declare it in the topology, with its cidr"
            yield Diagnostic("E0512", summary, server.span, help=hint)


def _check_image(server: TenantServer, built: frozenset[str]) -> Iterator[Diagnostic]:
    if server.image in built:
        summary = f"the image {shown(server.image)} has to be built, and nothing builds it yet"
        hint = f'"{server.image}-of-may", a string, means an image that the cloud has'
        yield Diagnostic("E0518", summary, server.span, help=hint)


def _check_router(router: Router, topology: Topology) -> Iterator[Diagnostic]:
    known = tuple(network.name for network in topology.networks)
    for name in router.connects:
        if name not in known:
            summary = f"topology {shown(topology.name)} has no network {shown(name)}"
            hint = closest(name, known) or "declare it in the topology, with its cidr"
            yield Diagnostic("E0512", summary, router.span, help=hint)
        first = next(one for one in topology.routers if name in one.connects)
        if first is not router:
            label = Label(first.span, f"{first.name} connects it, too")
            summary = f"network {shown(name)} is on two routers"
            yield Diagnostic("E0520", summary, router.span, labels=(label,), help="connect it to one of them")


def policy(placement: Placement, topology: Topology) -> str:
    """The policy of a server group that says the same, "" when none does."""
    count = sum(server.count for server in topology.servers if server.name in placement.servers)
    single = count <= 2  # one pair, or at most two servers
    return {
        "single_room": "anti-affinity",
        "best_effort": "soft-anti-affinity",
        "double_room": "affinity" if single else "",
        "mixed_room": "anti-affinity" if single else "",
    }.get(placement.accommodation, "")


def _check_placements(topology: Topology) -> Iterator[Diagnostic]:
    placed: dict[str, Span] = {}
    for placement in topology.placements:
        if not policy(placement, topology):
            summary = f"`{placement.accommodation}` of these servers cannot be promised by server groups"
            hint = "use `single_room` or `best_effort`, or place single pairs"
            yield Diagnostic("E0519", summary, placement.span, help=hint)
        for name in placement.servers:
            if name in placed:
                label = Label(placed[name], "here, too")
                summary = f"server {shown(name)} is placed twice: a server is in one group"
                yield Diagnostic("E0519", summary, placement.span, labels=(label,), help="leave one of them out")
            placed.setdefault(name, placement.span)


def _check_unique(topology: Topology) -> Iterator[Diagnostic]:
    taken: dict[str, Span] = {}
    others: list[tuple[str, TenantNetwork | Router | Placement]] = []
    others += [(f"{network.name}_subnet", network) for network in topology.networks]
    for router in topology.routers:
        others += [(name, router) for name in (router.name, *(f"{router.name}_{one}" for one in router.connects))]
    others += [(group_name(placement), placement) for placement in topology.placements]
    for name, owner in [*outputs(topology), *others]:
        if name in taken:
            label = Label(taken[name], f"`{name}` comes from here, too")
            summary = f"two resources or outputs of topology {topology.name} are called `{name}`"
            yield Diagnostic("E0513", summary, owner.span, labels=(label,), help="rename one of the two")
        taken.setdefault(name, owner.span)


def _check_overlap(topology: Topology) -> Iterator[Diagnostic]:
    ranges = sorted((address_range(network.cidr) or (0, 0), network.name, network) for network in topology.networks)
    for (left, _, one), (right, _, other) in pairwise(ranges):
        if right[0] <= left[1]:
            summary = f"networks {one.name} ({one.cidr}) and {other.name} ({other.cidr}) overlap"
            label = Label(one.span, f"{one.cidr} is taken here")
            yield Diagnostic("E0515", summary, other.span, labels=(label,), help="give them ranges that do not overlap")


def _check_room(topology: Topology) -> Iterator[Diagnostic]:
    for network in topology.networks:
        first, last = address_range(network.cidr) or (0, 0)
        users = [server for server in topology.servers if network.name in server.networks]
        wanted = sum(server.count * server.networks.count(network.name) for server in users)
        room = last - first + 1 - _TAKEN
        if wanted > room:
            summary = f"{wanted} servers do not fit into {network.cidr}, which has room for {room}"
            labels = tuple(Label(server.span, f"{server.count} from here") for server in users)
            yield Diagnostic("E0517", summary, network.span, labels=labels, help="give the network a wider range")
