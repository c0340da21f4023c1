"""The drivers of erisc's own, `http`, `openstack` and `rpc`: one worker, told what it needs on standard input."""

from __future__ import annotations

import os
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.bundle import Workload
from erisc.executor.loads import Load, LoadOrder
from erisc.executor.loads.catalogue import arguments, sequence
from erisc.executor.loads.order import Order
from erisc.executor.loads.process import last_words, start
from erisc.executor.loads.task import Task, read_task
from erisc.executor.zones import Zone

WORKER = "erisc.executor.loads.worker"


class OwnDriver:
    """An entry point of `erisc.loads`."""

    def needs_cloud(self, workload: Workload) -> bool:
        """As in Driver."""
        return workload.driver == "openstack"

    def start(self, order: LoadOrder) -> Load:
        """As in Driver."""
        return start(order, ["-m", WORKER, "-"], content(order).as_dict(), last_words)


DRIVER = OwnDriver()


def content(order: LoadOrder) -> Order:
    """What the worker is told: of secrets only those that its task needs. Raises Failure when there is none."""
    task = read_task(order.workload.task)
    return Order(
        task=order.workload.task,
        iterations=os.path.join(order.raw, "iterations.jsonl"),
        run=order.mark,
        services=places(order.zone),
        values=order.task_args,
        cloud=_cloud(order, task) if task.driver == "openstack" else {},
        transport_url=_transport_url(order, task) if task.driver == "rpc" else "",
    )


def places(zone: Zone) -> dict[str, list[tuple[str, int]]]:
    """Address and port (0 where the inventory has none) of every service, host by host."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name in sorted(zone.hosts):
        host = zone.hosts[name]
        address = host.addresses[0] if host.addresses else host.address
        for service, keys in host.services.items():
            found.setdefault(service, []).append((address, int(keys.get("port", 0))))
    return found


def _cloud(order: LoadOrder, task: Task) -> dict[str, Any]:
    """How the cell's user logs in, and the admin where the operation needs it."""
    arguments("openstack", task.scenario, task.arguments)
    steps = sequence(task.scenario)
    found = {"user": _settings(order.cloud, order.user)}
    if any(one.admin for one in (*steps.before, *steps.requests, *steps.after)):
        found["admin"] = _settings(order.cloud, _admin(order.cloud, task.scenario))
    return found


def _settings(cloud: Any, user: dict[str, str]) -> dict[str, Any]:
    """What a connection of openstacksdk takes."""
    values = cloud.config.config
    names = ("username", "password", "project_name", "user_domain_name", "project_domain_name")
    return {
        "auth": {"auth_url": values["auth"]["auth_url"]} | {name: user[name] for name in names},
        "region_name": cloud.config.region_name,
        "interface": cloud.config.get_interface() or "public",
        "verify": values.get("verify", True),
        "cacert": values.get("cacert"),
    }


def _admin(cloud: Any, scenario: str) -> dict[str, str]:
    from erisc.executor.cloud import domain_name

    auth = cloud.config.config["auth"]
    if not auth.get("username") or not auth.get("password"):
        raise Failure(
            f"cloud {cloud.config.name!r} does not log in by username and password, which {scenario} needs",
            mend="give an admin user with a password in clouds.yaml",
        )
    return {
        "username": auth["username"],
        "password": auth["password"],
        "project_name": auth.get("project_name", "admin"),
        "user_domain_name": domain_name(cloud, "user"),
        "project_domain_name": domain_name(cloud, "project"),
    }


def _transport_url(order: LoadOrder, task: Task) -> str:
    """Of the first host that has it: it may itself name all hosts of a cluster."""
    service = arguments("rpc", task.scenario, task.arguments)["service"]
    for name in sorted(order.zone.hosts):
        url = order.zone.hosts[name].services.get(service, {}).get("transport_url")
        if url:
            return str(url)
    raise Failure(
        f"no host of the inventory says the transport_url of the service {service!r}",
        mend=f"add it to a host: erisc_services: {{{service}: {{transport_url: 'rabbit://USER:PASSWORD@HOST:5672/'}}}}",
    )
