"""Kill, freeze and restart on real process trees: plain commands, supervisord, and over ssh."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.executor.faults.actions import (
    FREEZE,
    KILL,
    RESTART,
    Action,
    undo_arguments,
    undo_start_service,
    undo_unfreeze,
)
from erisc.executor.faults.processes import parse_stat, read_table
from erisc.executor.faults.services import Hosts, Service
from erisc.executor.zones import Host
from tests.executor.services import commands_service, kill_tree, local_host

SUPERVISORD = """\
[unix_http_server]
file={folder}/s.sock
[supervisord]
nodaemon=true
logfile={folder}/s.log
pidfile={folder}/s.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:tree]
command={python} {script}
autorestart={autorestart}
startsecs=0
stopasgroup=true
killasgroup=true
"""


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with tempfile.TemporaryDirectory(prefix="e", dir="/tmp") as sockets:  # a socket's path may not be long
        made = Hosts(sockets)
        yield made
        made.close()


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Iterator[Service]:
    """A running service of two processes under the manager `commands`."""
    found = hosts.service(local_host("ctl", {"tree": commands_service(tmp_path, "tree")}), "tree")
    found.manager.start()
    yield up(found)
    kill_tree([process.pid for process in found.living()])


def up(service: Service) -> Service:
    """Wait until both processes are there."""
    deadline = time.monotonic() + 10
    while len(service.living()) < 2:
        assert time.monotonic() < deadline, "the service did not come up"
        time.sleep(0.02)
    return service


def states(service: Service) -> str:
    return "".join(sorted(process.state for process in service.living()))


def pids(service: Service) -> set[int]:
    return {process.pid for process in service.living()}


def test_kill_takes_the_whole_tree_and_heal_brings_the_service_back(service: Service) -> None:
    before = pids(service)
    KILL.inject(service)
    assert not service.living()
    table = read_table(service.connection)
    assert all(table[pid].state == "Z" for pid in before & table.keys())
    KILL.heal(service)
    assert not pids(up(service)) & before
    KILL.heal(service)


def test_a_killed_service_that_is_started_again_too_early_is_killed_again(service: Service) -> None:
    KILL.inject(service)
    KILL.hold(service)
    service.manager.start()
    up(service)
    KILL.hold(service)
    assert not service.living()


def test_freeze_stops_all_of_it_and_heal_lets_the_same_processes_go_on(service: Service) -> None:
    before = pids(service)
    FREEZE.inject(service)
    assert states(service) == "TT"
    FREEZE.heal(service)
    assert states(service) == "SS"
    assert pids(service) == before


def test_restart_ends_the_old_processes_and_starts_new_ones(service: Service) -> None:
    before = pids(service)
    RESTART.inject(service)
    assert not service.living()
    RESTART.heal(service)
    assert not pids(up(service)) & before


@pytest.mark.parametrize("action", [KILL, FREEZE])
def test_the_undo_heals_from_what_the_log_holds(service: Service, hosts: Hosts, action: Action) -> None:
    arguments = undo_arguments(service)
    action.inject(service)
    undo = {"start_service": undo_start_service, "unfreeze": undo_unfreeze}[action.undo]
    for _ in range(2):
        undo(Hosts("unused"), arguments)
        assert states(up(service)) == "SS"


def test_a_crash_between_stop_and_kill_leaves_nothing_stopped(service: Service) -> None:
    arguments = undo_arguments(service)
    FREEZE.inject(service)
    undo_start_service(Hosts("unused"), arguments)
    assert states(service) == "SS"


def test_a_service_that_is_down_is_no_target(service: Service) -> None:
    KILL.inject(service)
    with pytest.raises(Failure, match="tree on ctl has no processes"):
        KILL.inject(service)


@pytest.mark.parametrize(
    ("pid", "what"), [(1, "the init process"), (os.getpid(), "the executor itself"), (os.getppid(), "")]
)
@pytest.mark.parametrize("action", [KILL, FREEZE, RESTART])
def test_init_and_our_own_ancestors_are_never_touched(hosts: Hosts, action: Action, pid: int, what: str) -> None:
    keys = {"manager": "commands", "pids": ["echo", str(pid)], "start": ["true"]}
    with pytest.raises(Failure, match=f"process {pid} is {what}.*it is not touched"):
        action.inject(hosts.service(local_host("ctl", {"bad": keys}), "bad"))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"manager": "systemd", "unit": "x"},
        {"manager": "commands", "pids": "pidof x", "start": ["x"]},
        {"manager": "commands", "pids": [], "start": ["x"]},
        {"manager": "supervisor", "socket": "/s"},
        {"manager": "supervisor", "socket": "/s", "program": "x", "more": 1},
    ],
)
def test_a_service_without_a_usable_manager_is_named(hosts: Hosts, keys: dict[str, object]) -> None:
    with pytest.raises(Failure, match="service 'x' has no usable manager"):
        hosts.service(local_host("ctl", {"x": keys}), "x")


def test_names_with_blanks_and_parentheses_do_not_confuse_the_process_table() -> None:
    process = parse_stat("42 (a) S 1 (b) T 7 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9876 0 0 0")
    assert process is not None
    assert (process.pid, process.parent, process.state, process.ticks) == (42, 7, "T", 9876)


@pytest.fixture(params=["false", "true"])
def supervised(request: pytest.FixtureRequest, tmp_path: Path, hosts: Hosts) -> Iterator[Service]:
    """The same tree under a real supervisord, which starts a dead program again or does not."""
    daemon = shutil.which("supervisord")
    if not daemon and environments.is_complete("zone"):
        daemon = os.path.join(os.path.dirname(environments.python_of("zone")), "supervisord")
    if not daemon:
        pytest.skip("there is no supervisord (the zone's environment has one)")
    script = tmp_path / "tree.py"
    script.write_text("import subprocess, sys, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)\n")
    config = tmp_path / "s.conf"
    config.write_text(
        SUPERVISORD.format(folder=tmp_path, python=sys.executable, script=script, autorestart=request.param)
    )
    process = subprocess.Popen([daemon, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "s.sock").exists():
        assert process.poll() is None
        time.sleep(0.02)
    keys = {"manager": "supervisor", "socket": str(tmp_path / "s.sock"), "program": "tree"}
    try:
        yield up(hosts.service(local_host("ctl", {"tree": keys}), "tree"))
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.slow
def test_faults_of_a_supervised_service(supervised: Service) -> None:
    before = pids(supervised)
    KILL.inject(supervised)
    for _ in range(5):
        KILL.hold(supervised)
        time.sleep(0.3)
    assert not supervised.living()
    KILL.heal(supervised)
    assert not pids(up(supervised)) & before
    FREEZE.inject(supervised)
    assert states(supervised) == "TT"
    FREEZE.heal(supervised)
    old = pids(supervised)
    RESTART.inject(supervised)
    assert not supervised.living()
    RESTART.heal(supervised)
    assert not pids(up(supervised)) & old


def test_a_supervisord_that_is_gone_is_said_so(hosts: Hosts, tmp_path: Path) -> None:
    keys = {"manager": "supervisor", "socket": str(tmp_path / "none.sock"), "program": "x"}
    with pytest.raises(Failure, match="supervisord does not answer"):
        KILL.inject(hosts.service(local_host("ctl", {"x": keys}), "x"))


def await_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "sshd does not listen"
        time.sleep(0.05)


@pytest.fixture
def ssh_host(tmp_path: Path) -> Iterator[Host]:
    """This machine over a real sshd of the test's own, on loopback."""
    daemon = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
    if not daemon:
        pytest.skip("there is no sshd on this machine")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.makedirs("/run/sshd", exist_ok=True)
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\n"
        "UsePAM no\nStrictModes no\nPidFile none\n"
    )
    process = subprocess.Popen([daemon, "-D", "-f", str(config)], stderr=subprocess.DEVNULL)
    services = {"tree": commands_service(tmp_path, "tree")}
    try:
        await_port(port)
        known = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        yield Host("far", "ssh", "127.0.0.1", port, "root", str(tmp_path / "user"), services, known)
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.slow
def test_faults_over_ssh(ssh_host: Host, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts_service = hosts.service(ssh_host, "tree")
    hosts.open()
    hosts_service.manager.start()
    try:
        before = pids(up(hosts_service))
        begun = time.monotonic()
        KILL.inject(hosts_service)
        assert time.monotonic() - begun < 5
        assert not hosts_service.living()
        KILL.heal(hosts_service)
        assert not pids(up(hosts_service)) & before
        FREEZE.inject(hosts_service)
        assert states(hosts_service) == "TT"
        FREEZE.heal(hosts_service)
        assert states(hosts_service) == "SS"
        assert len(read_table(hosts_service.connection)) > 2
    finally:
        kill_tree(list(pids(hosts_service)))


@pytest.mark.slow
def test_a_host_that_cannot_be_reached_is_named(hosts: Hosts) -> None:
    if not shutil.which("ssh"):
        pytest.skip("there is no ssh client")
    host = Host(
        "far", "ssh", "127.0.0.1", 1, "nobody", "", {"x": {"manager": "commands", "pids": ["p"], "start": ["s"]}}
    )
    hosts.service(host, "x")
    with pytest.raises(Failure, match=r"host far cannot be reached over ssh as nobody@127\.0\.0\.1, port 1"):
        hosts.open()
