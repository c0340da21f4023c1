"""Heat: a HOT template for every topology (heat_template_version 2018-08-31, OpenStack Rocky and later)."""

from __future__ import annotations

from typing import Any

from erisc.base import yaml_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Placement, Plan, Router, TenantNetwork, TenantServer, Topology
from erisc.targets.heat_checks import check_topology, policy
from erisc.targets.names import gateway, group_name, server_names
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
            "Router": "lowered to OS::Neutron::Router and an OS::Neutron::RouterInterface for every network",
            "Placement": "lowered to OS::Nova::ServerGroup where its policies can say it",
            "Image": "refused: nothing builds it yet",
            "TenantNetwork": "lowered to OS::Neutron::Net and OS::Neutron::Subnet",
            "TenantServer": "lowered to one OS::Nova::Server each, with an OS::Neutron::FloatingIP over a gateway",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        found: dict[Diagnostic, None] = {}
        seen: dict[Topology, bytes] = {}
        built = frozenset(image.name for image in plan.images)
        for cell, topology in _all(plan):
            if topology not in seen:
                diagnostics = check_topology(topology, built)
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
    for router in topology.routers:
        resources |= _router(router)
    for placement in topology.placements:
        resources[group_name(placement)] = _group(placement, topology)
    for server in topology.servers:
        for name in server_names(server):
            resources |= _servers(name, server, topology)
            outputs[name] = _output(f"id of server {name}", {"get_resource": name})
            outputs[f"{name}_addresses"] = _output(f"first address of server {name}", _address(name, server))
            if gateway(server, topology):
                floating = {"get_attr": [f"{name}_floating", "floating_ip_address"]}
                outputs[f"{name}_floating"] = _output(f"floating address of server {name}", floating)
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


def _router(router: Router) -> dict[str, Any]:
    gateway = {"properties": {"external_gateway_info": {"network": router.gateway}}} if router.gateway else {}
    interfaces = {
        f"{router.name}_{network}": {
            "type": "OS::Neutron::RouterInterface",
            "properties": {"router": {"get_resource": router.name}, "subnet": {"get_resource": f"{network}_subnet"}},
        }
        for network in router.connects
    }
    return {router.name: {"type": "OS::Neutron::Router", **gateway}, **interfaces}


def _group(placement: Placement, topology: Topology) -> dict[str, Any]:
    return {"type": "OS::Nova::ServerGroup", "properties": {"policies": [policy(placement, topology)]}}


def _servers(name: str, server: TenantServer, topology: Topology) -> dict[str, Any]:
    """The server, and its floating address when it has one."""
    found = gateway(server, topology)
    written = _server(server, found[0] if found else "", f"{name}_floating")
    for placement in topology.placements:
        if server.name in placement.servers:
            written["properties"]["scheduler_hints"] = {"group": {"get_resource": group_name(placement)}}
    if found is None:
        return {name: written}
    network, router, external = found
    # Neutron gives an address only where a router leads to the external network already.
    floating = {
        "type": "OS::Neutron::FloatingIP",
        "depends_on": [f"{router}_{network}"],
        "properties": {"floating_network": external},
    }
    return {f"{name}_floating": floating, name: written}


def _server(server: TenantServer, floating_on: str, floating: str) -> dict[str, Any]:
    # Nova would find a network without its subnet and boot a server that has no address.
    return {
        "type": "OS::Nova::Server",
        "depends_on": [f"{network}_subnet" for network in server.networks],
        "properties": {
            "image": server.image,
            "flavor": server.flavor,
            # Heat's default carries heat-cfntools, which needs a CloudFormation endpoint that few clouds still have.
            "user_data_format": "RAW",
            "networks": [_nic(network, floating if network == floating_on else "") for network in server.networks],
        },
    }


def _nic(network: str, floating: str) -> dict[str, Any]:
    if not floating:
        return {"network": {"get_resource": network}}
    # Only with the subnet does Heat make the port itself, and knows what to give the floating address to.
    subnet = {"get_resource": f"{network}_subnet"}
    return {"network": {"get_resource": network}, "subnet": subnet, "floating_ip": {"get_resource": floating}}


def _address(name: str, server: TenantServer) -> dict[str, Any]:
    # Heat's own `first_address` is hidden, and takes any network when there are several.
    return {"get_attr": [name, "networks", {"get_resource": server.networks[0]}, 0]}


def _output(description: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "value": value}


def _marks(topology: Topology) -> tuple[Mark, ...]:
    marks = [Mark("", topology.span)]
    for network in topology.networks:
        marks += [Mark(f"/resources/{name}", network.span) for name in (network.name, f"{network.name}_subnet")]
    for router in topology.routers:
        names = (router.name, *(f"{router.name}_{network}" for network in router.connects))
        marks += [Mark(f"/resources/{name}", router.span) for name in names]
    marks += [Mark(f"/resources/{group_name(one)}", one.span) for one in topology.placements]
    for server in topology.servers:
        marks += [Mark(f"/resources/{name}", server.span) for name in server_names(server)]
    return tuple(marks)
