"""What each host's folder holds before it boots: its settings, and the files that are its own. Pure."""

from __future__ import annotations

import os

from erisc.base.record import record
from erisc.lab.hosts.fabric import rack_bridge
from erisc.lab.hosts.layout import EmulatedHost, Network
from erisc.lab.hosts.services import TOOL, HostService, inventory_entry, settings_of

SSH_PORT = 22

_SSHD = """\
Port 22
HostKey /etc/erisc/ssh_host_key
AuthorizedKeysFile /etc/erisc/authorized_keys
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
MaxSessions 100
MaxStartups 200
PrintMotd no
PrintLastLog no
Subsystem sftp internal-sftp
"""
_INITTAB = """\
::respawn:/usr/sbin/sshd -D -f /etc/erisc/sshd_config -E /var/log/erisc/sshd.log
::once:/etc/erisc/start
::shutdown:/etc/erisc/stop
"""


@record
class Keys:
    """Public texts of the lab's log-in key and host key, and the host key's private text."""

    log_in: str
    host: str
    host_private: str


def settings(host: EmulatedHost, network: Network, disk: int, shared: tuple[str, ...]) -> str:
    """The file `settings` that the boot scripts read. disk: MiB that the host may write."""
    management = network.management_prefix.partition("/")[2]
    data = network.data_prefix.partition("/")[2]
    values = {
        "NAME": host.name,
        "NUMBER": str(host.number),
        "FABRIC": network.fabric,
        "RACK": rack_bridge(host.rack),
        "DATA_ADDRESS": f"{host.data}/{data}",
        "DATA_MAC": mac(network, 1, host.number),
        "MANAGEMENT_ADDRESS": f"{host.management}/{management}",
        "MANAGEMENT_MAC": mac(network, 2, host.number),
        "DISK": f"{disk}m",
        "TMP": f"{max(disk // 2, 8)}m",
        "SHARED": " ".join(shared),
    }
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


def mac(network: Network, interface: int, number: int) -> str:
    """A locally administered address that stays the same over reboots, so that no neighbour keeps an old one."""
    token = [network.token[place : place + 2] for place in (0, 2, 4)]
    return ":".join(["02", *token, f"{interface:02x}", f"{number:02x}"])


def files(
    folder: str,
    host: EmulatedHost,
    everybody: tuple[EmulatedHost, ...],
    services: tuple[HostService, ...],
    keys: Keys,
) -> dict[str, str]:
    """Path on the host, without the first slash, and text of each file that is the host's own. folder: the lab's."""
    names = [service.name for service in services]
    found = {
        "etc/hostname": f"{host.name}\n",
        "etc/hosts": _hosts_file(host, everybody),
        "etc/inittab": _INITTAB,
        "etc/erisc/marks": _marks(folder, host),
        "etc/erisc/sshd_config": _SSHD,
        "etc/erisc/ssh_host_key": keys.host_private,
        "etc/erisc/authorized_keys": keys.log_in,
        "etc/erisc/start": _each(names, "start"),
        "etc/erisc/stop": _each(list(reversed(names)), "stop"),
    }
    for service in services:
        found[f"etc/erisc/services/{service.name}"] = settings_of(service)
        found |= {path.lstrip("/"): text for path, text in service.files}
    return found


def _each(names: list[str], verb: str) -> str:
    lines = [f"{TOOL} {name} {verb} >> /var/log/erisc/boot.log 2>&1" for name in names]
    return "\n".join(["#!/bin/sh", *lines, ""])


def _marks(folder: str, host: EmulatedHost) -> str:
    """What every process that the host's boot or its service script starts has in its environment."""
    own = os.path.join(folder, "hosts", host.name)
    return f"export ERISC_LAB_HOSTS={folder} ERISC_LAB_HOST={own}\n"


def _hosts_file(host: EmulatedHost, everybody: tuple[EmulatedHost, ...]) -> str:
    lines = ["127.0.0.1 localhost", *(f"{other.data} {other.name}" for other in everybody)]
    return "\n".join([*lines, ""])


def known_hosts(network: Network, keys: Keys) -> str:
    """One line for all hosts: they share their host key (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    pattern = network.management_prefix.rpartition(".")[0] + ".*"
    return f"{pattern} {keys.host}"


def inventory(
    folder: str, everybody: tuple[EmulatedHost, ...], services: dict[str, tuple[HostService, ...]]
) -> dict[str, object]:
    """The groups of the Ansible inventory (docs/formats.md, "Site"). folder: the lab's."""
    groups: dict[str, dict[str, object]] = {}
    for host in everybody:
        members = groups.setdefault(host.group, {"hosts": {}})["hosts"]
        assert isinstance(members, dict)
        members[host.name] = _variables(folder, host, services[host.name])
    return dict(groups)


def _variables(folder: str, host: EmulatedHost, services: tuple[HostService, ...]) -> dict[str, object]:
    known = os.path.join(folder, "hosts", "known_hosts")
    return {
        "ansible_host": host.management,
        "ansible_port": SSH_PORT,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": os.path.join(folder, "hosts", "key"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={known} -o KexAlgorithms=curve25519-sha256",
        "ansible_python_interpreter": "/usr/bin/python3",
        "erisc_addresses": [host.data],
        "erisc_interfaces": ["data0"],
        "erisc_labels": {"rack": f"r{host.rack}", "az": f"az{host.rack}"},
        "erisc_power": {"driver": "commands"} | {verb: _button(folder, host, verb) for verb in ("on", "off", "status")},
        "erisc_services": {service.name: inventory_entry(service) for service in services},
    }


def _button(folder: str, host: EmulatedHost, verb: str) -> list[str]:
    return ["sh", os.path.join(folder, "hosts", "power"), host.name, verb]
