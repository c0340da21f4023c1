"""What a load made outside the cell's own project: users, flavors, networks of other tenants. It is found by its name.

Rally names what its scenarios and contexts make after a pattern that its configuration gives; ours has the name of the
cell's project in it, and with it the run's id. Nothing that was there before can carry it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from erisc.executor.cloud import Cloud, errors
from erisc.executor.contents import (
    delete_router,
    delete_server,
    delete_volume,
    free_port,
    reset_server,
    reset_snapshot,
    reset_volume,
)
from erisc.executor.sweeping import Sweep, clear
from erisc.executor.tenancy import clear_project, delete_user


def pattern(kind: str, project: str) -> str:
    """Rally's format of names: `s` of scenarios, `c` of contexts. Rally puts its own ids in place of the X.

    Dashes alone: some of the names become names of hosts.
    """
    return f"{kind}-{project}-XXXXXXXX-XXXXXXXX"


def delete_named(cloud: Cloud, project: str, given: dict[str, list[str]]) -> None:
    """Delete what has the project's name in its own, wherever it is, and what is `given`. Raises Failure naming what
    stays.
    """
    what = f"what was made for {project!r}"
    for kind, names in given.items():
        for name in names:
            clear(cloud, [GIVEN[kind]], name, what)
    clear(cloud, SWEEPS, f"-{project}-", what)


def given_names(cloud: Cloud, tasks: Iterable[str]) -> dict[str, list[str]]:
    """Kind to names that the contexts of Rally tasks (files) give to what they will make for all: of these, those that
    are not there yet. Raises Failure when the cloud does not answer.
    """
    wanted: dict[str, list[str]] = {}
    for task in tasks:
        for kind, name in _given(task):
            wanted.setdefault(kind, []).append(name)
    with errors("what is there before the load"):
        return {kind: [name for name in names if not GIVEN[kind].find(cloud, name)] for kind, names in wanted.items()}


def _given(task: str) -> list[tuple[str, str]]:
    with open(task, encoding="utf-8") as file:
        subtasks = json.load(file)["subtasks"]
    contexts = [(name.split("@")[0], value) for one in subtasks for name, value in one.get("contexts", {}).items()]
    return [
        (name, each["name"] if isinstance(each, dict) else each)
        for name, value in contexts
        if name in GIVEN
        for each in value
    ]


def _named(items: Iterable[Any], mark: str) -> list[Any]:
    return [item for item in items if mark in (item.name or "")]


def _delete_project(cloud: Cloud, project: Any) -> None:
    clear_project(cloud, project)
    cloud.identity.delete_project(project)


def _delete_domain(cloud: Cloud, domain: Any) -> None:
    cloud.identity.update_domain(domain, is_enabled=False)  # or keystone keeps it
    cloud.identity.delete_domain(domain)


def _delete_aggregate(cloud: Cloud, aggregate: Any) -> None:
    for host in aggregate.hosts or []:
        cloud.compute.remove_host_from_aggregate(aggregate, host)
    cloud.compute.delete_aggregate(aggregate)


def _delete_qos(cloud: Cloud, qos: Any) -> None:
    cloud.block_storage.disassociate_all_qos_spec(qos)
    cloud.block_storage.delete_qos_spec(qos)


GIVEN = {
    "flavors": Sweep(
        "compute", "flavor", lambda c, n: [x for x in c.compute.flavors(is_public="None") if x.name == n],
        lambda c, x: c.compute.delete_flavor(x)),
    "volume_types": Sweep(
        "block-storage", "volume type",
        lambda c, n: [x for x in c.block_storage.types(is_public="None") if x.name == n],
        lambda c, x: c.block_storage.delete_type(x)),
}  # fmt: skip
"""Contexts of Rally whose things have the author's own names, and belong to nobody's project."""

SWEEPS = (
    Sweep("identity", "project", lambda c, m: _named(c.identity.projects(), m), _delete_project),
    Sweep("compute", "server", lambda c, m: _named(c.compute.servers(all_projects=True), m), delete_server,
          reset_server),
    Sweep("compute", "server group", lambda c, m: _named(c.compute.server_groups(all_projects=True), m),
          lambda c, x: c.compute.delete_server_group(x)),
    Sweep("compute", "aggregate", lambda c, m: _named(c.compute.aggregates(), m), _delete_aggregate),
    Sweep("compute", "flavor", lambda c, m: _named(c.compute.flavors(is_public="None"), m),
          lambda c, x: c.compute.delete_flavor(x)),
    Sweep("image", "image", lambda c, m: _named(c.image.images(visibility="all"), m),
          lambda c, x: c.image.delete_image(x)),
    Sweep("block-storage", "backup", lambda c, m: _named(c.block_storage.backups(all_projects=True), m),
          lambda c, x: c.block_storage.delete_backup(x)),
    Sweep("block-storage", "snapshot", lambda c, m: _named(c.block_storage.snapshots(all_projects=True), m),
          lambda c, x: c.block_storage.delete_snapshot(x), reset_snapshot),
    Sweep("block-storage", "volume", lambda c, m: _named(c.block_storage.volumes(all_projects=True), m), delete_volume,
          reset_volume),
    Sweep("block-storage", "volume type", lambda c, m: _named(c.block_storage.types(is_public="None"), m),
          lambda c, x: c.block_storage.delete_type(x)),
    Sweep("block-storage", "QoS specification", lambda c, m: _named(c.block_storage.qos_specs(), m), _delete_qos),
    Sweep("network", "router", lambda c, m: _named(c.network.routers(), m), delete_router),
    Sweep("network", "port", lambda c, m: _named(filter(free_port, c.network.ports()), m),
          lambda c, x: c.network.delete_port(x)),
    Sweep("network", "subnet", lambda c, m: _named(c.network.subnets(), m), lambda c, x: c.network.delete_subnet(x)),
    Sweep("network", "network", lambda c, m: _named(c.network.networks(), m),
          lambda c, x: c.network.delete_network(x)),
    Sweep("network", "subnet pool", lambda c, m: _named(c.network.subnet_pools(), m),
          lambda c, x: c.network.delete_subnet_pool(x)),
    Sweep("network", "address scope", lambda c, m: _named(c.network.address_scopes(), m),
          lambda c, x: c.network.delete_address_scope(x)),
    Sweep("network", "security group", lambda c, m: _named(c.network.security_groups(), m),
          lambda c, x: c.network.delete_security_group(x)),
    Sweep("network", "QoS policy", lambda c, m: _named(c.network.qos_policies(), m),
          lambda c, x: c.network.delete_qos_policy(x)),
    Sweep("identity", "user", lambda c, m: _named(c.identity.users(), m), delete_user),
    Sweep("identity", "group", lambda c, m: _named(c.identity.groups(), m), lambda c, x: c.identity.delete_group(x)),
    Sweep("identity", "role", lambda c, m: _named(c.identity.roles(), m), lambda c, x: c.identity.delete_role(x)),
    Sweep("identity", "service", lambda c, m: _named(c.identity.services(), m),
          lambda c, x: c.identity.delete_service(x)),
    Sweep("identity", "domain", lambda c, m: _named(c.identity.domains(), m), _delete_domain),
)  # fmt: skip
"""In the order in which things let go of each other."""
