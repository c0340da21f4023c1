"""Faults of a tenant's servers, by the cloud's API: reboot_server, stop_server, port_down, detach_volume.

`Strike.host` stands in for the server: its name is the server's id. Before the run has made the servers there is none
to look at, so `lacks` asks only whether the cloud has the service.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.faults.protocol import Context, Strike

SERVER = 600.0
"""s that Nova may take to bring a server where it should be."""
SOON = 60.0
"""s for a port or a volume."""


class OfServer:
    """What the actions of servers share. service: the type of the service that is asked, in the catalogue."""

    strikes = "servers"

    def __init__(self, name: str, service: str = "compute") -> None:
        self.name = name
        self._service = service

    def lacks(self, strike: Strike, context: Context) -> list[str]:
        """As in CalledAction."""
        if context.cloud is None:
            return [f"{self.name} needs a cloud: this zone has hosts alone"]
        if not context.cloud.has_service(self._service):
            return [f"{self.name} needs a {self._service} service: the cloud has none"]
        return []


class RebootServer(OfServer):
    """A hard reboot: it is over by itself, and healed when the server is active."""

    def undo(self, strike: Strike, context: Context) -> dict[str, Any]:
        """As in CalledAction."""
        return {"server": _active(context.cloud, strike.host.name)}

    def inject(self, strike: Strike, context: Context) -> None:
        """As in CalledAction."""
        with _asking("the compute service"):
            context.cloud.compute.reboot_server(strike.host.name, "HARD")

    def heal(self, undo: dict[str, Any], context: Context) -> None:
        """As in CalledAction."""
        _brought_up(context.cloud, undo["server"])


class StopServer(OfServer):
    """Stopped by Nova, then started."""

    def undo(self, strike: Strike, context: Context) -> dict[str, Any]:
        """As in CalledAction."""
        return {"server": _active(context.cloud, strike.host.name)}

    def inject(self, strike: Strike, context: Context) -> None:
        """As in CalledAction."""
        cloud = context.cloud
        with _asking("the compute service"):
            cloud.compute.stop_server(strike.host.name)
        _until(
            lambda: _status(cloud, strike.host.name) == "SHUTOFF", f"server {strike.host.name} does not stop", SERVER
        )

    def heal(self, undo: dict[str, Any], context: Context) -> None:
        """As in CalledAction."""
        _brought_up(context.cloud, undo["server"])


class PortDown(OfServer):
    """The server's first port, in the order of its interfaces, loses its link."""

    def undo(self, strike: Strike, context: Context) -> dict[str, Any]:
        """As in CalledAction."""
        server = _active(context.cloud, strike.host.name)
        with _asking("the compute service"):
            ports = [each.port_id for each in context.cloud.compute.server_interfaces(server)]
        if not ports:
            raise Failure(f"server {server} has no port")
        with _asking("the network service"):
            if not context.cloud.network.get_port(ports[0]).is_admin_state_up:
                raise Failure(f"port {ports[0]} of server {server} is down already")
        return {"server": server, "port": ports[0]}

    def inject(self, strike: Strike, context: Context) -> None:
        """As in CalledAction."""
        _set_port(context.cloud, self.undo(strike, context)["port"], False)

    def heal(self, undo: dict[str, Any], context: Context) -> None:
        """As in CalledAction."""
        with _asking("the network service"):
            there = context.cloud.network.find_port(undo["port"], ignore_missing=True)
        if there is not None and not there.is_admin_state_up:
            _set_port(context.cloud, undo["port"], True)


class DetachVolume(OfServer):
    """The server's first volume that it does not boot from."""

    def undo(self, strike: Strike, context: Context) -> dict[str, Any]:
        """As in CalledAction."""
        server = _active(context.cloud, strike.host.name)
        with _asking("the compute service"):
            root = context.cloud.compute.get_server(server).root_device_name
            attached = list(context.cloud.compute.volume_attachments(server))
        usable = [each for each in attached if each.device != root]
        if not usable:
            raise Failure(f"server {server} has no volume but the one it boots from")
        first = usable[0]
        return {"server": server, "volume": first.volume_id or first.id, "device": first.device}

    def inject(self, strike: Strike, context: Context) -> None:
        """As in CalledAction."""
        cloud, undo = context.cloud, self.undo(strike, context)
        with _asking("the compute service"):
            cloud.compute.delete_volume_attachment(undo["server"], undo["volume"])
        what = f"volume {undo['volume']} does not come off server {undo['server']}"
        _until(lambda: _volume(cloud, undo["volume"]) == "available", what, SOON)

    def heal(self, undo: dict[str, Any], context: Context) -> None:
        """As in CalledAction."""
        cloud, volume = context.cloud, undo["volume"]
        if _volume(cloud, volume) == "" or _status(cloud, undo["server"]) == "":
            return
        _until(lambda: _volume(cloud, volume) in ("available", "in-use"), f"volume {volume} does not settle", SOON)
        if _volume(cloud, volume) == "available":
            with _asking("the compute service"):
                cloud.compute.create_volume_attachment(undo["server"], volume_id=volume, device=undo["device"])
        _until(lambda: _volume(cloud, volume) == "in-use", f"volume {volume} is not attached again", SOON)


def _asking(what: str) -> contextlib.AbstractContextManager[None]:
    """As `cloud.errors`; the SDK is only there where a cloud is."""
    from erisc.executor.cloud import errors

    return errors(what)


def _active(cloud: Any, server: str) -> str:
    """Its id. Raises Failure when it is not there, or not active: what a fault does to it could not be told."""
    status = _status(cloud, server)
    if status != "ACTIVE":
        raise Failure(f"server {server} is {status or 'not there'}: only an active one is struck")
    return server


def _status(cloud: Any, server: str) -> str:
    """ "" when it is gone."""
    with _asking("the compute service"):
        found = cloud.compute.find_server(server, ignore_missing=True, all_projects=True)
    return str(found.status) if found else ""


def _volume(cloud: Any, volume: str) -> str:
    with _asking("the volume service"):
        found = cloud.block_storage.find_volume(volume, ignore_missing=True, all_projects=True)
    return str(found.status) if found else ""


def _brought_up(cloud: Any, server: str) -> None:
    """Active again; a server that was deleted meanwhile is nobody's concern."""
    deadline = time.monotonic() + SERVER
    while (status := _status(cloud, server)) not in ("ACTIVE", ""):
        if status == "SHUTOFF":
            _start(cloud, server)
        if status == "ERROR" or time.monotonic() > deadline:
            raise Failure(f"server {server} is {status} and does not become active")
        time.sleep(0.5)


def _start(cloud: Any, server: str) -> None:
    """Nova refuses the order (409) where it is at it already, or just through: whoever asked looks again."""
    from openstack.exceptions import ConflictException

    with _asking("the compute service"), contextlib.suppress(ConflictException):
        cloud.compute.start_server(server)


def _set_port(cloud: Any, port: str, up: bool) -> None:
    """An agent that binds the port is waited for, for a while: there need not be one."""
    with _asking("the network service"):
        cloud.network.update_port(port, admin_state_up=up)
        deadline = time.monotonic() + 10.0
        while (cloud.network.get_port(port).status == "ACTIVE") != up and time.monotonic() < deadline:
            time.sleep(0.1)


def _until(condition: Callable[[], bool], what: str, within: float) -> None:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(what)
        time.sleep(0.2)


REBOOT_SERVER = RebootServer("reboot_server")
STOP_SERVER = StopServer("stop_server")
PORT_DOWN = PortDown("port_down", "network")
DETACH_VOLUME = DetachVolume("detach_volume", "block-storage")
