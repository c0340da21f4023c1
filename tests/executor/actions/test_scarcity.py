"""Faults of scarcity: what is taken is measured where it lacks."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.executor.faults.actions.limits import EXHAUST_FILES, EXHAUST_PROCESSES
from erisc.executor.faults.actions.scarcity import BURN_CPU, BURN_IO, FILL_DISK, FILL_MEMORY
from erisc.executor.faults.protocol import HostAction
from tests.executor.actions.hosts import Place, RefusedError, Struck, strike, wait_for


def cpu_of(struck: Struck) -> int:
    """Clock ticks that the workers of the strike have had."""
    total = 0
    for pid in struck.place.sh(f'cat "{struck.folder}/workers"').split():
        with_children = struck.place.sh(f"cat /proc/{pid}/stat").rpartition(")")[2].split()
        total += int(with_children[11]) + int(with_children[12])
    return total


def greedy(seconds: float) -> float:
    """The share of a processor that a process gets that wants all of it: a busy machine has less to give."""
    busy = "while time.monotonic() < end: pass"
    text = f"import time\nend = time.monotonic() + {seconds}\n{busy}\nprint(time.process_time())"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return float(done.stdout) / seconds


def test_burn_cpu_takes_its_share_of_every_processor(one: Place, shell: list[str]) -> None:
    struck = Struck(one, BURN_CPU, strike(one, share=0.2), shell)
    assert not struck.needs()
    struck.run("arm")
    workers = len(one.sh(f'cat "{struck.folder}/workers"').split())
    assert workers == int(one.sh("grep -c ^processor /proc/cpuinfo"))
    assert cpu_of(struck) <= workers * 2
    begun = time.monotonic()
    struck.run("inject")
    to_be_had = greedy(2)
    share = cpu_of(struck) / 100 / workers / (time.monotonic() - begun)
    assert min(0.2, to_be_had) / 2 < share < 0.3, (share, to_be_had)
    struck.heal()


def test_fill_memory_takes_it_and_gives_it_back(one: Place, each_shell: list[str]) -> None:
    struck = Struck(one, FILL_MEMORY, strike(one, share=0.01), each_shell)
    struck.strike()
    want = int(one.sh(f'cat "{struck.folder}/want"'))
    pids = one.sh(f'cat "{struck.folder}/workers"').split()
    resident = sum(int(one.sh(f"cat /proc/{pid}/statm").split()[1]) for pid in pids) * 4 // 1024
    assert want * 0.95 < resident < want * 1.1
    assert {one.sh(f"cat /proc/{pid}/oom_score_adj").strip() for pid in pids} == {"1000"}
    struck.heal()


def test_fill_memory_refuses_what_would_end_processes(one: Place) -> None:
    struck = Struck(one, FILL_MEMORY, strike(one, share=0.95))
    assert "take a smaller share" in struck.needs()
    with pytest.raises(RefusedError, match="take a smaller share"):
        struck.run("arm")


def test_burn_io_writes_and_leaves_no_file(one: Place, shell: list[str]) -> None:
    struck = Struck(one, BURN_IO, strike(one, writers=2), shell)
    one.sh("mount -t tmpfs -o size=400m none /var/tmp")
    try:
        struck.strike()
        wait_for(lambda: one.sh("ls -A /var/tmp").split(), "nothing is written")
        struck.heal()
        assert one.sh("ls -A /var/tmp") == ""
    finally:
        one.sh("umount /var/tmp")


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_fill_disk_fills_it_to_the_last_block_or_to_its_share(one: Place, shell: list[str], share: float) -> None:
    one.sh("mkdir -p /run/it\\'s; mount -t tmpfs -o size=20m none /run/it\\'s")
    try:
        struck = Struck(one, FILL_DISK, strike(one, path="/run/it's", share=share), shell)
        struck.strike()
        used = int(one.sh("df -Pk /run/it\\'s | awk 'NR == 2 { print $3 * 100 / $2 }'").partition(".")[0])
        assert used == 100 if share == 1 else 48 <= used <= 50
        if share == 1:
            assert one.sh("echo word >/run/it\\'s/file; cat /run/it\\'s/file 2>&1", check=False) == ""
        struck.heal()
        assert one.sh("rm -f /run/it\\'s/file; ls -A /run/it\\'s") == ""
    finally:
        one.sh("umount /run/it\\'s")


def test_fill_disk_does_not_fill_what_its_own_heal_needs(one: Place) -> None:
    with pytest.raises(RefusedError, match="needs /dev/shm"):
        Struck(one, FILL_DISK, strike(one, path="/dev/shm")).run("arm")


SERVICE = """
import os, subprocess, sys, time
while True:
    time.sleep(0.02)
    try:
        os.close(os.open("/dev/null", os.O_RDONLY))
        files = "yes"
    except OSError as error:
        files = os.strerror(error.errno)
    pid = -1
    try:
        pid = os.fork()
        processes = "yes"
    except OSError as error:
        processes = os.strerror(error.errno)
    if pid == 0:
        os._exit(0)
    elif pid > 0:
        os.waitpid(pid, 0)
    os.pwrite(1, (files + ", " + processes).ljust(80).encode(), 0)
