"""Configuration of Keystone, Glance and Placement."""

from __future__ import annotations

from erisc.lab.config.common import Config, broker, database, locks, messaging_default, token_check
from erisc.lab.ports import HOST
from erisc.lab.settings import Settings


def keystone(zone: Settings) -> Config:
    """Fernet tokens, cached in memcached; few password rounds, for users that live for minutes."""
    keys = zone.path("data", "keystone", "fernet-keys")
    return {
        "DEFAULT": {"log_file": zone.path("log", "keystone.log"), "use_stderr": False},
        **database(zone, "keystone"),
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": keys},
        "fernet_receipts": {"key_repository": keys},
        "credential": {"key_repository": zone.path("data", "keystone", "credential-keys")},
        "identity": {"password_hash_rounds": 4},
        "cache": {
            "enabled": True,
            "backend": "dogpile.cache.pymemcache",
            "memcache_servers": f"{HOST}:{zone.ports['memcached']}",
        },
    }


def glance(zone: Settings) -> Config:
    """Images in a folder of the lab."""
    data = zone.path("data", "glance")
    return {
        "DEFAULT": {
            **messaging_default(zone, "glance"),
            "log_file": zone.path("log", "glance.log"),
            "bind_host": HOST,
            "bind_port": zone.ports["glance"],
            "workers": 1,
            "enabled_backends": "file:file",
            "worker_self_reference_url": zone.url("glance"),
        },
        **database(zone, "glance"),
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": f"{data}/images"},
        "os_glance_staging_store": {"filesystem_store_datadir": f"{data}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{data}/tasks"},
        **token_check(zone, "glance"),
        "paste_deploy": {"flavor": "keystone", "config_file": zone.shipped("glance", "glance-api-paste.ini")},
        **locks(zone),
        **broker(),
    }


def placement(zone: Settings) -> Config:
    """Placement needs its database and Keystone, nothing else."""
    return {
        "DEFAULT": {"log_file": zone.path("log", "placement.log"), "use_stderr": False},
        "api": {"auth_strategy": "keystone"},
        **database(zone, "placement", "placement_database"),
        **token_check(zone, "placement"),
    }
