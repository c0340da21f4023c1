"""A piece of private address space that collides with nothing this machine knows of."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from erisc.base.failure import Failure
from erisc.base.home import labs_home
from erisc.lab.hosts.records import read_record

Net = ipaddress.IPv4Network
_POOLS = ("10.77.0.0/16", "172.30.0.0/16", "192.168.128.0/17")


def choose(folder: str) -> str:
    """The first address of a free /22. folder: the lab's own, whose addresses are no obstacle. Raises Failure when
    there is none."""
    taken = [*_of_machine(), *_of_labs(folder)]
    free = next((net for net in candidates() if not collides(net, taken)), None)
    if free is None:
        raise Failure(
            "no private network of 1024 addresses is free on this machine", mend="`erisc lab wipe` labs without use"
        )
    return str(free.network_address)


def is_free(base: str, folder: str) -> bool:
    """Whether a lab that is down may take its addresses up again."""
    return not collides(Net(f"{base}/22"), [*_of_machine(), *_of_labs(folder)])


def candidates() -> Iterator[Net]:
    """Every /22 of the pools, in order."""
    for pool in _POOLS:
        yield from Net(pool).subnets(new_prefix=22)


def collides(net: Net, taken: Iterable[Net]) -> bool:
    """Whether `net` overlaps something more narrow than a default route."""
    return any(net.overlaps(other) for other in taken if other.prefixlen)


def _of_machine() -> list[Net]:
    found = []
    for route in _ip("route", "show", "table", "all"):
        if (destination := str(route.get("dst", "default"))) != "default":
            found.append(destination)
    for link in _ip("address"):
        found += [f"{each['local']}/{each['prefixlen']}" for each in link["addr_info"] if each["family"] == "inet"]
    return [Net(text, strict=False) for text in found]


def _of_labs(folder: str) -> list[Net]:
    """The addresses of all other labs, also of those that are down."""
    home = labs_home()
    others = [os.path.join(home, name) for name in (os.listdir(home) if os.path.isdir(home) else [])]
    records = [read_record(other) for other in others if other != folder]
    return [Net(f"{known.base}/22") for known in records if known]


def _ip(*words: str) -> list[dict[str, Any]]:
    done = subprocess.run(["ip", "-4", "-j", *words], capture_output=True, text=True, check=False)
    return list(json.loads(done.stdout or "[]"))
