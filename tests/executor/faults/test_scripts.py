"""What a strike is wrapped in: the undo before the effect, no effect after the heal, a dead-man."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.executor.faults import scripts
from erisc.executor.faults.channel import Channel, Channels
from tests.executor.services import local_host

_IDS = itertools.count()
ROUNDS = int(os.environ.get("ERISC_ROUNDS", "20"))


@pytest.fixture(scope="module")
def here() -> Iterator[Channel]:
    with tempfile.TemporaryDirectory(prefix="e", dir="/tmp") as sockets:
        channels = Channels(sockets)
        yield channels.of(local_host("ctl", {}))
        channels.close()


@pytest.fixture
def strike(here: Channel) -> Iterator[str]:
    name = f"test-{os.getpid()}-{next(_IDS)}"
    yield name
    assert here.run(scripts.close(name, "tree")).code == 0


def arm(here: Channel, strike: str, text: str = ":", heal: str = ":", after: float = 60.0) -> str:
    """The folder."""
    reply = here.run(scripts.arm(strike, "tree", text, heal, after, os.getpid()))
    assert reply.code == 0, reply.err
    return reply.out.splitlines()[-1]


def deadmen(folder: str) -> list[int]:
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{folder}/deadman.sh".encode() in one.read_bytes():
                found.append(int(one.parent.name))
        except OSError:
            continue
    return found


def test_the_heal_is_on_the_host_before_the_arm_text_runs(here: Channel, strike: str) -> None:
    folder = arm(here, strike, 'cp "$ERISC/heal.sh" "$ERISC/seen"; [ -s "$ERISC/deadman" ] && : > "$ERISC/watched"')
    assert folder.startswith(("/run/erisc/", "/dev/shm/erisc-"))
    assert os.path.getsize(f"{folder}/seen") > 0
    assert os.path.exists(f"{folder}/watched")
    assert len(deadmen(folder)) == 1


def test_close_ends_the_dead_man_and_leaves_nothing(here: Channel, strike: str) -> None:
    folder = arm(here, strike)
    (one,) = deadmen(folder)
    timer = Path(f"/proc/{one}/task/{one}/children").read_text().split()
    assert here.run(scripts.heal(strike, "tree", ":")).code == 0
    assert here.run(scripts.close(strike, "tree")).code == 0
    time.sleep(0.3)
    assert not os.path.exists(folder)
    assert not deadmen(folder)
    assert not any(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in timer if os.path.exists(f"/proc/{pid}"))


def test_nobody_came_so_the_host_healed_itself(here: Channel, strike: str, tmp_path: Path) -> None:
    effect = tmp_path / "effect"
    folder = arm(here, strike, heal=f"rm -f {effect}", after=1.0)
    assert here.run(scripts.act(folder, f"touch {effect}")).code == 0
    assert effect.exists()
    deadline = time.monotonic() + 10
    while effect.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_dead_man_that_was_put_off_waits(here: Channel, strike: str, tmp_path: Path) -> None:
    effect = tmp_path / "effect"
    effect.touch()
    folder = arm(here, strike, heal=f"rm -f {effect}", after=1.0)
    assert here.run(scripts.extend(folder, 60.0)).code == 0
    time.sleep(1.5)
    assert effect.exists()
    assert len(deadmen(folder)) == 1


def test_a_strike_that_is_closed_gets_no_other_dead_man(here: Channel, strike: str) -> None:
    folder = arm(here, strike)
    assert here.run(scripts.heal(strike, "tree", ":")).code == 0
    assert here.run(scripts.close(strike, "tree")).code == 0
    here.run(scripts.extend(folder, 60.0))
    time.sleep(0.5)
    assert not deadmen(folder)


def test_a_dead_man_whose_starter_died_minds_the_others_by_itself(here: Channel, strike: str) -> None:
    """The shell that starts another one may be gone before it can tell who that is, or end the one before."""
    folder = arm(here, strike)
    (old,) = deadmen(folder)
    started = "sh {0}/deadman.sh 60 {1} </dev/null >/dev/null 2>&1 &"
    here.run(started.format(folder, old))
    time.sleep(0.5)
    (new,) = deadmen(folder)
    assert new != old
    assert Path(folder, "deadman").read_text().strip() == str(new)
    Path(folder, "closed").touch()
    here.run(started.format(folder, new))
    time.sleep(0.5)
    assert not deadmen(folder)


def test_putting_off_again_and_again_leaves_one(here: Channel, strike: str) -> None:
    folder = arm(here, strike)
    for _ in range(5):
        assert here.run(scripts.extend(folder, 60.0)).code == 0
    time.sleep(0.3)
    assert len(deadmen(folder)) == 1


def test_putting_off_and_closing_at_one_time_leaves_nobody(here: Channel) -> None:
    folders = []
    for turn in range(ROUNDS):
        name = f"test-{os.getpid()}-{next(_IDS)}"
        folders.append(arm(here, name))
        late = threading.Timer(turn % 10 / 1000, here.run, [scripts.extend(folders[-1], 60.0)])
        late.start()
        assert here.run(scripts.heal(name, "tree", ":")).code == 0
        assert here.run(scripts.close(name, "tree")).code == 0
        late.join()
    time.sleep(0.5)
    assert not [pid for folder in folders for pid in deadmen(folder)]
    assert not [folder for folder in folders if os.path.exists(folder)]


def test_no_effect_comes_after_the_heal(here: Channel, strike: str, tmp_path: Path) -> None:
    effect = tmp_path / "effect"
    folder = arm(here, strike)
    assert here.run(scripts.heal(strike, "tree", ":")).code == 0
    for text in ("inject", "hold"):
        reply = here.run(scripts.act(folder, f"touch {effect} # {text}"))
        assert (reply.code, reply.err) == (scripts.CLOSED, "the strike is closed already\n")
    assert not effect.exists()


def test_a_heal_waits_for_the_effect_that_is_under_way(here: Channel, strike: str, tmp_path: Path) -> None:
    effect = tmp_path / "effect"
    folder = arm(here, strike)
    busy = threading.Thread(target=here.run, args=(scripts.act(folder, f"sleep 1; touch {effect}"),))
    busy.start()
    time.sleep(0.3)
    assert here.run(scripts.heal(strike, "tree", f"rm {effect}")).code == 0  # rm fails when there is nothing yet
    busy.join()
    assert not effect.exists()


def test_two_heals_come_one_after_the_other(here: Channel, strike: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arm(here, strike)
    text = scripts.heal(strike, "tree", f"echo begin >> {log}; sleep 0.4; echo end >> {log}")
    healers = [threading.Thread(target=here.run, args=(text,)) for _ in range(3)]
    for one in healers:
        one.start()
    for one in healers:
        one.join()
    assert log.read_text().split() == ["begin", "end"] * 3


def test_who_waits_while_another_closes_has_nothing_to_do(here: Channel, strike: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    folder = arm(here, strike, after=3.0)
    os.makedirs(f"{os.path.dirname(folder)}/healing.tree/{os.getpid()}")
    waiting = threading.Thread(target=here.run, args=(scripts.heal(strike, "tree", f"touch {log}"),))
    waiting.start()
    time.sleep(0.4)
    assert here.run(f"rm -rf {folder} {os.path.dirname(folder)}/healing.tree").code == 0
    waiting.join()
    assert not log.exists()
    assert not os.path.exists(folder)


def test_a_healer_that_died_does_not_keep_the_next_out(here: Channel, strike: str) -> None:
    folder = arm(here, strike)
    gone = subprocess.Popen(["true"])
    gone.wait()
    os.makedirs(f"{os.path.dirname(folder)}/healing.tree/{gone.pid}")
    assert here.run(scripts.heal(strike, "tree", ":"), 10).code == 0


def test_a_heal_works_where_the_folder_is_gone(here: Channel, strike: str) -> None:
    assert here.run(scripts.heal(strike, "tree", 'ls "$ERISC"')).code == 0
    assert here.run(scripts.left(strike, ":")).out == ""


def test_a_failed_arm_text_is_a_failure_with_its_words(here: Channel, strike: str) -> None:
    reply = here.run(scripts.arm(strike, "tree", "echo no such thing >&2; exit 4", ":", 60, 0))
    assert reply.code == 1
    assert reply.err == "no such thing\n"


@pytest.mark.parametrize("whose", ["init", "own", "parent", "child"])
def test_processes_that_must_not_be_touched_end_the_arm_text(here: Channel, strike: str, whose: str) -> None:
    child = subprocess.Popen(["sleep", "30"])
    pid = {"init": 1, "own": os.getpid(), "parent": os.getppid(), "child": child.pid}[whose]
    try:
        reply = here.run(scripts.arm(strike, "tree", f"erisc_refuse {pid}; echo struck", ":", 60, os.getpid()))
        assert reply.code == 1
        assert reply.err.startswith(f"process {pid} is init, or belongs to the executor")
        assert "struck" not in reply.out
    finally:
        child.kill()
        child.wait()


def test_needs_leaves_no_folder(here: Channel, strike: str) -> None:
    assert here.run(scripts.needs(strike, "echo something lacks")).out == "something lacks\n"
    assert not os.path.exists(f"/run/erisc/{strike}")
