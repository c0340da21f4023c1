"""Zones: the site a run happens on, as a cloud and hosts. Entry-point group `erisc.zones`."""

from __future__ import annotations

from typing import Any, Protocol

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.base.record import record


@record
class Host:
    """A host of the inventory.

    connection: `local` or `ssh`. key: private key file, "" for OpenSSH's own choice. ssh_args: further options
    of ssh. services: name to its manager's
    keys, see docs/formats.md.
    """

    name: str
    connection: str
    address: str
    port: int
    user: str
    key: str
    services: dict[str, dict[str, Any]]
    ssh_args: str = ""


@record
class Zone:
    """cloud: its name in clouds_files (first found wins; empty: the files openstacksdk looks in). groups: node set to
    host names, sorted.
    """

    name: str
    cloud: str
    clouds_files: tuple[str, ...]
    hosts: dict[str, Host]
    groups: dict[str, tuple[str, ...]]


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
