"""Configuration of Nova: API, conductor, scheduler, and the pool of emulated hypervisors."""

from __future__ import annotations

from erisc.lab.config.common import (
    Config,
    broker,
    database,
    locks,
    login,
    messaging_default,
    service_user,
    token_check,
)
from erisc.lab.ports import HOST
from erisc.lab.settings import REGION, Settings

REPORT_INTERVAL = 10
"""Seconds between two signs of life of a Nova service."""
_UNLIMITED = (
    "instances", "cores", "ram", "metadata_items", "injected_files", "injected_file_content_bytes",
    "injected_file_path_length", "key_pairs", "server_groups", "server_group_members",
)  # fmt: skip


def nova(zone: Settings) -> Config:
    """For the API, the conductor and the scheduler."""
    return {
        **_everywhere(zone),
        **database(zone, "nova_api", "api_database"),
        **database(zone, "nova"),
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": zone.shipped("nova", "api-paste.ini")},
        "quota": dict.fromkeys(_UNLIMITED, -1),
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 15},
        "filter_scheduler": {"host_subset_size": 10},
    }


def compute_pool(zone: Settings) -> Config:
    """For the hypervisors: no database sections, or Nova would look for its cells there."""
    config = {name: dict(section) for name, section in _everywhere(zone).items()}
    config["DEFAULT"] |= {
        "compute_driver": "fake.FakeDriverWithoutFakeNodes",
        "state_path": zone.path("data", "compute-pool"),
        "log_file": zone.path("log", "nova-compute.log"),
        "heal_instance_info_cache_interval": -1,
        "running_deleted_instance_poll_interval": 0,
        "update_resources_interval": 60 if zone.computes <= 20 else 600,
    }
    config["image_cache"] = {"manager_interval": -1}
    return config


def _everywhere(zone: Settings) -> Config:
    return {
        "DEFAULT": {
            **messaging_default(zone, "nova"),
            "my_ip": HOST,
            "host": "ctl",
            "report_interval": REPORT_INTERVAL if zone.computes <= 50 else 3 * REPORT_INTERVAL,
            "service_down_time": 120,
            "scheduler_instance_sync_interval": 3600,
            "sync_power_state_interval": -1,
            "reserved_host_memory_mb": 0,
            # There is no agent that would tell Nova that a port is wired.
            "vif_plugging_is_fatal": False,
            "vif_plugging_timeout": 0,
            "instances_path": zone.path("data", "nova", "instances"),
        },
        **token_check(zone, "nova"),
        **service_user(zone, "nova"),
        "placement": login(zone, "placement"),
        "glance": {"api_servers": zone.url("glance")},
        "cinder": {"catalog_info": "volumev3::publicURL", "os_region_name": REGION, **login(zone, "cinder")},
        "neutron": {"service_metadata_proxy": False, **login(zone, "neutron")},
        "vnc": {"enabled": False},
        "spice": {"enabled": False},
        "privsep_osbrick": {"helper_command": "/bin/true"},
        **locks(zone),
        **broker(),
    }
