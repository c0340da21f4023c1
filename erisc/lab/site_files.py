"""What a zone shows of itself: clouds.yaml for clients, inventory.yaml for faults (docs/formats.md, "Site")."""

from __future__ import annotations

from typing import Any

from erisc.base import yaml_text
from erisc.lab import DEFAULT_NAME, inventories
from erisc.lab.ports import HOST
from erisc.lab.programs import API_GROUP, BASE_GROUP, RPC_GROUP
from erisc.lab.settings import REGION, Settings
from erisc.lab.state import State, write
from erisc.lab.supervisor import SOCKET

_SERVICE_NAMES = {"glance": "glance_api", "placement": "placement_api", "neutron": "neutron_api"}
_NOT_ON_THE_CONTROLLER = ("epmd", "nova-compute")


def cloud_name(lab: str) -> str:
    """The zone's name in its clouds.yaml."""
    return "erisc-lab" if lab == DEFAULT_NAME else f"erisc-lab-{lab}"


def clouds(zone: Settings) -> dict[str, Any]:
    """For openstacksdk (docs.openstack.org/openstacksdk, "Configuring OpenStack SDK Applications")."""
    auth = {
        "auth_url": zone.identity_url,
        "username": "admin",
        "password": zone.passwords["admin"],
        "project_name": "admin",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    return {"clouds": {cloud_name(zone.name): {"auth": auth, "region_name": REGION, "identity_api_version": 3}}}


def inventory(zone: Settings) -> dict[str, Any]:
    """Groups of an Ansible inventory; all hosts are this machine, told apart by the services that are theirs."""

    def program(name: str) -> dict[str, Any]:
        found = {"manager": "supervisor", "socket": zone.path(SOCKET), "program": name}
        reached = {"port": zone.ports[name.removesuffix("-api")]} if name.removesuffix("-api") in zone.ports else {}
        return found | reached | ({"transport_url": zone.broker_url} if name == "rabbitmq" else {})

    def host(services: dict[str, Any]) -> dict[str, Any]:
        return {"ansible_host": HOST, "ansible_connection": "local", "erisc_services": services}

    control = [name for name in BASE_GROUP + API_GROUP + RPC_GROUP if name not in _NOT_ON_THE_CONTROLLER]
    services = {_SERVICE_NAMES.get(name, name.replace("-", "_")): program(name) for name in control}
    computes = {name: host({"nova_compute": program("nova-compute")}) for name in zone.compute_names()}
    return {"controller": {"hosts": {"ctl": host(services)}}, "compute": {"hosts": computes}}


def write_all(state: State, zone: Settings) -> None:
    """Write clouds.yaml and inventory.yaml; both hold passwords: they are for their owner alone."""
    write(state.path("clouds.yaml"), yaml_text.dump(clouds(zone)))
    inventories.write_part(state, "cloud", inventory(zone))


def urls(zone_ports: dict[str, int]) -> dict[str, str]:
    """Address of every API."""
    roles = ("keystone", "glance", "placement", "nova", "neutron", "heat", "cinder")
    return {role: f"http://{HOST}:{zone_ports[role]}{'/v3' if role == 'keystone' else '/'}" for role in roles}
