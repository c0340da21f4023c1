"""The drivers of erisc's own, `http`, `openstack` and `rpc`: one worker, told what it needs on standard input."""

from __future__ import annotations

import os
from typing import Any

from erisc.executor.loads import LoadOrder
from erisc.executor.loads.order import Order
from erisc.executor.loads.process import LoadProcess, last_words, start
from erisc.executor.zones import Zone

WORKER = "erisc.executor.loads.worker"


class OwnDriver:
    """An entry point of `erisc.loads`."""

    def start(self, order: LoadOrder) -> LoadProcess:
        """As in Driver."""
        return start(order, ["-m", WORKER, "-"], _content(order), last_words)


def _content(order: LoadOrder) -> dict[str, Any]:
    return Order(
        task=order.workload.task,
        iterations=os.path.join(order.raw, "iterations.jsonl"),
        run=order.mark,
        services=places(order.zone),
        values=order.task_args,
        cloud={},
        transport_url="",
    ).as_dict()


def places(zone: Zone) -> dict[str, list[tuple[str, int]]]:
    """Address and port (0 where the inventory has none) of every service, host by host."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name in sorted(zone.hosts):
        host = zone.hosts[name]
        address = host.addresses[0] if host.addresses else host.address
        for service, keys in host.services.items():
            found.setdefault(service, []).append((address, int(keys.get("port", 0))))
    return found


DRIVER = OwnDriver()
