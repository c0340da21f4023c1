"""Every configuration file of a zone, as text by its path under `etc/`. Pure."""

from __future__ import annotations

from erisc.lab.config import apis, nova, others
from erisc.lab.config.common import render
from erisc.lab.ports import HOST
from erisc.lab.settings import BROKER_USER, Settings

FOLDERS = (
    "data/glance/images", "data/glance/staging", "data/glance/tasks", "data/nova/instances", "data/neutron",
    "data/heat", "data/cinder/coord", "data/keystone", "data/compute-pool",
)  # fmt: skip
"""What the services expect to be there, under the lab's folder."""


def files(zone: Settings) -> dict[str, str]:
    """Path under `etc/` -> text."""
    configs = {
        "keystone/keystone.conf": apis.keystone(zone),
        "glance/glance-api.conf": apis.glance(zone),
        "placement/placement.conf": apis.placement(zone),
        "nova/nova.conf": nova.nova(zone),
        "nova/nova-api.conf": {"DEFAULT": {"log_file": zone.path("log", "nova-api.log")}},
        "nova/compute.conf": nova.compute_pool(zone),
        "neutron/neutron.conf": others.neutron(zone),
        "neutron/ml2_conf.ini": others.ml2(),
        "heat/heat.conf": others.heat(zone),
        "cinder/cinder.conf": others.cinder(zone),
    }
    return {path: render(config) for path, config in configs.items()} | {
        "rabbitmq/rabbitmq.conf": _rabbitmq(zone),
        "rabbitmq/enabled_plugins": "[].\n",
    }


def _rabbitmq(zone: Settings) -> str:
    """RabbitMQ's own form (rabbitmq.com/docs/configure, `sysctl` format)."""
    options = {
        "default_user": BROKER_USER,
        "default_pass": zone.passwords["rabbitmq"],
        "listeners.tcp.1": f"{HOST}:{zone.ports['rabbitmq']}",
        "vm_memory_high_watermark.absolute": "2GB",
        "disk_free_limit.absolute": "50MB",
    }
    return "".join(f"{name} = {value}\n" for name, value in options.items())