"""


def service(one: Place) -> dict[str, Any]:
    """A service that says all the time whether it can open files and start processes."""
    with open(f"{one.folder}/try.py", "w") as file:
        file.write(SERVICE)
    start = (
        f"setsid /usr/bin/env python3 {one.folder}/try.py >{one.folder}/try.out 2>&1 & echo $! >{one.folder}/try.pid"
    )
    one.sh(start)
    return {"manager": "pidfile", "path": f"{one.folder}/try.pid", "start": ["sh", "-c", start]}


@pytest.mark.parametrize(
    ("action", "said"),
    [(EXHAUST_FILES, "Too many open files, yes"), (EXHAUST_PROCESSES, "yes, Resource temporarily unavailable")],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_service_finds_its_limit_and_is_free_again(
    one: Place, shell: list[str], action: HostAction, said: str
) -> None:
    keys = service(one)

    def says() -> str:
        return one.sh(f"cat {one.folder}/try.out", check=False).strip()

    try:
        wait_for(lambda: says() == "yes, yes", "the service does not run")
        struck = Struck(one, action, strike(one, "try", {"try": keys}), shell)
        if lacks := struck.needs():
            pytest.skip(lacks)
        struck.strike()
        wait_for(lambda: says() == said, "it has all it wants")
        assert struck.run("left") != ""
        struck.heal()
        wait_for(lambda: says() == "yes, yes", "it is not free again")
        broken = Struck(one, action, strike(one, "try", {"try": keys}), shell)
        broken.run("arm")
        broken.broken_inject(0.004)
        broken.heal()
        wait_for(lambda: says() == "yes, yes", "it is not free again")
    finally:
        one.sh(f"kill -KILL $(cat {one.folder}/try.pid)")


@pytest.mark.parametrize(
    ("action", "arguments"),
    [(BURN_CPU, {"share": 0.05}), (FILL_MEMORY, {"share": 0.01}), (FILL_DISK, {"path": "/run"})],
    ids=lambda each: getattr(each, "name", ""),
)
def test_heal_before_inject_without_the_folder_and_after_a_broken_inject(
    one: Place, action: HostAction, arguments: dict[str, Any]
) -> None:
    early = Struck(one, action, strike(one, **arguments))
    early.heal()
    early.run("arm")
    early.heal()
    for after in (0.0, 0.003, 0.01):
        broken = Struck(one, action, strike(one, **arguments))
        broken.run("arm")
        broken.broken_inject(after)
        broken.forget()
        broken.heal()


@pytest.mark.parametrize(
    ("action", "arguments"),
    [(BURN_CPU, {"share": 2}), (FILL_MEMORY, {}), (FILL_DISK, {"path": "x"}), (BURN_IO, {"writers": "1; reboot"})],
)
def test_arguments_that_make_no_sense_are_refused(action: HostAction, arguments: dict[str, Any]) -> None:
    with pytest.raises(Failure):
        action.recipe(strike(Place("h", (), "/nowhere", "10.0.0.1"), **arguments))
