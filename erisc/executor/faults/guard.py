"""Wrong targets are impossible: the executor's own host, and hosts that the inventory does not list, are refused."""

from __future__ import annotations

import os
import threading

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.faults.channel import Channels
from erisc.executor.faults.selectors import SERVER
from erisc.executor.zones import Host, Zone

_LOOK = "cat /proc/sys/kernel/random/boot_id && readlink /proc/self/ns/pid && readlink /proc/self/ns/net"


@record
class Identity:
    """Boot id, and the namespaces (namespaces(7)) in which commands of a host run."""

    boot: str
    pid: str
    net: str


class Guard:
    """Looks at every host once."""

    def __init__(self, zone: Zone, channels: Channels) -> None:
        self._zone = zone
        self._channels = channels
        self._lock = threading.Lock()
        self._known: dict[str, Identity] = {}

    def check(self, host: Host, service: str) -> None:
        """Raises Failure when the host must not be struck. service: "" when the host itself is."""
        if host.connection == SERVER:
            return  # a tenant's, created by the run itself and reached through the cloud
        if self._zone.hosts.get(host.name) != host:
            raise Failure(f"host {host.name} is not in the inventory: it is not touched")
        if not self._is_ours(host, service):
            return
        if not service:
            raise Failure(
                f"host {host.name} is the one this runs on: a fault of the whole host would end the run",
                mend="run from another host, or strike a service of it",
            )
        if host.connection != "local":
            raise Failure(
                f"host {host.name} is the one this runs on, reached over ssh",
                mend="if its services are to be struck, say `ansible_connection: local` in the inventory",
            )

    def _is_ours(self, host: Host, service: str) -> bool:
        theirs, ours = self._identity(host), own_identity()
        if theirs.boot != ours.boot:
            return False
        same = (theirs.pid == ours.pid, theirs.net == ours.net)
        return all(same) if service else any(same)

    def _identity(self, host: Host) -> Identity:
        with self._lock:
            known = self._known.get(host.name)
        if known is None:
            reply = self._channels.of(host).run(_LOOK)
            words = reply.out.split()
            if reply.code or len(words) != 3:
                raise Failure(f"host {host.name} does not tell what it is", detail=reply.err.strip())
            known = Identity(*words)
            with self._lock:
                self._known[host.name] = known
        return known


def own_identity() -> Identity:
    """This process."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    return Identity(boot, *(os.readlink(f"/proc/self/ns/{name}") for name in ("pid", "net")))
