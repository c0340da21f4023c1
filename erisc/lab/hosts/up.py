"""Bringing a lab's hosts up, and down: from nothing, from a half-made state, or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from erisc.base.failure import Failure
from erisc.base.home import data_home, environments_home, labs_home, package_root
from erisc.base.record import record
from erisc.base.steps import Report, step
from erisc.lab import inventories
from erisc.lab.hosts import clusters, controllers, fabric, galera_scripts, look, needs, power, render, subnets
from erisc.lab.hosts.layout import EmulatedHost, Layout, Network, hosts_of, token_of
from erisc.lab.hosts.records import HostsRecord, network_of, read_record, write_record
from erisc.lab.hosts.services import HostService, plain_services
from erisc.lab.state import State, read, write
from erisc.lab.tasks import Crew

DEFAULT_DISK = 64
"""MiB that a host may write, all in memory."""
_SCRIPTS = ("keeper.sh", "stage.sh", "boot.sh", "power", "erisc-service")
_APPLETS = ("reboot", "poweroff", "halt")
_SECRET = (".erlang.cookie", "rabbitmq.conf", "accounts.sql")


@record
class Wanted:
    """What `up` is asked for; None means as the lab is, or the default. controllers: how many have clustered
    services."""

    layout: Layout | None
    disk: int | None
    cloud: bool
    controllers: int = 0


def up(state: State, wanted: Wanted, report: Report) -> None:
    """Bring the hosts up as asked, whatever state they are in; those that run as they should are left alone."""
    needs.ensure(state.folder, report)
    scripts = galera_scripts.ensure(report) if wanted.controllers else {}
    with _choosing():
        known = _decide(state, wanted)
        network = network_of(state.folder, known)
        if not fabric.is_up(network):
            power.end_all(state.folder)
        fabric.up(network)
    hosts = hosts_of(known.layout, network)
    with step(report, f"{len(hosts)} hosts") as note:
        services = _services(state, known, hosts)
        os.makedirs(environments_home(), exist_ok=True)
        keys = _keys(state)
        _scripts(state)
        write(state.path("hosts", "known_hosts"), render.known_hosts(network, keys))
        _forget_others(state, hosts)
        started = [
            host for host in hosts if _prepare(state, known, network, hosts, host, services[host.name], keys, scripts)
        ]
        _boot(state, hosts, services)
        groups = render.inventory(state.folder, hosts, services)
        inventories.write_part(state, "hosts", groups)
        note.text = f"{len(started)} started" if started else "all running"
    if known.controllers:
        with step(report, f"{known.controllers} controllers"):
            clusters.wait_whole(controllers.controllers_of(hosts))


def _services(
    state: State, known: HostsRecord, everybody: tuple[EmulatedHost, ...]
) -> dict[str, tuple[HostService, ...]]:
    """Of each host."""
    found = {host.name: plain_services(host.name) for host in everybody}
    if known.controllers:
        passwords = state.passwords()
        secrets = controllers.Secrets(passwords["database"], passwords["rabbitmq"], passwords["cookie"])
        members = controllers.controllers_of(everybody)
        for host in members:
            found[host.name] += controllers.services(host, members, secrets)
    return found


@contextlib.contextmanager
def _choosing() -> Iterator[None]:
    """Two labs that come up at the same moment choose their addresses one after the other."""
    os.makedirs(labs_home(), exist_ok=True)
    with open(os.path.join(labs_home(), ".addresses.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _decide(state: State, wanted: Wanted) -> HostsRecord:
    """What the lab is to have, noted before anything of it is made."""
    known = read_record(state.folder)
    layout = wanted.layout or (known.layout if known else None)
    if layout is None:
        raise Failure("the lab has no hosts", mend="`erisc lab up --hosts N` gives it some")
    usual = controllers.DISK if wanted.controllers else DEFAULT_DISK
    same = known and known.controllers == wanted.controllers
    disk = wanted.disk or (known.disk if known and (same or known.disk > usual) else usual)
    keep = known and (fabric.exists(network_of(state.folder, known)) or subnets.is_free(known.base, state.folder))
    base = known.base if known and keep else subnets.choose(state.folder)
    made = HostsRecord(layout, base, disk, wanted.cloud, wanted.controllers)
    if made != known:
        write_record(state.folder, made)
    return made


def _keys(state: State) -> render.Keys:
    """The lab's own keys, made once: one to log in with, one that all its hosts show."""
    for name in ("key", "host_key"):
        path = state.path("hosts", name)
        if not (read(path) and read(f"{path}.pub")):
            _make_key(path)
    return render.Keys(
        read(state.path("hosts", "key.pub")),
        read(state.path("hosts", "host_key.pub")),
        read(state.path("hosts", "host_key")),
    )


