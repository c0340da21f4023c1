"""A Keystone project and user per cell: all that a run makes in the cloud lives there, and goes with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from erisc.base.failure import Failure
from erisc.executor import contents
from erisc.executor.cloud import Cloud, domain_name, errors, in_project

ROLES = ("member", "heat_stack_owner", "creator", "load-balancer_member")
"""Roles of an ordinary user, given where the cloud has them. `member` must be there."""


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
            clear_project(cloud, project)
        user = cloud.identity.find_user(name)
        if user is not None:
            delete_user(cloud, user)
        if project is not None:
            cloud.identity.delete_project(project)


def clear_project(cloud: Cloud, project: Any) -> None:
    """Delete everything in a project, and what the services remember of it. Raises Failure naming what does not go."""
    contents.empty(scoped(cloud, project.id), project.id, project.name)
    contents.drop_default_group(cloud, project.id)
    _reset_quotas(cloud, project.id)


def delete_user(cloud: Cloud, user: Any) -> None:
    """With their key pairs, which nova keeps for users that are gone."""
    if cloud.has_service("compute"):
        for pair in cloud.compute.keypairs(user_id=user.id):
            cloud.compute.delete_keypair(pair, user_id=user.id)
    cloud.identity.delete_user(user)


def scoped(cloud: Cloud, project_id: str) -> Cloud:
    """The admin inside the project; it gets the role again, should a crash have come before the grant."""
    admin = next(role for role in cloud.identity.roles() if role.name == "admin")
    user = cloud.identity.get_user(cloud.current_user_id)
    cloud.identity.assign_project_role_to_user(cloud.identity.get_project(project_id), user, admin)
    return in_project(cloud, project_id)
