"""Keystone's first content, in one process and without a running Keystone.

usage: python -m erisc_zone.seed_identity keystone.conf < seed.json

`keystone-manage bootstrap`, then users, roles and the catalogue; done through
Keystone's own managers. Everything is looked up before it is made, so that it can be run again at any point.
"""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

import keystone.conf
from keystone.cmd import bootstrap
from keystone.common import provider_api, sql
from oslo_log import log

CONF = keystone.conf.CONF
API = provider_api.ProviderAPIs


def first_admin(password: str, region: str) -> str:
    """Domain, roles, region, project and user `admin`; returns the project's id."""
    start = bootstrap.Bootstrapper()
    start.admin_password = password
    start.admin_username = "admin"
    start.project_name = "admin"
    start.admin_role_name = "admin"
    start.region_id = region
    start.bootstrap()
    return str(start.project_id)


def domain(name: str) -> str:
    """The id of a domain."""
    for found in API.resource_api.list_domains():
        if found["name"] == name:
            return str(found["id"])
    made = uuid.uuid4().hex
    API.resource_api.create_domain(made, {"id": made, "name": name, "enabled": True})
    return made


def project(name: str) -> str:
    """The id of a project of the default domain."""
    for found in API.resource_api.list_projects_in_domain("default"):
        if found["name"] == name:
            return str(found["id"])
    made = uuid.uuid4().hex
    new = {"id": made, "name": name, "domain_id": "default", "enabled": True, "description": "", "parent_id": "default"}
    API.resource_api.create_project(made, new)
    return made


def user(name: str, password: str, domain_id: str) -> str:
    """The id of a user, who has that password afterwards."""
    for found in API.identity_api.list_users(domain_scope=domain_id):
        if found["name"] == name:
            API.identity_api.update_user(found["id"], {"password": password})
            return str(found["id"])
    new = {"name": name, "password": password, "domain_id": domain_id, "enabled": True}
    return str(API.identity_api.create_user(new)["id"])


def roles(*names: str) -> dict[str, str]:
    """Ids of all roles by name; the named ones are made when they lack."""
    known = {role["name"]: str(role["id"]) for role in API.role_api.list_roles()}
    for name in names:
        if name not in known:
            known[name] = uuid.uuid4().hex
            API.role_api.create_role(known[name], {"id": known[name], "name": name})
    return known


def grant(user_id: str, project_id: str, role_id: str) -> None:
    """Give a role on a project, unless it is given."""
    if role_id not in API.assignment_api.get_roles_for_user_and_project(user_id, project_id):
        API.assignment_api.add_role_to_user_and_project(user_id, project_id, role_id)


def service_users(passwords: dict[str, str], role: dict[str, str]) -> None:
    """A user per service, with admin and service roles on the project `service`."""
    home = project("service")
    for name, password in passwords.items():
        made = user(name, password, "default")
        grant(made, home, role["admin"])
        grant(made, home, role["service"])
        if name == "nova":
            # Nova reads what belongs to the whole system.
            API.assignment_api.create_system_grant_for_user(made, role["reader"])


def heat_domain(name: str, admin: str, password: str, role: dict[str, str]) -> None:
    """The domain in which Heat keeps the users of stacks, and its administrator."""
    home = domain(name)
    made = user(admin, password, home)
    API.assignment_api.create_grant(role["admin"], user_id=made, domain_id=home)


def catalogue(services: list[dict[str, str]], region: str) -> None:
    """Each service with three endpoints of one address, which is corrected when it has moved."""
    known = {item["type"]: item["id"] for item in API.catalog_api.list_services()}
    for service in services:
        service_id = known.get(service["type"]) or uuid.uuid4().hex
        if service["type"] not in known:
            new = {"id": service_id, "type": service["type"], "name": service["name"], "enabled": True}
            API.catalog_api.create_service(service_id, new)
        _endpoints(service_id, service["url"], region)


def _endpoints(service_id: str, url: str, region: str) -> None:
    known = {item["interface"]: item for item in API.catalog_api.list_endpoints() if item["service_id"] == service_id}
    for interface in ("public", "internal", "admin"):
        if interface not in known:
            made = uuid.uuid4().hex
            new = {"id": made, "interface": interface, "region_id": region, "service_id": service_id, "url": url}
            API.catalog_api.create_endpoint(made, new | {"enabled": True})
        elif known[interface]["url"] != url:
            API.catalog_api.update_endpoint(known[interface]["id"], {"url": url})


def main() -> None:
    """Read what to seed from standard input; see `erisc.lab.identity` for its form."""
    wanted: dict[str, Any] = json.load(sys.stdin)
    keystone.conf.configure()
    sql.initialize()
    log.register_options(CONF)
    CONF(args=[], project="keystone", default_config_files=[sys.argv[1]])
    # Errors belong to this helper's own log, which is what it prints.
    CONF.set_override("log_file", None)
    CONF.set_override("use_stderr", True)
    keystone.conf.setup_logging()
    admin_project = first_admin(wanted["admin_password"], wanted["region"])
    role = roles("service", "heat_stack_owner", "heat_stack_user")
    service_users(wanted["service_passwords"], role)
    admin = next(item for item in API.identity_api.list_users(domain_scope="default") if item["name"] == "admin")
    grant(admin["id"], admin_project, role["heat_stack_owner"])
    heat_domain(wanted["heat_domain"], wanted["heat_domain_admin"], wanted["heat_domain_password"], role)
    catalogue(wanted["services"], wanted["region"])


if __name__ == "__main__":
    main()
