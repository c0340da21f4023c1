"""The emulated zone: real OpenStack services over hypervisors that only pretend (docs/zone.md).

Importing this costs next to nothing; the work is imported by the function that does it. Nothing here prints: `up`
tells a `Report` (erisc.base.steps) how it goes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import labs_home
from erisc.base.record import record
from erisc.base.steps import Report, Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_NAME = "default"
_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


@record
class Lab:
    """One zone: its name, and the folder that holds everything of it."""

    name: str
    state_dir: str


@record
class Options:
    """What `up` is asked for; None means "as the lab is, or the default".

    computes: how many emulated hypervisors, 1 to 5000. port_base: the first of a block of twelve ports. hosts: which
    emulated hosts, as `erisc.lab.hosts.layout.parse_layout` reads it; a new lab that is asked for hosts has no
    OpenStack services unless `cloud` is true. controllers: 1 or 3 of the hosts, with MariaDB Galera, RabbitMQ
    and HAProxy. disk: MiB that each host may write.
    """

    computes: int | None = None
    port_base: int | None = None
    hosts: str | None = None
    cloud: bool = False
    disk: int | None = None
    controllers: int | None = None


@record
class Service:
    """One service of a zone. state: supervisord's word, in lower case (`running`, `stopped`, `exited`, …).

    pid: None when it does not run. uptime: s. memory: proportional set size with all its processes, bytes. port: None
    when it listens on none. exit_status: of a process that ended by itself, else None.
    """

    name: str
    state: str
    pid: int | None
    uptime: float
    memory: int
    port: int | None
    exit_status: int | None


@record
class HostStatus:
    """An emulated host. state: `on` or `off`. management: the address to log in at; data: that of its services.

    services: name and whether it runs. memory: proportional set size of all its processes, bytes.
    """

    name: str
    group: str
    state: str
    rack: str
    management: str
    data: str
    services: tuple[tuple[str, bool], ...]
    memory: int


@record
class Status:
    """A zone as it is now. state: `up` (every service and host runs), `partial`, `down`, `absent`. memory: bytes.

    services: OpenStack's and what they stand on; none in a lab of hosts alone, whose `cloud` and `clouds` are empty.
    urls: address of each API by service. cloud: its name in the file `clouds`; inventory: the Ansible inventory.
    """

    name: str
    state: str
    state_dir: str
    computes: int
    services: tuple[Service, ...]
    memory: int
    urls: dict[str, str]
    cloud: str
    clouds: str
    inventory: str
    hosts: tuple[HostStatus, ...] = ()


def open_lab(name: str = DEFAULT_NAME, state_dir: str | None = None) -> Lab:
    """The lab of that name, which need not exist. Raises Failure for a name that cannot be a folder's."""
    if not name or name[0] in "-_" or len(name) > 32 or not _NAME_LETTERS.issuperset(name):
        raise Failure(
            f"{name!r} cannot be a lab's name", mend="use up to 32 of a-z, 0-9, - and _", exit_code=WRONG_CALL
        )
    folder = state_dir or os.path.join(labs_home(), name)
    return Lab(name, os.path.abspath(os.path.expanduser(folder)))


def up(lab: Lab, options: Options | None = None, report: Report | None = None) -> Status:
    """Bring the zone up, whatever state it is in; about a second when it is up already.

    Raises Failure when that cannot be done, naming what failed with the last error of its log; what was done by then
    stays, and the next `up` goes on from there.
    """
    from erisc.lab import start

    start.up(lab.name, lab.state_dir, options or Options(), report or Silent())
    return status(lab)


def down(lab: Lab, report: Report | None = None) -> int:
    """End every process of the zone, whoever started it; returns how many there were. The state stays."""
    from erisc.lab import halt

    return halt.down(lab.state_dir, report or Silent())


def wipe(lab: Lab, report: Report | None = None) -> bool:
    """`down`, and remove the lab's folder; False when there is none. Raises Failure for a folder that is no lab's."""
    from erisc.lab import halt

    return halt.wipe(lab.state_dir, report or Silent())


def status(lab: Lab) -> Status:
    """The zone as it is now."""
    from erisc.lab import look

    return look.status(lab)


def services(lab: Lab) -> tuple[Service, ...]:
    """The zone's services in the order of their start; all `stopped` when nothing runs."""
    return status(lab).services


def log_tail(lab: Lab, service: str, lines: int = 40) -> list[str]:
    """The last lines of a service's log. Raises Failure for a service that the zone does not have."""
    from erisc.lab import look

    return look.log_tail(lab, service, lines)


def log_follow(lab: Lab, service: str, lines: int = 40) -> Iterator[str]:
    """The last lines of a service's log, then each new one as it is written, without end."""
    from erisc.lab import look

    return look.log_follow(lab, service, lines)


def labs() -> tuple[Lab, ...]:
    """Every lab under the home of labs, by name."""
    from erisc.lab.state import State

    home = labs_home()
    names = sorted(os.listdir(home)) if os.path.isdir(home) else []
    return tuple(Lab(name, os.path.join(home, name)) for name in names if State(os.path.join(home, name)).exists())
