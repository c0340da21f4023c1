"""What `up` does: the lab is held, its hosts come up, then its cloud, each when it has one."""

from __future__ import annotations

from erisc.base.failure import INTERRUPTED, WRONG_CALL, Failure
from erisc.base.steps import Report
from erisc.lab import DEFAULT_NAME, Options, boot, ports, processes
from erisc.lab.hosts import controllers
from erisc.lab.hosts import up as hosts
from erisc.lab.hosts.layout import layout_text, parse_layout
from erisc.lab.hosts.records import read_record
from erisc.lab.state import State

MOST_COMPUTES = 5000


def up(name: str, folder: str, asked: Options, report: Report) -> None:
    """Bring the lab up; see `erisc.lab.up`."""
    if asked.computes is not None and not 1 <= asked.computes <= MOST_COMPUTES:
        raise Failure(f"a zone has 1 to {MOST_COMPUTES} computes, not {asked.computes}", exit_code=WRONG_CALL)
    if asked.port_base is not None:
        ports.block(asked.port_base)
    state = State(folder)
    with_cloud = _with_cloud(state, asked)
    wanted = _hosts_wanted(state, asked, with_cloud)
    state.make()
    with state.locked():
        try:
            if wanted.layout or read_record(folder):
                hosts.up(state, wanted, report)
            if with_cloud:
                boot.up(name, state, asked.computes, asked.port_base, report)
        except KeyboardInterrupt:
            processes.end(state.folder, tasks_only=True)
            raise Failure(
                "interrupted: what had been started goes on running",
                mend=f"`erisc lab up{_words(name)}` goes on from here, `erisc lab down{_words(name)}` stops it",
                exit_code=INTERRUPTED,
            ) from None


def _words(name: str) -> str:
    return "" if name == DEFAULT_NAME else f" --name {name}"


def _with_cloud(state: State, asked: Options) -> bool:
    """Whether the lab is to have OpenStack's services: as asked, as it has, else unless it is asked for hosts."""
    known = read_record(state.folder)
    if asked.cloud or state.record() or (known and known.cloud):
        return True
    if not known and asked.hosts is None and asked.controllers is None:
        return True
    for option, value in (("--computes", asked.computes), ("--port-base", asked.port_base)):
        if value is not None:
            raise Failure(
                f"{option} is about the lab's OpenStack services, and this lab is one of hosts alone",
                mend="add --cloud, or leave it out",
                exit_code=WRONG_CALL,
            )
    return False


def _hosts_wanted(state: State, asked: Options, with_cloud: bool) -> hosts.Wanted:
    if asked.disk is not None and not 8 <= asked.disk <= 4096:
        raise Failure(f"a host's disk has 8 to 4096 MiB, not {asked.disk}", exit_code=WRONG_CALL)
    known = read_record(state.folder)
    count = _controllers(asked, known.controllers if known else 0, with_cloud)
    text = asked.hosts or ""
    if asked.controllers and not text:
        text = layout_text(known.layout) if known else str(count)
    layout = parse_layout(text, with_cloud=with_cloud, controllers=count) if text else None
    return hosts.Wanted(layout, asked.disk, with_cloud, count)


def _controllers(asked: Options, known: int, with_cloud: bool) -> int:
    """How many controllers with clustered services the lab is to have. Raises Failure where it cannot."""
    count = known if asked.controllers is None else asked.controllers
    if asked.controllers is not None and count not in controllers.COUNTS:
        raise Failure(f"a lab has 1 or 3 controllers, not {count}", exit_code=WRONG_CALL)
    if count and with_cloud:
        raise Failure(
            "controllers are for a lab without OpenStack's services: those stay on 127.0.0.1, on a database and a "
            "broker of their own, and would use neither the clusters nor HAProxy",
            mend="leave --cloud or --controllers out, or give the controllers a lab of another name",
            exit_code=WRONG_CALL,
        )
    return count
