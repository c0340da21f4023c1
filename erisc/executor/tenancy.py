"""A Keystone project and user per cell: all that a run makes in the cloud lives there, and goes with it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from openstack import exceptions as sdk_errors

from erisc.base.failure import Failure
from erisc.executor.cloud import BusyError, Cloud, domain_name, errors, in_project

ROLES = ("member", "heat_stack_owner", "creator", "load-balancer_member")
"""Roles of an ordinary user, given where the cloud has them. `member` must be there."""

GONE = 240.0
"""s that the deletion of a project's contents may take."""
STUCK = 20.0
"""s after which a deletion is taken for lost, with the broker that carried it, and is begun anew."""
_POLL = 1.0


def project_name(run: str, cell: str) -> str:
    """Also the user's name."""
    return f"erisc-{run}-{cell}"


def create(cloud: Cloud, name: str) -> dict[str, str]:
    """Make the project and its user, with quotas off: the load, not a quota, is to meet the limits. The admin gets a
    role in the project as well, so that cleaning up needs no password but its own.

    Returns the user for Rally: username, password, project_name and domain names.
    """
    password = secrets.token_urlsafe(24)
    with errors(f"project {name!r} cannot be made"):
        user_domain = cloud.identity.find_domain(domain_name(cloud, "user"), ignore_missing=False)
        domain = cloud.identity.find_domain(domain_name(cloud, "project"), ignore_missing=False)
        project = cloud.identity.create_project(name=name, domain_id=domain.id, description="made by erisc run")
        user = cloud.identity.create_user(
            name=name, domain_id=user_domain.id, password=password, default_project_id=project.id
        )
        _grant(cloud, project, user)
        _lift_quotas(cloud, project.id)
    return {
        "username": name,
        "password": password,
        "project_name": name,
        "user_domain_name": user_domain.name,
        "project_domain_name": domain.name,
    }


def _grant(cloud: Cloud, project: Any, user: Any) -> None:
    roles = {role.name: role for role in cloud.identity.roles()}
    if "member" not in roles:
        raise Failure("the cloud has no role `member`", mend="create it: `openstack role create member`")
    for name in ROLES:
        if name in roles:
            cloud.identity.assign_project_role_to_user(project, user, roles[name])
    admin = cloud.identity.get_user(cloud.current_user_id)
    cloud.identity.assign_project_role_to_user(project, admin, roles["admin"])


def _lift_quotas(cloud: Cloud, project_id: str) -> None:
    unlimited: dict[str, Callable[[], Any]] = {
        "compute": lambda: cloud.set_compute_quotas(
            project_id, instances=-1, cores=-1, ram=-1, server_groups=-1, key_pairs=-1
        ),
        "network": lambda: cloud.set_network_quotas(
            project_id, network=-1, subnet=-1, port=-1, router=-1, floatingip=-1, security_group=-1,
            security_group_rule=-1,
        ),
        "block-storage": lambda: cloud.set_volume_quotas(
            project_id, volumes=-1, gigabytes=-1, snapshots=-1, backups=-1
        ),
    }  # fmt: skip
    for service, lift in unlimited.items():
        if cloud.has_service(service):
            lift()


def _reset_quotas(cloud: Cloud, project_id: str) -> None:
    resets = {
        "compute": cloud.delete_compute_quotas,
        "network": cloud.delete_network_quotas,
        "block-storage": cloud.delete_volume_quotas,
    }
    for service, reset in resets.items():
        if cloud.has_service(service):
            reset(project_id)


def delete(cloud: Cloud, name: str) -> None:
    """Delete everything in the project, then user and project; wait until it is gone. No error when it is not there.

    Raises Failure naming what would not go.
    """
    with errors(f"project {name!r} cannot be deleted"):
        project = cloud.identity.find_project(name)
        if project is not None:
            empty(cloud, project.id, name)
            _drop_default_group(cloud, project.id)
            _reset_quotas(cloud, project.id)
        user = cloud.identity.find_user(name)
        if user is not None:
            cloud.identity.delete_user(user)
        if project is not None:
            cloud.identity.delete_project(project)


def empty(cloud: Cloud, project_id: str, name: str) -> None:
    """Delete what is in the project, over and over until a look finds nothing: a request may still be under way."""
    inside = scoped(cloud, project_id)
    deadline = time.monotonic() + GONE
    asked: dict[str, float] = {}
    while left := _look(inside, project_id, name, asked):
        if time.monotonic() > deadline:
            raise Failure(f"project {name!r} still holds {', '.join(left)}", mend="run `erisc heal` on the run again")
        time.sleep(_POLL)


def _look(inside: Cloud, project_id: str, name: str, asked: dict[str, float]) -> list[str]:
    try:
        with errors(f"project {name!r}"):
            return _sweep(inside, project_id, asked)
    except BusyError as error:
        return [error.what]


def scoped(cloud: Cloud, project_id: str) -> Cloud:
    """The admin inside the project; it gets the role again, should a crash have come before the grant."""
    admin = next(role for role in cloud.identity.roles() if role.name == "admin")
    user = cloud.identity.get_user(cloud.current_user_id)
    cloud.identity.assign_project_role_to_user(cloud.identity.get_project(project_id), user, admin)
    return in_project(cloud, project_id)


