"""The network of a lab's hosts: a bridge for each rack, a fabric between them, a management network.

All of it is in one network namespace. The machine has one interface into the management network and one into the data
network; nothing is forwarded or masqueraded, so that hosts reach each other and the machine, and nobody else.
"""

from __future__ import annotations

import json
import os
import subprocess

from erisc.base.failure import Failure
from erisc.lab.hosts.layout import RACKS, Network

MANAGEMENT = "mgmt"
"""The bridge that every host's management interface is in."""


def rack_bridge(rack: int) -> str:
    """The bridge that the data interfaces of a rack's hosts are in."""
    return f"rack{rack}"


def up(network: Network) -> None:
    """Make what lacks of it; what is there whole stays as it is. Raises Failure when the kernel refuses."""
    if is_up(network):
        return
    down(network)
    ip(["netns", "add", network.fabric])
    lines = [
        "link set lo up",
        f"link add {MANAGEMENT} type bridge forward_delay 0",
        f"link set {MANAGEMENT} up",
        *(line for rack in range(1, RACKS + 1) for line in _rack(rack)),
        "link add fabric1 type veth peer name fabric2",
        *(f"link set fabric{rack} master {rack_bridge(rack)} up" for rack in range(1, RACKS + 1)),
    ]
    _settings(network)
    ip(["-n", network.fabric, "-batch", "-"], "\n".join(lines) + "\n")
    _uplinks(network)


def _rack(rack: int) -> list[str]:
    return [f"link add {rack_bridge(rack)} type bridge forward_delay 0", f"link set {rack_bridge(rack)} up"]


def _settings(network: Network) -> None:
    """Kernels differ in which of them they have; without one, the bridges work all the same."""
    keys = ("ipv6.conf.all.disable_ipv6=1", "ipv6.conf.default.disable_ipv6=1", "bridge.bridge-nf-call-iptables=0")
    words = [f"net.{key}" for key in keys]
    command = ["ip", "netns", "exec", network.fabric, "sysctl", "-qe", "-w", *words]
    subprocess.run(command, capture_output=True, check=False)


def _uplinks(network: Network) -> None:
    for (name, peer, address), bridge in zip(network.uplinks(), (MANAGEMENT, rack_bridge(1)), strict=True):
        lines = [
            f"link add {name} type veth peer name {peer} netns {network.fabric}",
            f"address add {address} dev {name}",
            f"link set {name} up",
        ]
        ip(["-batch", "-"], "\n".join(lines) + "\n")
        ip(["-n", network.fabric, "link", "set", peer, "master", bridge, "up"])


def is_up(network: Network) -> bool:
    """Whether every bridge, the fabric and the way in are there and switched on."""
    if not os.path.exists(f"/run/netns/{network.fabric}"):
        return False
    inside = _links(["-n", network.fabric])
    peers = {peer for _, peer, _ in network.uplinks()}
    wanted = {MANAGEMENT, "fabric1", "fabric2", *peers, *map(rack_bridge, range(1, RACKS + 1))}
    return wanted <= inside and all(_has(name, address) for name, _, address in network.uplinks())


def _has(interface: str, address: str) -> bool:
    return f" {address} " in _run(["-4", "-o", "address", "show", "dev", interface, "up"]).stdout


def _links(where: list[str]) -> set[str]:
    """Names of interfaces that are up."""
    done = _run([*where, "-j", "link"])
    links = json.loads(done.stdout or "[]") if not done.returncode else []
    return {str(link["ifname"]) for link in links if "UP" in link["flags"]}


def down(network: Network) -> None:
    """Remove it; no error when it is not there."""
    for name in _own_interfaces(network):
        _run(["link", "del", name])
    if os.path.lexists(f"/run/netns/{network.fabric}"):
        ip(["netns", "del", network.fabric])


def _own_interfaces(network: Network) -> list[str]:
    return [name for name, _, _ in network.uplinks() if os.path.exists(f"/sys/class/net/{name}")]


def exists(network: Network) -> bool:
    """Whether anything of it is there."""
    return os.path.lexists(f"/run/netns/{network.fabric}") or bool(_own_interfaces(network))


def ip(words: list[str], stdin: str = "") -> None:
    """Run ip(8). Raises Failure with its words."""
    done = _run(words, stdin)
    if done.returncode:
        command = " ".join(["ip", *words])
        raise Failure(
            f"the hosts' network cannot be made: `{command}`",
            detail=(done.stderr or done.stdout).strip()[-600:],
            mend="`erisc lab down` it, then try again",
        )


def _run(words: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], input=stdin, capture_output=True, text=True, check=False)
