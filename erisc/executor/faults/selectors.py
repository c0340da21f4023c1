"""Which hosts a fault means, picked when it strikes. Pure; the rules are in docs/formats.md, "Fault schedule"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from erisc.base.failure import Failure
from erisc.base.record import replace
from erisc.executor.schedule import Filter, Steps, Target, read_target
from erisc.executor.zones import Host, Zone

Labels = Mapping[str, Mapping[str, str]]
"""Node set to the labels that the architecture gives its hosts."""
Servers = Mapping[tuple[str, str], Sequence[str]]
"""Topology and server set to the ids of its servers, in the order of their numbers."""

OTHERS = "others"
"""As an argument: every other host of the group."""
_INSTANCE = 0x9E3779B97F4A7C15
_WORD = 2**64
SERVER = "server"
"""`connection` of the stand-in for a tenant's server: it is reached through the cloud only."""


def members(target: Target, zone: Zone, labels: Labels, servers: Servers) -> tuple[Host, ...]:
    """The hosts, sorted by name, among which the target's selector picks: those of its group whose labels fit.

    Servers of a topology come in the order of their numbers, as hosts named after their ids.
    """
    if target.topology:
        ids = servers.get((target.topology, target.nodes), ())
        return tuple(Host(each, SERVER, "", 0, "", "", {}) for each in ids)
    given = labels.get(target.nodes, {})
    hosts = (zone.hosts[name] for name in sorted(zone.groups.get(target.nodes, ())))
    return tuple(host for host in hosts if _fits({**given, **host.labels}, target.where))


def _fits(labels: Mapping[str, str], where: Sequence[Filter]) -> bool:
    """A label that a host does not have equals nothing."""
    return all((labels.get(one.label) == one.value) == (one.operator == "==") for one in where)


def wanted(target: Target, among: int) -> int:
    """How many of `among` hosts the selector takes. Raises Failure when there are too few."""
    count = {
        "one": 1, "any": target.count, "primary": 1, "all": among, "each": among,
        "minority": (among - 1) // 2, "majority": among // 2 + 1,
    }.get(target.selector)  # fmt: skip
    if count is None:
        raise Failure(f"this executor does not know the selector {target.selector!r}")
    if among == 0 or count > among:
        raise Failure(
            f"{describe(target)}: {_counted(target, among)}, {max(count, 1)} needed",
            mend="mend the zone's inventory, or the selector",
        )
    if count == 0:
        raise Failure(f"{describe(target)}: {_counted(target, among)}, of which no minority can be picked")
    return count


def _counted(target: Target, among: int) -> str:
    what = "servers" if target.topology else "hosts"
    fit = " that fit" if target.where else ""
    return f"there are {among} {what}{fit}" if among else f"there are no {what}{fit}"


def pick(target: Target, choice: int, among: Sequence[Host], primary: str = "") -> tuple[Host, ...]:
    """The hosts that are struck, in the order of `among`. choice: 64 bits. primary: the host's name, asked before.

    Raises Failure when there are too few, or when the primary is none of them.
    """
    count = wanted(target, len(among))
    if target.selector == "primary":
        found = tuple(host for host in among if host.name == primary)
        if not found:
            raise Failure(f"{describe(target)}: {primary or 'no host'} is none of {_listed(among)}")
        return found
    return tuple(among) if count == len(among) else tuple(_draw(among, count, choice))


def _draw(among: Sequence[Host], count: int, choice: int) -> list[Host]:
    """By factoradic digits: of n hosts, one is drawn by `choice mod n`, the next of the rest by what remains."""
    left = list(enumerate(among))
    drawn = []
    for _ in range(count):
        choice, index = divmod(choice, len(left))
        drawn.append(left.pop(index))
    return [host for _, host in sorted(drawn, key=lambda each: each[0])]


def choice_of(choice: int, instance: int) -> int:
    """What the strike number `instance` (from 0) of a reaction draws with."""
    return choice ^ (instance * _INSTANCE % _WORD)


def drawn(steps: Steps, instance: int) -> Steps:
    """The steps as strike `instance` of a reaction draws its hosts; see docs/formats.md."""
    return tuple(tuple(replace(effect, choice=choice_of(effect.choice, instance)) for effect in step) for step in steps)


def other_hosts(
    argument: Any, target: Target, choice: int, struck: Collection[Host], zone: Zone, labels: Labels, primary: str = ""
) -> tuple[Host, ...]:
    """Hosts that are an argument of an action: `"others"`, or picked as a target is. Never one that is struck."""
    hit = {host.name for host in struck}
    if argument == OTHERS:
        group = (zone.hosts[name] for name in sorted(zone.groups.get(target.nodes, ())))
        return tuple(host for host in group if host.name not in hit)
    asked = read_target(argument)
    picked = pick(asked, choice, members(asked, zone, labels, {}), primary)
    return tuple(host for host in picked if host.name not in hit)


def describe(target: Target) -> str:
    """`any(2, controller)`, `one(compute[az == "az1"])`, as a spec writes it."""
    where = ", ".join(f'{one.label} {one.operator} "{one.value}"' for one in target.where)
    nodes = f"{target.topology}.{target.nodes}" if target.topology else target.nodes
    nodes += f"[{where}]" if where else ""
    if target.selector == "primary":
        return f"primary({target.primary})"
    return f"any({target.count}, {nodes})" if target.selector == "any" else f"{target.selector}({nodes})"


def _listed(hosts: Sequence[Host]) -> str:
    return ", ".join(host.name for host in hosts)
