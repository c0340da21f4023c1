"""Many nova-compute services in one process: real ComputeManagers over Nova's own fake driver.

usage: python -m erisc_zone.compute_pool HOST[,HOST…] --config-file compute.conf

A process per host costs 142 MB, a host in here 0.5 MB. Three things of Nova are made per host instead of per process:
the node's identity, the lock around its resources, and the room for its service thread.
"""

from __future__ import annotations

import sys

HOSTS = sys.argv[1].split(",")
sys.argv = ["nova-compute", *sys.argv[2:]]

import nova.monkey_patch  # noqa: E402  # eventlet, before anything else

# isort: split
import functools  # noqa: E402
import shlex  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import nova.utils  # noqa: E402
from oslo_concurrency import lockutils  # noqa: E402

_upstream_synchronized = nova.utils.synchronized


def synchronized(name: str, *args: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Nova's decorator, with the one process-wide `compute_resources` lock made a lock per host."""
    if name != "compute_resources":
        decorator: Callable[[Callable[..., Any]], Callable[..., Any]] = _upstream_synchronized(name, *args, **options)
        return decorator

    def per_host(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inner(self: Any, *inner_args: Any, **inner_options: Any) -> Any:
            with lockutils.lock(f"nova-compute_resources-{self.host}", fair=True):
                return function(self, *inner_args, **inner_options)

        return inner

    return per_host


# Before the import of the resource tracker, which decorates with it.
nova.utils.synchronized = synchronized

# isort: split
import eventlet  # noqa: E402
import nova.conf  # noqa: E402
import nova.db.main.api  # noqa: E402
import os_brick  # noqa: E402
import os_vif  # noqa: E402
from nova import conductor, config, context, objects, service, utils  # noqa: E402
from nova.compute import rpcapi as compute_rpcapi  # noqa: E402
from nova.conductor import rpcapi as conductor_rpcapi  # noqa: E402
from nova.objects import base as objects_base  # noqa: E402
from nova.servicegroup import api as servicegroup  # noqa: E402
from nova.virt import fake, node  # noqa: E402
from oslo_log import log as logging  # noqa: E402
from oslo_privsep import priv_context  # noqa: E402
from oslo_service import service as oslo_service  # noqa: E402

CONF = nova.conf.CONF
_NAMESPACE = uuid.UUID("5f0e3a52-0000-4000-8000-000000000000")


def node_id(name: str) -> str:
    """The identity of a node: the same after every restart, or Nova refuses to start."""
    return str(uuid.uuid5(_NAMESPACE, name))


def _nodenames_by_uuid(self: Any, refresh: bool = False) -> dict[str, str]:
    return {node_id(name): name for name in self.get_available_nodes()}


def _available_resource(self: Any, nodename: str) -> dict[str, Any]:
    found: dict[str, Any] = fake.FakeDriver.get_available_resource(self, nodename)
    return found | {"uuid": node_id(nodename)} if found else found


def _ready_already(self: Any, *args: Any, **options: Any) -> None:
    """The conductor has answered before."""


def _prepare() -> None:
    """What nova.cmd.compute does before it starts its one service."""
    config.parse_args(sys.argv)
    logging.setup(CONF, "nova")
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    objects.register_all()
    os_brick.setup(CONF)
    os_vif.initialize()
    nova.db.main.api.DISABLE_DB_ACCESS = True
    objects_base.NovaObject.indirection_api = conductor_rpcapi.ConductorAPI()
    objects.Service.enable_min_version_cache()
    # Once for all hosts, and with short patience: a call sent before the conductor listens is lost.
    conductor.API().wait_until_ready(context.get_admin_context(), early_timeout=1, early_attempts=120)
    conductor.API.wait_until_ready = _ready_already
    # The first sign of life at once; Nova waits five seconds with it.
    servicegroup.INITIAL_REPORTING_DELAY = 0
    fake.FakeDriverWithoutFakeNodes.get_nodenames_by_uuid = _nodenames_by_uuid
    fake.FakeDriverWithoutFakeNodes.get_available_resource = _available_resource
    if node.read_local_node_uuid() is None:
        # Nova's guard against a changed host wants the file that the driver would have written.
        node.write_local_node_uuid(node_id("pool"))


def main() -> None:
    """Start a service per host and wait until the process is told to end."""
    _prepare()
    launcher = oslo_service.ServiceLauncher(CONF, restart_method="mutate")
    # oslo.service's thread group holds ten: the eleventh service would never start.
    launcher.services.tg.pool.resize(len(HOSTS) + 10)
    for host in HOSTS:
        made = service.Service.create(binary="nova-compute", topic=compute_rpcapi.RPC_TOPIC, host=host)
        launcher.launch_service(made)
        eventlet.sleep(0)
    launcher.wait()


if __name__ == "__main__":
    main()
