"""What a boot is asked for, and what the lab already is, made into one zone's settings."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import Any

from erisc import __version__
from erisc.base import json_text
from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import labs_home
from erisc.lab import ports, processes, site_files, supervisor
from erisc.lab.settings import Settings
from erisc.lab.state import State, write

DEFAULT_COMPUTES = 3


def settings(name: str, state: State, wanted: int | None, port_base: int | None, environment: str) -> Settings:
    """This boot's zone, and note it in `lab.json`; what is not asked for stays as it was, or is the default.

    Raises Failure when ports are taken, or when the lab would have to lose computes.
    """
    known = state.record()
    computes = wanted or known.get("computes") or DEFAULT_COMPUTES
    if known and computes < known["computes"]:
        raise Failure(
            f"the lab has {known['computes']} computes and cannot lose any",
            mend="`erisc lab wipe` it first",
            exit_code=WRONG_CALL,
        )
    with _choosing():
        base = _base(state, port_base, known)
        zone = Settings(name, state.folder, environment, ports.block(base), state.passwords(), computes)
        _record(state, zone, base)
    return zone


@contextlib.contextmanager
def _choosing() -> Iterator[None]:
    """Two labs that boot at the same moment choose one after the other."""
    os.makedirs(labs_home(), exist_ok=True)
    with open(os.path.join(labs_home(), ".ports.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _base(state: State, asked: int | None, known: dict[str, Any]) -> int:
    own = processes.of_lab(state.folder)
    if asked:
        ports.check(asked, own)
        return asked
    base = int(known.get("port_base") or 0)
    return base if base and _still_ours(base, own) else ports.choose(_reserved(state))


def _still_ours(base: int, own: frozenset[int]) -> bool:
    try:
        ports.check(base, own)
    except Failure:
        return False
    return True


def _reserved(state: State) -> frozenset[int]:
    """Ports of all other labs, also of those that are down."""
    found: set[int] = set()
    home = labs_home()
    for name in os.listdir(home) if os.path.isdir(home) else []:
        other = State(os.path.join(home, name))
        if other.folder != state.folder:
            found |= set(other.record().get("ports", {}).values())
    return frozenset(found)


def _record(state: State, zone: Settings, base: int) -> None:
    paths = {
        "state": state.folder, "clouds": state.path("clouds.yaml"), "inventory": state.path("inventory.yaml"),
        "supervisor": state.path(supervisor.SOCKET), "logs": state.path("log"), "environment": zone.environment,
    }  # fmt: skip
    value = {
        "format": 1, "name": zone.name, "cloud": site_files.cloud_name(zone.name), "computes": zone.computes,
        "port_base": base, "ports": zone.ports, "urls": site_files.urls(zone.ports), "paths": paths,
        "erisc": __version__, "openstack": "2025.1",
    }  # fmt: skip
    write(state.path("lab.json"), json_text.dump(value).decode())
