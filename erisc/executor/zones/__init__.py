"""Zones: the site a run happens on, as a cloud and hosts. Entry-point group `erisc.zones`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.base.record import fields, record

_NONE: Mapping[str, Any] = MappingProxyType({})


@record
class Host:
    """A host of the inventory.

    connection: `local` or `ssh`. key: private key file, "" for OpenSSH's own choice. ssh_args: further options
    of ssh. services: name to its manager's keys, see docs/formats.md. labels: what `where` selects by. addresses: where
    its services are reached; what network faults cut. interfaces: those that carry them, () for what the routes say.
    become: root by `sudo -n`. power: how os-faults reaches its power, empty when it cannot. prometheus: address of the
    site's Prometheus, "" when the inventory says none.
    """

    name: str
    connection: str
    address: str
    port: int
    user: str
    key: str
    services: dict[str, dict[str, Any]]
    ssh_args: str = ""
    labels: Mapping[str, str] = _NONE
    addresses: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    become: bool = False
    power: Mapping[str, Any] = _NONE
    prometheus: str = ""


def host_values(host: Host) -> dict[str, Any]:
    """The host as JSON has it: what an undo keeps. `host_of` reads it again."""
    values = {name: getattr(host, name) for name in fields(host)}
    return values | {
        "labels": dict(host.labels), "power": dict(host.power),
        "addresses": list(host.addresses), "interfaces": list(host.interfaces),
    }  # fmt: skip


def host_of(values: Mapping[str, Any]) -> Host:
    """The host that `host_values` wrote down."""
    lists = {name: tuple(values.get(name, ())) for name in ("addresses", "interfaces")}
    return Host(**{**values, **lists})


@record
class Zone:
    """cloud: its name in clouds_files (first found wins), "" where the site is hosts alone, without OpenStack. groups:
    node set to host names, sorted.
    """

    name: str
    cloud: str
    clouds_files: tuple[str, ...]
    hosts: dict[str, Host]
    groups: dict[str, tuple[str, ...]]

    @property
    def prometheus(self) -> str:
        """Address of the site's Prometheus: `erisc_prometheus` of the first host that has it, "" when none has."""
        return next((host.prometheus for host in self.hosts.values() if host.prometheus), "")


@record
class ZoneCall:
    """What the user asked for. kind: `lab` or `existing`; name: the lab's. cloud, inventory: "" when not given."""

    kind: str
    name: str
    cloud: str
    inventory: str


class OpenZone(Protocol):
    """An entry point of `erisc.zones`. Raises Failure with the mend when the zone is not there."""

    def __call__(self, call: ZoneCall) -> Zone: ...


def parse_call(zone: str, cloud: str, inventory: str) -> ZoneCall:
    """`--zone lab[:NAME]|existing --cloud … --inventory …`. Raises Failure for an unknown kind."""
    kind, _, name = zone.partition(":")
    known = entry_points("erisc.zones")
    if kind not in known:
        raise Failure(
            f"there is no zone kind {kind!r}",
            mend=f"one of: {', '.join(known)}; lab:NAME for a lab",
            exit_code=WRONG_CALL,
        )
    return ZoneCall(kind, name, cloud, inventory)


def open_zone(call: ZoneCall) -> Zone:
    """The zone that the call means. Raises Failure when it is not there."""
    opener: Any = entry_points("erisc.zones")[call.kind].load()
    zone: Zone = opener(call)
    return zone
