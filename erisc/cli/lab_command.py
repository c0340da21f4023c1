"""`erisc lab`: the emulated zone."""

from __future__ import annotations

import sys

from erisc import lab
from erisc.base import failure
from erisc.base.failure import Failure
from erisc.base.record import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

    from erisc.base.progress import Lines
    from erisc.lab import HostStatus, Lab, Service, Status


DEFAULT_HOSTS = "4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    for name, (work, text) in ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text, formatter_class=parser.formatter_class)
        action.set_defaults(work=work)
        action.add_argument("--name", default=lab.DEFAULT_NAME, help="which lab (default: %(default)s)")
        action.add_argument("--state-dir", metavar="DIR", help="where it is kept (default: in erisc's data folder)")
        action.add_argument("--json", action="store_true", help="print the result as JSON")
        if name == "up":
            action.add_argument(
                "--computes", metavar="N", type=int, help="emulated hypervisors, 1 to 5000 (default: 2)"
            )
            action.add_argument("--port-base", metavar="PORT", type=int, help="first of the block of ports")
            _add_host_arguments(action)
        if name == "logs":
            action.add_argument(
                "service", metavar="NAME", help="a service of `erisc lab services`, HOST or HOST/SERVICE"
            )
            action.add_argument("-n", "--lines", metavar="N", type=int, default=40, help="how many (default: 40)")
            action.add_argument("-f", "--follow", action="store_true", help="go on with what is written, until Ctrl-C")


def _add_host_arguments(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--hosts",
        metavar="N|GROUP=N,…",
        nargs="?",
        const=DEFAULT_HOSTS,
        help="emulated hosts with sshd of their own, such as controller=3,compute=2,generators=2; without OpenStack, "
        f"unless the lab has it or --cloud is given (default: {DEFAULT_HOSTS}); takes root",
    )
    action.add_argument(
        "--controllers",
        metavar="N",
        type=int,
        help="so many of the hosts (1 or 3) are controllers with MariaDB Galera, a RabbitMQ cluster and HAProxy",
    )
    action.add_argument("--cloud", action="store_true", help="OpenStack's services beside the hosts")
    action.add_argument(
        "--disk",
        metavar="MIB",
        type=int,
        help="what each host may write, in memory (default: 64; 384 with --controllers)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked of the lab."""
    work: Callable[[Lab, argparse.Namespace], int] = arguments.work
    return work(lab.open_lab(arguments.name, arguments.state_dir), arguments)


def _up(zone: Lab, arguments: argparse.Namespace) -> int:
    with _lines() as lines:
        status = lab.up(zone, _options(arguments), lines)
    if arguments.json:
        _print_json(status)
    else:
        print(f"the lab {status.name!r} is up: {_summary(status)}")
        print(f"  --zone lab:{status.name}")
        if status.cloud:
            print(f"  cloud {status.cloud} in {status.clouds}")
        print(f"  inventory {status.inventory}")
        if status.hosts:
            print(_next(status))
    return failure.PASS


def _options(arguments: argparse.Namespace) -> lab.Options:
    return lab.Options(
        computes=arguments.computes,
        port_base=arguments.port_base,
        hosts=arguments.hosts,
        cloud=arguments.cloud,
        disk=arguments.disk,
        controllers=arguments.controllers,
    )


def _summary(status: Status) -> str:
    parts = [f"{status.computes} computes"] if status.services else []
    parts += [f"{len(status.hosts)} hosts"] if status.hosts else []
    return ", ".join([*parts, _size(status.memory)])


def _next(status: Status) -> str:
    """How to use hosts: where they are, and what a run needs."""
    first = status.hosts[0]
    folder = f"{status.state_dir}/hosts"
    return "\n".join(
        [
            *(f"  {_host_row(host)}" for host in status.hosts),
            f"  log in: ssh -i {folder}/key -o UserKnownHostsFile={folder}/known_hosts root@{first.management}",
            f"  next: erisc run SPEC --zone lab:{status.name}",
        ]
    )


def _host_row(host: HostStatus) -> str:
    services = ", ".join(name if running else f"{name} (down)" for name, running in host.services)
    memory = _size(host.memory) if host.state == "on" else ""
    return f"{host.name:<18} {host.state:<4} {host.rack} {host.management:<14} {host.data:<14} {memory:>8}  {services}"


def _status(zone: Lab, arguments: argparse.Namespace) -> int:
    status = lab.status(zone)
    if arguments.json:
        _print_json(status)
        return failure.PASS
    print(f"the lab {status.name!r} is {status.state}: {_summary(status)}")
    for service in status.services:
        print(_row(service))
    for name, url in status.urls.items():
        print(f"  {name:<12} {url}")
    for host in status.hosts:
        print(f"  {_host_row(host)}")
    return failure.PASS


def _services(zone: Lab, arguments: argparse.Namespace) -> int:
    found = lab.services(zone)
    if arguments.json:
        _print_json(found)
    else:
        for service in found:
            print(_row(service))
    return failure.PASS


def _down(zone: Lab, arguments: argparse.Namespace) -> int:
    with _lines() as lines:
        ended = lab.down(zone, lines)
    if arguments.json:
        _print_json({"name": zone.name, "ended": ended})
    else:
        print(f"the lab {zone.name!r} is down: {ended} processes ended")
    return failure.PASS


def _wipe(zone: Lab, arguments: argparse.Namespace) -> int:
    with _lines() as lines:
        gone = lab.wipe(zone, lines)
    if arguments.json:
        _print_json({"name": zone.name, "removed": gone})
    else:
        print(f"the lab {zone.name!r} is removed" if gone else f"there is no lab {zone.name!r}")
    return failure.PASS


def _logs(zone: Lab, arguments: argparse.Namespace) -> int:
    if arguments.follow and arguments.json:
        raise Failure(
            "--follow never ends, so that it cannot give one JSON document",
            mend="leave one of --follow and --json out",
            exit_code=failure.WRONG_CALL,
        )
    if arguments.follow:
        for line in lab.log_follow(zone, arguments.service, arguments.lines):
            print(line, flush=True)
        return failure.PASS
    found = lab.log_tail(zone, arguments.service, arguments.lines)
    if arguments.json:
        _print_json({"service": arguments.service, "lines": found})
    else:
        print("\n".join(found))
    return failure.PASS


ACTIONS: dict[str, tuple[Callable[[Lab, argparse.Namespace], int], str]] = {
    "up": (_up, "bring the zone up, whatever state it is in"),
    "status": (_status, "what runs, since when, at what cost"),
    "down": (_down, "end every process of the zone; its state stays"),
    "wipe": (_wipe, "down, and remove all that the zone keeps"),
    "services": (_services, "the zone's services"),
    "logs": (_logs, "the last lines of a service's log"),
}


def _lines() -> Lines:
    from erisc.base.progress import Lines

    return Lines(sys.stderr)


def _row(service: Service) -> str:
    pid = f"pid {service.pid}" if service.pid else ""
    port = f"port {service.port}" if service.port else ""
    up = f"{service.uptime:.0f} s" if service.pid else ""
    memory = _size(service.memory) if service.pid else ""
    return f"  {service.name:<18} {service.state:<9} {up:>8} {memory:>9}  {pid:<11} {port}".rstrip()


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(type(value), "__record_fields__"):
        return {name: _plain(getattr(value, name)) for name in fields(value)}
    return value
