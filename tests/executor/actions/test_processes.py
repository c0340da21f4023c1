"""Faults of processes, on real trees of processes under every manager that needs no init system."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from erisc.executor.faults.actions.processes import FREEZE, KILL
from tests.executor.actions.hosts import Place, RefusedError, Struck, strike, wait_for

TREE = "sleep 600 & sleep 601 & wait"
MANAGERS = ["commands", "pidfile", "argv", "supervisor"]

SUPERVISORD = """\
[unix_http_server]
file={folder}/s.sock
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile={folder}/s.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:tree]
command=sh -c "{tree}"
autorestart=true
startsecs=0
stopasgroup=true
killasgroup=true
"""


def keys_of(place: Place, manager: str) -> dict[str, Any]:
    """A service of three processes under a manager; its script is on the host."""
    base = f"{place.folder}/{manager}"
    start = f"setsid sh -c {shlex.quote(TREE)} >/dev/null 2>&1 & echo $! >{base}.pid"
    if manager == "commands":
        return {"manager": "commands", "pids": ["cat", f"{base}.pid"], "start": ["sh", "-c", start]}
    if manager == "pidfile":
        return {"manager": "pidfile", "path": f"{base}.pid", "start": ["sh", "-c", start], "argv": ["sh", "-c", TREE]}
    if manager == "argv":
        tree = f'{TREE}; : "it\'s its own" $HOME'
        start = f"setsid sh -c {shlex.quote(tree)} >/dev/null 2>&1 &"
        return {"manager": "argv", "argv": ["sh", "-c", tree], "start": ["sh", "-c", start]}
    return {"manager": "supervisor", "socket": f"{base}/s.sock", "program": "tree"}


@pytest.fixture(params=MANAGERS)
def service(request: pytest.FixtureRequest, one: Place, supervisord: str) -> Iterator[dict[str, Any]]:
    """A running service, as the keys of its manager."""
    keys = keys_of(one, request.param)
    if request.param == "supervisor":
        base = f"{one.folder}/supervisor"
        one.sh(f"mkdir -p {base}; printf %s {shlex.quote(SUPERVISORD.format(folder=base, tree=TREE))} >{base}/s.conf")
        one.sh(f"{shlex.quote(supervisord)} -c {base}/s.conf >/dev/null 2>&1 & echo $! >{base}/pid")
        wait_for(lambda: one.sh(f"ls {base}/s.sock", check=False), "supervisord is not there")
    else:
        one.run(*keys["start"])
    made = Struck(one, KILL, strike(one, "tree", {"tree": keys}, id="look"))
    wait_for(lambda: len(members(made)) == 3, "the service did not come up")
    yield keys
    if request.param == "supervisor":
        one.sh(f"kill $(cat {one.folder}/supervisor/pid)")
        wait_for(lambda: not one.sh(f"ls {one.folder}/supervisor/s.pid", check=False), "supervisord did not end")
        one.sh(f"rm -rf {one.folder}/supervisor")
        return
    one.run("kill", "-KILL", *states(one, keys), check=False)
    one.sh(f"rm -f {one.folder}/*.pid")


def members(struck: Struck) -> dict[str, str]:
    """State by pid of what the service has."""
    struck.run("arm")
    with open(f"{struck.folder}/members") as file:
        return {pid: state for pid, _, state in map(str.split, file)}


def states(place: Place, keys: dict[str, Any]) -> dict[str, str]:
    try:
        return members(Struck(place, KILL, strike(place, "tree", {"tree": keys})))
    except RefusedError:
        return {}


def test_kill_takes_the_whole_tree_keeps_it_dead_and_brings_it_back(
    one: Place, service: dict[str, Any], shell: list[str]
) -> None:
    before = states(one, service)
    struck = Struck(one, KILL, strike(one, "tree", {"tree": service}, signal="KILL"), shell)
    struck.strike()
    assert not one.sh("cat /proc/[0-9]*/stat | grep -E '^(" + "|".join(before) + ") ' | grep -v ') Z'", check=False)
    for _ in range(3):
        struck.hold()
    assert not states(one, service)
    assert "has no processes" in struck.run("left")
    struck.heal()
    after = wait_for(lambda: len(now := states(one, service)) == 3 and now, "it is not whole again")
    assert not after.keys() & before.keys()


def test_freeze_stops_all_of_it_and_the_same_processes_go_on(
    one: Place, service: dict[str, Any], shell: list[str]
) -> None:
    before = states(one, service)
    struck = Struck(one, FREEZE, strike(one, "tree", {"tree": service}), shell)
    struck.strike()
    assert set(states(one, service).values()) == {"T"}
    assert len(struck.run("left").splitlines()) == 3
    struck.heal()
    assert states(one, service).keys() == before.keys()
    assert set(states(one, service).values()) == {"S"}