def _make_key(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    for old in (path, f"{path}.pub"):
        if os.path.exists(old):
            os.unlink(old)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "erisc-lab", "-f", path]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{path} cannot be made", detail=done.stderr.strip())


def _scripts(state: State) -> None:
    source = os.path.join(package_root(), "lab", "hosts", "host_side")
    for name in _SCRIPTS:
        text = read(os.path.join(source, name))
        if read(state.path("hosts", name)) != text:
            write(state.path("hosts", name), text, mode=0o700)


def _forget_others(state: State, hosts: tuple[EmulatedHost, ...]) -> None:
    """Hosts that a former layout had go, with all that was theirs."""
    names = {host.name for host in hosts}
    for name in sorted(os.listdir(state.path("hosts"))):
        if name not in names and os.path.exists(state.path("hosts", name, "settings")):
            power.press(state.folder, name, "off")
            shutil.rmtree(state.path("hosts", name))


def _prepare(
    state: State, known: HostsRecord, network: Network, everybody: tuple[EmulatedHost, ...], host: EmulatedHost,
    services: tuple[HostService, ...], keys: render.Keys, scripts: dict[str, str],
) -> bool:  # fmt: skip
    """Write the host's folder and switch it on, anew if it runs with other settings. False when it ran."""
    settings = render.settings(host, network, known.disk, _shared())
    own = render.files(state.folder, host, everybody, services, keys)
    if host.group == controllers.GROUP:
        own |= scripts
    digest = hashlib.sha256(repr((settings, sorted(own.items()), _code(state))).encode()).hexdigest()[:16]
    folder = power.folder_of(state.folder, host.name)
    there = os.path.exists(os.path.join(folder, "settings"))
    if there and power.is_on(state.folder, host.name):
        if read(os.path.join(folder, "booted")) == digest:
            return False
        power.press(state.folder, host.name, "off")
    _write_folder(state, folder, settings, own)
    write(os.path.join(folder, "booted"), digest)
    power.press(state.folder, host.name, "on")
    return True


def _shared() -> tuple[str, ...]:
    """Of the machine's files, those that change under a standing overlay and that hosts may use."""
    return tuple(dict.fromkeys((package_root(), environments_home(), os.path.join(data_home(), "lib"))))


def _code(state: State) -> str:
    return "".join(read(state.path("hosts", name)) for name in _SCRIPTS)


def _write_folder(state: State, folder: str, settings: str, own: dict[str, str]) -> None:
    shutil.rmtree(os.path.join(folder, "files"), ignore_errors=True)
    for inside in ("mnt", "log", "files/usr/sbin"):
        os.makedirs(os.path.join(folder, inside), exist_ok=True)
    os.chmod(folder, 0o755)
    for path, text in own.items():
        _put(os.path.join(folder, "files", path), text)
    _put(os.path.join(folder, "files/usr/local/sbin/erisc-service"), read(state.path("hosts", "erisc-service")))
    for name in _APPLETS:
        os.symlink("/usr/bin/busybox", os.path.join(folder, "files/usr/sbin", name))
    write(os.path.join(folder, "settings"), settings, mode=0o644)


def _put(path: str, text: str) -> None:
    """A plain file: executable when it is a script, secret when it is a key. The folder is made again at every boot."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(
        path, 0o755 if text.startswith("#!") else 0o600 if "PRIVATE KEY" in text or path.endswith(_SECRET) else 0o644
    )


def _boot(state: State, hosts: tuple[EmulatedHost, ...], services: dict[str, tuple[HostService, ...]]) -> None:
    crew = Crew()

    found = look.statuses(state.folder)
    dead = {each.name for each in found if not all(runs for _, runs in each.services)}

    def waiter(host: EmulatedHost) -> None:
        if host.name in dead:
            power.wait_ready(state.folder, host, (), crew)
            power.start_services(state.folder, host)
        # Clusters take their time, and are asked whether they are whole.
        ports = tuple(service.port for service in services[host.name] if not service.becomes_another)
        power.wait_ready(state.folder, host, ports, crew)

    crew.together(*(lambda host=host: waiter(host) for host in hosts))


def down(folder: str) -> int:
    """End every host and its network; returns how many processes there were. Works without a record, too."""
    count = power.end_all(folder)
    if os.geteuid() == 0:
        fabric.down(Network(token_of(folder), "0.0.0.0"))
    return count
