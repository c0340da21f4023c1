"""What a project of the cloud may hold, and how it is deleted from inside."""

from __future__ import annotations

from typing import Any

from erisc.executor.cloud import Cloud
from erisc.executor.sweeping import Sweep, clear


def empty(inside: Cloud, project_id: str, name: str) -> None:
    """Delete all that is in the project. inside: the admin, scoped to it. Raises Failure naming what does not go."""
    clear(inside, SWEEPS, project_id, f"project {name!r}")


def drop_default_group(cloud: Cloud, project_id: str) -> None:
    """From outside the project, as the last look into it: neutron makes it anew whenever somebody looks from inside."""
    if cloud.has_service("network"):
        for group in cloud.network.security_groups(project_id=project_id):
            cloud.network.delete_security_group(group)


def delete_server(cloud: Cloud, server: Any) -> None:
    """Unless it is on its way."""
    if getattr(server, "task_state", "") != "deleting":
        cloud.compute.delete_server(server, ignore_missing=True)


def reset_server(cloud: Cloud, server: Any) -> None:
    """Delete one whose deletion nobody carries out."""
    cloud.compute.reset_server_state(server, "error")
    cloud.compute.delete_server(server, ignore_missing=True)


def delete_volume(cloud: Cloud, volume: Any) -> None:
    """In any state."""
    if volume.status.startswith("error") or volume.status in ("creating", "downloading", "uploading"):
        cloud.block_storage.reset_volume_status(volume, "error", None, None)
    if volume.status != "deleting":
        cloud.block_storage.delete_volume(volume, ignore_missing=True)


def reset_volume(cloud: Cloud, volume: Any) -> None:
    """Delete one whose deletion nobody carries out."""
    cloud.block_storage.reset_volume_status(volume, "error", None, None)
    cloud.block_storage.delete_volume(volume, ignore_missing=True)


def reset_snapshot(cloud: Cloud, snapshot: Any) -> None:
    """Delete one whose deletion nobody carries out."""
    cloud.block_storage.reset_snapshot_status(snapshot, "error")
    cloud.block_storage.delete_snapshot(snapshot, ignore_missing=True)


def delete_router(cloud: Cloud, router: Any) -> None:
    """With its interfaces, which would keep it."""
    for port in cloud.network.ports(device_id=router.id):
        if port.device_owner.startswith("network:router_interface"):
            cloud.network.remove_interface_from_router(router, port_id=port.id)
    cloud.network.delete_router(router, ignore_missing=True)


def free_port(port: Any) -> bool:
    """No part of a router or a server, which would take it along."""
    return not port.device_owner.startswith(("network:", "compute:"))


def _delete_stack(cloud: Cloud, stack: Any) -> None:
    if not stack.status.startswith("DELETE_IN"):
        cloud.orchestration.delete_stack(stack, ignore_missing=True)


SWEEPS = (
    Sweep("orchestration", "stack", lambda c, p: c.orchestration.stacks(), _delete_stack,
          lambda c, x: c.orchestration.delete_stack(x, ignore_missing=True)),
    Sweep("compute", "server", lambda c, p: c.compute.servers(details=True), delete_server, reset_server),
    Sweep("compute", "server group", lambda c, p: c.compute.server_groups(),
          lambda c, x: c.compute.delete_server_group(x)),
    Sweep("image", "image", lambda c, p: c.image.images(owner=p), lambda c, x: c.image.delete_image(x)),
    Sweep("block-storage", "backup", lambda c, p: c.block_storage.backups(),
          lambda c, x: c.block_storage.delete_backup(x)),
    Sweep("block-storage", "snapshot", lambda c, p: c.block_storage.snapshots(),
          lambda c, x: c.block_storage.delete_snapshot(x), reset_snapshot),
    Sweep("block-storage", "volume", lambda c, p: c.block_storage.volumes(), delete_volume, reset_volume),
    Sweep("network", "floating ip", lambda c, p: c.network.ips(project_id=p), lambda c, x: c.network.delete_ip(x)),
    Sweep("network", "router", lambda c, p: c.network.routers(project_id=p), delete_router),
    Sweep("network", "port", lambda c, p: filter(free_port, c.network.ports(project_id=p)),
          lambda c, x: c.network.delete_port(x)),
    Sweep("network", "subnet", lambda c, p: c.network.subnets(project_id=p), lambda c, x: c.network.delete_subnet(x)),
    Sweep("network", "network", lambda c, p: c.network.networks(project_id=p),
          lambda c, x: c.network.delete_network(x)),
    Sweep("network", "security group",
          lambda c, p: [group for group in c.network.security_groups(project_id=p) if group.name != "default"],
          lambda c, x: c.network.delete_security_group(x)),
)  # fmt: skip
"""In the order in which things let go of each other."""
