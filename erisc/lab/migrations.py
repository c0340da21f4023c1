"""How each service makes its tables. What is kept of them in the cache is known by this file's digest."""

from __future__ import annotations

MIGRATIONS = {
    "keystone": ("keystone-manage --config-file {etc}/keystone/keystone.conf db_sync",),
    "nova": (
        "nova-manage --config-file {etc}/nova/nova.conf api_db sync",
        "nova-manage --config-file {etc}/nova/nova.conf db sync",
    ),
    "neutron": (
        "neutron-db-manage --config-file {etc}/neutron/neutron.conf --config-file {etc}/neutron/ml2_conf.ini "
        "upgrade heads",
    ),
    "glance": ("glance-manage --config-file {etc}/glance/glance-api.conf db_sync",),
    "placement": ("placement-manage --config-file {etc}/placement/placement.conf db sync",),
    "heat": ("heat-manage --config-file {etc}/heat/heat.conf db_sync",),
    "cinder": ("cinder-manage --config-file {etc}/cinder/cinder.conf db sync",),
}
"""Service -> commands, one after the other; `{etc}` is the folder of configurations. Services go side by side."""
