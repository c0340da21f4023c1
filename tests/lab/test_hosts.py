"""Emulated hosts for real: up, used, broken, healed, down, and nothing of them left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.lab import Lab, Options, down, log_tail, open_lab, status, up, wipe
from erisc.lab.hosts import power
from erisc.lab.hosts.records import emulated_hosts
from tests.lab.machine import ssh, traces, unable

pytestmark = pytest.mark.skipif(bool(unable()), reason=unable())
UP = "import sys; from erisc import lab; lab.up(lab.open_lab('killed', sys.argv[1]), lab.Options(hosts='3'))"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = open_lab("hosts", str(tmp_path_factory.mktemp("h") / "lab"))
    up(made, Options(hosts="controller=2,generators=1"))
    yield made
    wipe(made)


@pytest.fixture
def unmade(tmp_path: Path) -> Iterator[Lab]:
    lab = open_lab("killed", str(tmp_path / "lab"))
    yield lab
    wipe(lab)


def test_hosts_answer_by_ssh_and_their_services_from_here(lab: Lab) -> None:
    found = status(lab)
    assert (found.state, found.cloud, found.services) == ("up", "", ())
    assert [host.name for host in found.hosts] == ["controller-1", "controller-2", "generator-1"]
    for host in found.hosts:
        assert host.services == (("memcached", True), ("web", True))
        assert ssh(lab.state_dir, host.management, "hostname").stdout == f"{host.name}\n"
        with urllib.request.urlopen(f"http://{host.data}/", timeout=5) as answer:
            assert answer.read() == f"{host.name}\n".encode()


def test_a_host_is_its_own_in_processes_network_and_disk(lab: Lab) -> None:
    address = status(lab).hosts[0].management
    script = (
        "cat /proc/1/comm; ls /sys/class/net | tr '\\n' ' '; echo; ip route | grep -c default; "
        "date -s 2001-01-01 2>&1 >/dev/null | tail -1; echo 1 > /proc/sys/kernel/panic; "
        "fallocate -l 1G /root/full || echo full; rm -f /root/full; echo mine > /etc/erisc-mine; "
        "nft list ruleset; echo end"
    )
    done = ssh(lab.state_dir, address, script)
    lines = done.stdout.splitlines()
    assert lines[0] == "busybox"
    assert lines[1].split() == ["data0", "lo", "mgmt0"]
    assert lines[2] == "0"
    assert lines[3].endswith("Operation not permitted")
    assert lines[4:] == ["full", "end"]
    assert "Read-only file system" in done.stderr
    assert not os.path.exists("/etc/erisc-mine")


def test_up_leaves_running_hosts_alone(lab: Lab) -> None:
    first = ssh(lab.state_dir, status(lab).hosts[1].management, "cat /proc/1/stat").stdout
    up(lab)
    assert ssh(lab.state_dir, status(lab).hosts[1].management, "cat /proc/1/stat").stdout == first


def test_services_stop_and_start_by_their_script(lab: Lab) -> None:
    address = status(lab).hosts[0].management
    script = (
        "erisc-service web stop; erisc-service web pids || echo down; erisc-service web start; erisc-service web pids"
    )
    first, second = ssh(lab.state_dir, address, script).stdout.split()
    assert first == "down"
    assert second.isdigit()
    assert log_tail(lab, "controller-1/web") == []


def test_power_and_reboot(lab: Lab) -> None:
    host = emulated_hosts(lab.state_dir)[1]
    boot = ssh(lab.state_dir, host.management, "cat /proc/1/stat").stdout
    ssh(lab.state_dir, host.management, "touch /root/gone; reboot -f")
    until = time.monotonic() + 20
    while (again := ssh(lab.state_dir, host.management, "cat /proc/1/stat")).returncode or again.stdout == boot:
        assert time.monotonic() < until
    assert ssh(lab.state_dir, host.management, "test -e /root/gone").returncode == 1
    power.press(lab.state_dir, host.name, "off")
    assert status(lab).state == "partial"
    assert ssh(lab.state_dir, host.management, "true").returncode == 255
    up(lab)
    assert status(lab).state == "up"


def test_up_heals_a_cut_network(lab: Lab) -> None:
    subprocess.run(["ip", "link", "del", next(t for t in traces(lab.state_dir) if "erd-" in t).split()[1]], check=True)
    up(lab)
    with urllib.request.urlopen(f"http://{status(lab).hosts[0].data}/", timeout=5) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("after", [0.3, 0.7])
def test_an_up_killed_at_any_moment_is_gone_on_with(unmade: Lab, after: float) -> None:
    process = subprocess.Popen([sys.executable, "-c", UP, unmade.state_dir])
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert up(unmade, Options(hosts="3")).state == "up"
    assert down(unmade) > 0
    assert traces(unmade.state_dir) == []


def test_down_leaves_nothing_even_of_a_lab_whose_keepers_died(unmade: Lab) -> None:
    up(unmade, Options(hosts="2"))
    assert traces(unmade.state_dir)
    for host in emulated_hosts(unmade.state_dir):
        with open(os.path.join(power.folder_of(unmade.state_dir, host.name), "keeper.pid"), encoding="utf-8") as file:
            os.kill(int(file.read()), signal.SIGKILL)
    down(unmade)
    assert traces(unmade.state_dir) == []
    assert status(unmade).state == "down"
