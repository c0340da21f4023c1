"""Keystone's first content: what `zone_side/seed_identity.py` is told."""

from __future__ import annotations

import base64
import hashlib
import json
import os

from erisc.lab import tasks
from erisc.lab.config.others import HEAT_DOMAIN, HEAT_DOMAIN_ADMIN
from erisc.lab.settings import REGION, SERVICE_USERS, Settings
from erisc.lab.state import State, read, write

_CATALOGUE = (
    ("keystone", "identity", "/v3"),
    ("glance", "image", ""),
    ("placement", "placement", ""),
    ("nova", "compute", "/v2.1"),
    ("neutron", "network", ""),
    ("heat", "orchestration", "/v1/%(tenant_id)s"),
    ("cinder", "volumev3", "/v3/%(project_id)s"),
)
"""Service (and the role of its port), type, and the path of its endpoints."""


def wanted(zone: Settings) -> str:
    """The seed as JSON: users with their passwords, and the catalogue with this zone's addresses."""
    services = [{"name": name, "type": kind, "url": zone.url(name, path)} for name, kind, path in _CATALOGUE]
    return json.dumps(
        {
            "admin_password": zone.passwords["admin"],
            "service_passwords": {user: zone.passwords[user] for user in SERVICE_USERS},
            "heat_domain": HEAT_DOMAIN,
            "heat_domain_admin": HEAT_DOMAIN_ADMIN,
            "heat_domain_password": zone.passwords["heat_domain"],
            "region": REGION,
            "services": services,
        }
    )


def digest(zone: Settings) -> str:
    """Changes when the seed does: other ports, other passwords."""
    return hashlib.sha256(wanted(zone).encode()).hexdigest()[:16]


def make_keys(state: State) -> None:
    """The first keys of tokens and of credentials; those that are there stay (`keystone-manage fernet_setup`).

    A Fernet key is 32 random bytes in URL-safe base64 (github.com/fernet/spec); `0` is the next, `1` the present one.
    """
    for folder in ("fernet-keys", "credential-keys"):
        for name in ("0", "1"):
            path = state.path("data", "keystone", folder, name)
            if not read(path):
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                write(path, base64.urlsafe_b64encode(os.urandom(32)).decode())


def seed(state: State, zone: Settings, variables: dict[str, str], crew: tasks.Crew) -> None:
    """Fill Keystone; may be repeated."""
    command = [zone.tool("python"), "-m", "erisc_zone.seed_identity", zone.path("etc", "keystone", "keystone.conf")]
    crew.run(state, "seed-identity", command, variables, stdin=wanted(zone))
