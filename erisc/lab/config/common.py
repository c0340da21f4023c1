"""Sections that the services' configurations share, and how a configuration is written."""

from __future__ import annotations

from collections.abc import Mapping

from erisc.lab.ports import HOST
from erisc.lab.settings import REGION, Settings

Section = Mapping[str, object]
Config = Mapping[str, Section]

RPC_TIMEOUT = 60
"""Seconds that a service waits for the answer to a remote call (oslo.messaging's own default)."""


def render(config: Config) -> str:
    """oslo.config's ini form; booleans in lower case. Raises ValueError for a value that would break its line."""
    lines: list[str] = []
    for name, section in config.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_value(value)}" for key, value in section.items()]
        lines.append("")
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if "\n" in text:
        raise ValueError(f"a configuration value must be one line: {text!r}")
    # oslo.config substitutes $name, so a literal dollar is doubled (docs.openstack.org/oslo.config, "Option Value
    # Interpolation").
    return text.replace("$", "$$")


def messaging_default(zone: Settings, service: str) -> dict[str, object]:
    """The [DEFAULT] options of every service that talks over the broker."""
    return {
        "transport_url": zone.broker_url,
        "rpc_response_timeout": RPC_TIMEOUT,
        "state_path": zone.path("data", service),
        "use_stderr": False,
    }


def broker() -> dict[str, Section]:
    """A broker that comes back is found again within seconds; notifications go nowhere."""
    return {
        "oslo_messaging_rabbit": {
            "heartbeat_timeout_threshold": 60,
            "heartbeat_in_pthread": False,
            "kombu_reconnect_delay": 1.0,
            "rabbit_retry_interval": 1,
            "rabbit_retry_backoff": 1,
            "rabbit_interval_max": 5,
        },
        "oslo_messaging_notifications": {"driver": "noop"},
    }


def locks(zone: Settings) -> dict[str, Section]:
    """Where services keep their lock files."""
    return {"oslo_concurrency": {"lock_path": zone.path("lock")}}


def database(zone: Settings, name: str, section: str = "database") -> dict[str, Section]:
    """Connection to one database; a database that is down is tried again for ever."""
    options = {"connection": zone.database_url(name), "max_pool_size": 10, "max_overflow": 20, "max_retries": -1}
    return {section: options}


def login(zone: Settings, user: str) -> dict[str, object]:
    """keystoneauth's options of a service user."""
    return {
        "auth_url": zone.identity_url,
        "auth_type": "password",
        "project_domain_id": "default",
        "user_domain_id": "default",
        "project_name": "service",
        "username": user,
        "password": zone.passwords[user],
        "region_name": REGION,
    }


def token_check(zone: Settings, user: str) -> dict[str, Section]:
    """keystonemiddleware's options; without memcached every token would cost 200 to 300 ms to check."""
    return {
        "keystone_authtoken": {
            "www_authenticate_uri": zone.identity_url,
            "service_token_roles_required": True,
            "service_token_roles": "service",
            "memcached_servers": f"{HOST}:{zone.ports['memcached']}",
            "token_cache_time": 300,
            **login(zone, user),
        }
    }


def service_user(zone: Settings, user: str) -> dict[str, Section]:
    """Long operations outlive the user's token because the service sends its own beside it."""
    return {"service_user": {"send_service_user_token": True, **login(zone, user)}}
