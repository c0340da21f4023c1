"""A service on a host, ready to be hurt and healed; and which hosts a fault means."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.faults.connections import Connection, connect
from erisc.executor.faults.managers import Manager, manager_of
from erisc.executor.faults.processes import Process, Table, alive, read_table, tree
from erisc.executor.schedule import Effect
from erisc.executor.zones import Host, Zone, host_of, host_values

T = TypeVar("T")


@record
class Service:
    """name on the host that `connection` reaches."""

    name: str
    connection: Connection
    manager: Manager

    @property
    def about(self) -> str:
        """`rabbitmq on ctl`."""
        return f"{self.name} on {self.connection.host.name}"

    def living(self, table: Table | None = None) -> list[Process]:
        """The processes of the service, parents first, without zombies: empty when it is down. table: the host's, when
        it has just been read."""
        pids = self.manager.pids()
        table = read_table(self.connection) if table is None or not set(pids) <= table.keys() else table
        return [process for process in tree(table, pids) if alive(process)]

    def arguments(self) -> dict[str, Any]:
        """All that an undo needs to find this service again, without the inventory."""
        host = self.connection.host
        return {"service": self.name, "host": host_values(host) | {"services": {self.name: host.services[self.name]}}}


class Hosts:
    """Connections to the hosts of a zone, one each. sockets: a private directory with a short path."""

    def __init__(self, sockets: str) -> None:
        self._sockets = sockets
        self._open: dict[str, Connection] = {}

    def service(self, host: Host, name: str) -> Service:
        """Raises Failure when the host does not run such a service."""
        if name not in host.services:
            listed = ", ".join(host.services) or "none"
            raise Failure(f"host {host.name} has no service {name!r}; the inventory lists: {listed}")
        if host.name not in self._open:
            self._open[host.name] = connect(host, self._sockets)
        connection = self._open[host.name]
        return Service(name, connection, manager_of(connection, name, host.services[name]))

    def from_arguments(self, arguments: dict[str, Any]) -> Service:
        """The service that `Service.arguments` described."""
        return self.service(host_of(arguments["host"]), arguments["service"])

    def open(self) -> None:
        """Connect to all hosts now, so that a fault need not."""
        on_all(list(self._open.values()), lambda connection: connection.open())

    def close(self) -> None:
        """Let go of all hosts."""
        on_all(list(self._open.values()), lambda connection: connection.close())
        self._open.clear()


def chosen_hosts(effect: Effect, zone: Zone) -> list[Host]:
    """The hosts that the effect's selector means on this zone; see docs/formats.md, "Fault schedule".

    `one` takes index choice mod n of the group sorted by name. `any` takes `count` hosts: by factoradic digits of the
    choice, so that the same choice gives the same hosts. Raises Failure when the zone has too few.
    """
    target = effect.target
    members = [zone.hosts[name] for name in zone.groups.get(target.nodes, ())]
    wanted = {"one": 1, "any": target.count, "all": len(members)}.get(target.selector)
    if wanted is None:
        raise Failure(f"this executor does not know the selector {target.selector!r}")
    if not members or wanted > len(members):
        raise Failure(
            f"{effect.action}: group {target.nodes!r} of the zone has {len(members)} hosts, {wanted or 1} needed"
        )
    if target.selector == "all":
        return members
    return _draw(members, wanted, effect.choice)


def _draw(members: list[Host], wanted: int, choice: int) -> list[Host]:
    left = list(members)
    drawn = []
    for _ in range(wanted):
        choice, index = divmod(choice, len(left))
        drawn.append(left.pop(index))
    return sorted(drawn, key=lambda host: host.name)


def on_all(items: list[T], act: Callable[[T], object]) -> None:
    """Act on all at the same time. Raises the first failure, after all have been tried."""
    if len(items) == 1:
        act(items[0])
        return
    with ThreadPoolExecutor(max_workers=max(len(items), 1)) as pool:
        for future in [pool.submit(act, item) for item in items]:
            future.result()
