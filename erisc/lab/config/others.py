"""Configuration of Neutron, Heat and Cinder."""

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

HEAT_DOMAIN_ADMIN = "heat_domain_admin"
HEAT_DOMAIN = "heat"
_NETWORK_QUOTAS = (
    "network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule", "subnetpool",
    "rbac_policy",
)  # fmt: skip
_VOLUME_QUOTAS = ("volumes", "snapshots", "gigabytes", "backups", "backup_gigabytes", "groups", "consistencygroups")


def neutron(zone: Settings) -> Config:
    """The API with its database; there are no agents, and no RPC workers for them."""
    return {
        "DEFAULT": {
            **messaging_default(zone, "neutron"),
            "log_file": zone.path("log", "neutron.log"),
            "core_plugin": "ml2",
            "service_plugins": "router",
            "auth_strategy": "keystone",
            "bind_host": HOST,
            "bind_port": zone.ports["neutron"],
            "rpc_workers": 0,
            "rpc_state_report_workers": 0,
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
            "api_paste_config": zone.shipped("neutron", "api-paste.ini"),
            "dns_domain": "lab.",
        },
        **database(zone, "neutron"),
        **token_check(zone, "neutron"),
        "nova": login(zone, "nova"),
        "placement": login(zone, "placement"),
        "quotas": {"default_quota": -1} | {f"quota_{name}": -1 for name in _NETWORK_QUOTAS},
        **locks(zone),
        **broker(),
    }


def ml2() -> Config:
    """Ports are bound by our own mechanism driver: every shipped one asks for an agent on the host."""
    return {
        "ml2": {
            "type_drivers": "flat,vlan,vxlan",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "erisc_zone",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": "*"},
        "ml2_type_vxlan": {"vni_ranges": "1:16000"},
        "securitygroup": {"enable_security_group": True},
    }


def heat(zone: Settings) -> Config:
    """API and engine; software deployments and wait conditions have no endpoint in this zone."""
    return {
        "DEFAULT": {
            **messaging_default(zone, "heat"),
            "num_engine_workers": 1,
            "auth_encryption_key": zone.passwords["heat_key"],
            "stack_domain_admin": HEAT_DOMAIN_ADMIN,
            "stack_domain_admin_password": zone.passwords["heat_domain"],
            "stack_user_domain_name": HEAT_DOMAIN,
            "region_name_for_services": REGION,
            "max_stacks_per_tenant": -1,
            "max_resources_per_stack": -1,
            "convergence_engine": True,
            "environment_dir": zone.shipped("heat", "environment.d"),
            "template_dir": zone.shipped("heat", "templates"),
        },
        **database(zone, "heat"),
        "paste_deploy": {"api_paste_config": zone.shipped("heat", "api-paste.ini")},
        "heat_api": {"bind_host": HOST, "bind_port": zone.ports["heat"], "workers": 1},
        "clients": {"endpoint_type": "publicURL"},
        "clients_keystone": {"auth_uri": zone.identity_url},
        "trustee": login(zone, "heat"),
        **token_check(zone, "heat"),
        **locks(zone),
        **broker(),
    }


def cinder(zone: Settings) -> Config:
    """One back end that keeps volumes in the database only; `default_volume_type` stays unset (empty gives 500)."""
    quotas = {f"quota_{name}": -1 for name in _VOLUME_QUOTAS}
    return {
        "DEFAULT": {
            **messaging_default(zone, "cinder"),
            "my_ip": HOST,
            "host": "cinder-1",
            "enabled_backends": "fake",
            "report_interval": 5,
            "service_down_time": 120,
            "api_paste_config": zone.shipped("cinder", "api-paste.ini"),
            "resource_query_filters_file": zone.shipped("cinder", "resource_filters.json"),
            "rootwrap_config": zone.shipped("cinder", "rootwrap.conf"),
            "glance_api_servers": zone.url("glance"),
            "osapi_volume_listen": HOST,
            "osapi_volume_listen_port": zone.ports["cinder"],
            "auth_strategy": "keystone",
            "per_volume_size_limit": -1,
            **quotas,
        },
        "fake": {
            "volume_driver": "cinder.tests.fake_driver.FakeLoggingVolumeDriver",
            "volume_backend_name": "fake",
        },
        "coordination": {"backend_url": f"file://{zone.path('data', 'cinder', 'coord')}"},
        **database(zone, "cinder"),
        **token_check(zone, "cinder"),
        "nova": login(zone, "nova"),
        **service_user(zone, "cinder"),
        **locks(zone),
        **broker(),
    }
