"""Whether a service runs on a host: its manager says which processes are its own, /proc whether one of them lives."""

from __future__ import annotations

from erisc.base.failure import Failure
from erisc.executor.faults.actions.managers import functions, manager_of
from erisc.executor.faults.actions.shell import SAME, script
from erisc.executor.faults.channel import Channels
from erisc.executor.zones import Host

WITHIN = 5.0
"""s a host has to answer."""
_LOOK = """
for erisc_pid in $(erisc_pids); do
    ! erisc_look "$erisc_pid" || { echo up; break; }
done
"""


def runs(channels: Channels, host: Host, service: str) -> bool:
    """Raises Failure when the host does not answer in time, or does not have such a service."""
    reply = channels.of(host).run(script(SAME, functions(manager_of(host, service)), _LOOK), WITHIN)
    if reply.code:
        said = reply.err.strip().splitlines()[-1:] or [f"the look ended with {reply.code}"]
        raise Failure(f"host {host.name}: whether {service} runs cannot be told: {said[0]}")
    return reply.out.strip() == "up"
