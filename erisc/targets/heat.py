"""Heat: a HOT template for every topology (heat_template_version 2018-08-31, OpenStack Rocky and later)."""

from __future__ import annotations

from typing import Any

from erisc.base import yaml_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Plan, TenantNetwork, TenantServer, Topology
from erisc.targets.heat_checks import check_topology
from erisc.targets.names import server_names
from erisc.targets.protocol import Files, Mark

VERSION = "2018-08-31"


@record
class HeatTarget:
    """Emits `cells/<id>/heat/<topology>.yaml`."""

    name: str = "heat"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Topology": "supported",
            "Router": "refused: not yet",
            "Placement": "refused: not yet",
            "Image": "refused: not yet",
            "TenantNetwork": "lowered to OS::Neutron::Net and OS::Neutron::Subnet",
            "TenantServer": "lowered to one OS::Nova::Server each",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        found: dict[Diagnostic, None] = {}
        seen: dict[Topology, bytes] = {}
        for cell, topology in _all(plan):
            if topology not in seen:
                diagnostics = check_topology(topology)
                found.update(dict.fromkeys(diagnostics))
                seen[topology] = b"" if diagnostics else yaml_text.dump(template(topology)).encode()
            files[_path(cell, topology)] = seen[topology]
        return ({}, tuple(found)) if found else (files, ())

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {_path(cell, topology): _marks(topology) for cell, topology in _all(plan)}


TARGET = HeatTarget()


def template(topology: Topology) -> dict[str, Any]:
    """The HOT template of a topology that `check_topology` found nothing wrong with."""
    resources: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for network in topology.networks:
        resources |= _network(network)
        outputs[network.name] = _output(f"id of network {network.name}", {"get_resource": network.name})
    for server in topology.servers:
        for name in server_names(server):
            resources[name] = _server(server)
            outputs[name] = _output(f"id of server {name}", {"get_resource": name})
            outputs[f"{name}_addresses"] = _output(f"first address of server {name}", _address(name, server))
    written: dict[str, Any] = {"heat_template_version": VERSION, "description": f"topology {topology.name}"}
    if resources:
        written |= {"resources": resources, "outputs": outputs}
    return written


def _all(plan: Plan) -> list[tuple[Cell, Topology]]:
    return [(cell, topology) for cell in plan.cells for topology in cell.topologies]


def _path(cell: Cell, topology: Topology) -> str:
    return f"cells/{cell.id}/heat/{topology.name}.yaml"


def _network(network: TenantNetwork) -> dict[str, Any]:
    subnet = {"network": {"get_resource": network.name}, "cidr": network.cidr, "ip_version": 4}
    return {
        network.name: {"type": "OS::Neutron::Net"},
        f"{network.name}_subnet": {"type": "OS::Neutron::Subnet", "properties": subnet},
    }


def _server(server: TenantServer) -> dict[str, Any]:
    # Nova would find a network without its subnet and boot a server that has no address.
    return {
        "type": "OS::Nova::Server",
        "depends_on": [f"{network}_subnet" for network in server.networks],
        "properties": {
            "image": server.image,
            "flavor": server.flavor,
            # Heat's default carries heat-cfntools, which needs a CloudFormation endpoint that few clouds still have.
            "user_data_format": "RAW",
            "networks": [{"network": {"get_resource": network}} for network in server.networks],
        },
    }


def _address(name: str, server: TenantServer) -> dict[str, Any]:
    # Heat's own `first_address` is hidden, and takes any network when there are several.
    return {"get_attr": [name, "networks", {"get_resource": server.networks[0]}, 0]}


def _output(description: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "value": value}


def _marks(topology: Topology) -> tuple[Mark, ...]:
    marks = [Mark("", topology.span)]
    for network in topology.networks:
        marks += [Mark(f"/resources/{name}", network.span) for name in (network.name, f"{network.name}_subnet")]
    for server in topology.servers:
        marks += [Mark(f"/resources/{name}", server.span) for name in server_names(server)]
    return tuple(marks)
