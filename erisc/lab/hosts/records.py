"""`hosts.json` in a lab's folder: which emulated hosts it has."""

from __future__ import annotations

import json
import os

from erisc.base.record import record
from erisc.lab.hosts.layout import EmulatedHost, Layout, Network, hosts_of, token_of
from erisc.lab.state import read, write

NAME = "hosts.json"


@record
class HostsRecord:
    """base: the first address of the lab's /22. disk: MiB that a host may write. cloud: whether the lab has OpenStack's
    services, too. controllers: how many controllers have clustered services; 0 when none has."""

    layout: Layout
    base: str
    disk: int
    cloud: bool = False
    controllers: int = 0


def read_record(folder: str) -> HostsRecord | None:
    """What the lab in `folder` has; None when it has no hosts."""
    text = read(os.path.join(folder, NAME))
    if not text:
        return None
    value = json.loads(text)
    layout = tuple((str(group), int(count)) for group, count in value["layout"])
    return HostsRecord(
        layout, str(value["base"]), int(value["disk"]), bool(value["cloud"]), int(value.get("controllers", 0))
    )


def write_record(folder: str, known: HostsRecord) -> None:
    """Note it, before anything of it is made."""
    layout = [list(entry) for entry in known.layout]
    value = {"format": 1, "layout": layout, "base": known.base, "disk": known.disk, "cloud": known.cloud}
    value |= {"controllers": known.controllers} if known.controllers else {}
    write(os.path.join(folder, NAME), json.dumps(value, indent=2) + "\n")


def network_of(folder: str, known: HostsRecord) -> Network:
    """The lab's network."""
    return Network(token_of(folder), known.base)


def emulated_hosts(folder: str) -> tuple[EmulatedHost, ...]:
    """The lab's hosts; none when it has none."""
    known = read_record(folder)
    return hosts_of(known.layout, network_of(folder, known)) if known else ()