def _sweep(inside: Cloud, project_id: str, asked: dict[str, float]) -> list[str]:
    """Ask for the deletion of everything once. Returns what was there.

    asked: when the deletion of each thing was first asked for, by its id; noted here.
    """
    found = []
    for service, kind, list_all, delete_one in SWEEPS:
        if not inside.has_service(service):
            continue
        for item in list_all(inside, project_id):
            found.append(f"{kind} {getattr(item, 'name', None) or item.id}")
            if time.monotonic() - asked.setdefault(item.id, time.monotonic()) > STUCK and kind in RESETS:
                del asked[item.id]
                _delete_one(inside, item, RESETS[kind])
            else:
                _delete_one(inside, item, delete_one)
    return found


def _delete_one(inside: Cloud, item: Any, delete_one: Callable[[Cloud, Any], None]) -> None:
    try:
        delete_one(inside, item)
    except (sdk_errors.ConflictException, sdk_errors.BadRequestException, sdk_errors.NotFoundException):
        return  # in use by what is on its way out, or gone: the next look will tell


def _delete_server(cloud: Cloud, server: Any) -> None:
    if getattr(server, "task_state", "") != "deleting":
        cloud.compute.delete_server(server, ignore_missing=True)


def _delete_volume(cloud: Cloud, volume: Any) -> None:
    if volume.status.startswith("error") or volume.status in ("creating", "downloading", "uploading"):
        cloud.block_storage.reset_volume_status(volume, "error", None, None)
    if volume.status != "deleting":
        cloud.block_storage.delete_volume(volume, ignore_missing=True)


def _reset_server(cloud: Cloud, server: Any) -> None:
    cloud.compute.reset_server_state(server, "error")
    cloud.compute.delete_server(server, ignore_missing=True)


def _reset_snapshot(cloud: Cloud, snapshot: Any) -> None:
    cloud.block_storage.reset_snapshot_status(snapshot, "error")
    cloud.block_storage.delete_snapshot(snapshot, ignore_missing=True)


def _reset_volume(cloud: Cloud, volume: Any) -> None:
    cloud.block_storage.reset_volume_status(volume, "error", None, None)
    cloud.block_storage.delete_volume(volume, ignore_missing=True)


RESETS: dict[str, Callable[[Cloud, Any], None]] = {
    "server": _reset_server,
    "snapshot": _reset_snapshot,
    "volume": _reset_volume,
}
"""Deletes what says of itself that it is being deleted, though nobody does: the cloud's own API refuses to."""


def _delete_router(cloud: Cloud, router: Any) -> None:
    for port in cloud.network.ports(device_id=router.id):
        if port.device_owner.startswith("network:router_interface"):
            cloud.network.remove_interface_from_router(router, port_id=port.id)
    cloud.network.delete_router(router, ignore_missing=True)


def _free_ports(cloud: Cloud, project: str) -> list[Any]:
    return [
        p for p in cloud.network.ports(project_id=project) if not p.device_owner.startswith(("network:", "compute:"))
    ]


def _own_groups(cloud: Cloud, project: str) -> list[Any]:
    """Without the default one: neutron makes it anew whenever somebody looks from inside the project."""
    return [group for group in cloud.network.security_groups(project_id=project) if group.name != "default"]


def _drop_default_group(cloud: Cloud, project_id: str) -> None:
    """From outside the project, as the last look into it."""
    if cloud.has_service("network"):
        for group in cloud.network.security_groups(project_id=project_id):
            cloud.network.delete_security_group(group)


def _stacks(cloud: Cloud, project: str) -> list[Any]:
    return [stack for stack in cloud.orchestration.stacks() if not stack.status.startswith("DELETE_IN")]


SWEEPS: tuple[tuple[str, str, Callable[[Cloud, str], Iterable[Any]], Callable[[Cloud, Any], None]], ...] = (
    ("orchestration", "stack", _stacks, lambda c, x: c.orchestration.delete_stack(x, ignore_missing=True)),
    ("compute", "server", lambda c, p: c.compute.servers(details=True), _delete_server),
    ("compute", "server group", lambda c, p: c.compute.server_groups(), lambda c, x: c.compute.delete_server_group(x)),
    ("image", "image", lambda c, p: c.image.images(owner=p), lambda c, x: c.image.delete_image(x)),
    ("block-storage", "backup", lambda c, p: c.block_storage.backups(), lambda c, x: c.block_storage.delete_backup(x)),
    ("block-storage", "snapshot", lambda c, p: c.block_storage.snapshots(),
     lambda c, x: c.block_storage.delete_snapshot(x)),
    ("block-storage", "volume", lambda c, p: c.block_storage.volumes(), _delete_volume),
    ("network", "floating ip", lambda c, p: c.network.ips(project_id=p), lambda c, x: c.network.delete_ip(x)),
    ("network", "router", lambda c, p: c.network.routers(project_id=p), _delete_router),
    ("network", "port", _free_ports, lambda c, x: c.network.delete_port(x)),
    ("network", "subnet", lambda c, p: c.network.subnets(project_id=p), lambda c, x: c.network.delete_subnet(x)),
    ("network", "network", lambda c, p: c.network.networks(project_id=p), lambda c, x: c.network.delete_network(x)),
    ("network", "security group", _own_groups, lambda c, x: c.network.delete_security_group(x)),
)  # fmt: skip
"""(service, kind, list, delete), in the order in which things let go of each other."""
