"""Which hosts a lab has, and where each of them is. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import re

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record

MOST = 200
"""Hosts of one lab: what its management network has room for."""
RACKS = 2
_FIRST = 11
"""The last byte of the first host's address; 1 is the machine's own."""
_GROUP = re.compile(r"[a-z][a-z0-9_]{0,31}")

Layout = tuple[tuple[str, int], ...]
"""Groups and how many hosts each has, in the order in which they are numbered."""


@record
class EmulatedHost:
    """One host. number: from 0 in its lab. rack: from 1. data, management: its addresses, without the prefix length."""

    name: str
    group: str
    number: int
    rack: int
    data: str
    management: str


@record
class Network:
    """A lab's addresses: a /22 of its own. token: six letters that name its interfaces on the machine."""

    token: str
    base: str

    @property
    def fabric(self) -> str:
        """The network namespace of the bridges."""
        return f"erisc-{self.token}"

    def uplinks(self) -> tuple[tuple[str, str, str], ...]:
        """The machine's own interfaces: name, its peer's name in the fabric, and address with prefix length.

        One is in the management network, for log-ins; one in the data network, for clients of the hosts' services.
        """
        management = ipaddress.IPv4Address(self.base) + 1
        return (
            (f"erm-{self.token}", "uplink", f"{management}/24"),
            (f"erd-{self.token}", "clients", f"{management + 512}/23"),
        )

    @property
    def management_prefix(self) -> str:
        """The management network, a /24."""
        return f"{ipaddress.IPv4Address(self.base)}/24"

    @property
    def data_prefix(self) -> str:
        """The data network, a /23: one broadcast domain over both racks."""
        return f"{ipaddress.IPv4Address(self.base) + 512}/23"

    def management(self, number: int) -> str:
        """A host's address in the management network."""
        return str(ipaddress.IPv4Address(self.base) + _FIRST + number)

    def data(self, number: int, rack: int) -> str:
        """A host's address in the data network; its third byte tells the rack."""
        return str(ipaddress.IPv4Address(self.base) + 512 + 256 * (rack - 1) + _FIRST + number)


def token_of(folder: str) -> str:
    """Of a lab's folder: what tells its interfaces and namespaces from other labs'."""
    return hashlib.sha256(folder.encode()).hexdigest()[:6]


def parse_layout(text: str, *, with_cloud: bool, controllers: int = 0) -> Layout:
    """`4`, or `controller=3,compute=2,generators=2`. Raises Failure for what is neither, or too many.

    A bare number makes controllers (one, from five hosts on three) and computes. Beside a cloud, whose controller and
    computes are groups already, it makes as many hosts of a group `hosts`. controllers: how many the lab is to have, 0
    for no matter; a number counts them too, groups need not name them.
    """
    if text.isdigit():
        layout = _default(int(text), with_cloud, controllers)
    else:
        layout = _with_controllers(tuple(_entry(part) for part in text.split(",")), controllers)
    total = sum(count for _, count in layout)
    if not 1 <= total <= MOST:
        raise Failure(f"a lab has 1 to {MOST} hosts, not {total}", exit_code=WRONG_CALL)
    if len({group.removesuffix("s") for group, _ in layout}) < len(layout):
        raise Failure(f"{text!r} names a group twice", exit_code=WRONG_CALL)
    return layout


def _with_controllers(layout: Layout, controllers: int) -> Layout:
    named = dict(layout).get("controller")
    if controllers and named is None:
        return (("controller", controllers), *layout)
    if controllers and named != controllers:
        raise Failure(
            f"--controllers {controllers} and {named} hosts of the group controller contradict each other",
            mend="name the number once",
            exit_code=WRONG_CALL,
        )
    return layout


def _default(count: int, with_cloud: bool, controllers: int) -> Layout:
    if controllers > count:
        raise Failure(f"{count} hosts cannot have {controllers} controllers among them", exit_code=WRONG_CALL)
    if controllers:
        computes = (("compute", count - controllers),) if count > controllers else ()
        return (("controller", controllers), *computes)
    if with_cloud or count < 2:
        return (("hosts" if with_cloud else "controller", count),)
    controllers = 3 if count >= 5 else 1
    return (("controller", controllers), ("compute", count - controllers))


def _entry(text: str) -> tuple[str, int]:
    group, equals, count = text.strip().partition("=")
    if not equals or not _GROUP.fullmatch(group) or not count.isdigit() or not int(count):
        raise Failure(
            f"{text!r} does not say which hosts",
            mend="give a number, or groups such as controller=3,compute=2,generators=2",
            exit_code=WRONG_CALL,
        )
    return group, int(count)


def layout_text(layout: Layout) -> str:
    """As `parse_layout` reads it."""
    return ",".join(f"{group}={count}" for group, count in layout)


def hosts_of(layout: Layout, network: Network) -> tuple[EmulatedHost, ...]:
    """Every host: `controller-1`, …, dealt to the racks in turn, so that each group is in both."""
    found: list[EmulatedHost] = []
    for group, count in layout:
        for place in range(count):
            number = len(found)
            rack = 1 + place % RACKS
            name = f"{group.removesuffix('s').replace('_', '-')}-{place + 1}"
            addresses = (network.data(number, rack), network.management(number))
            found.append(EmulatedHost(name, group, number, rack, *addresses))
    return tuple(found)
