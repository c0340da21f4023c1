"""The kept shell of a host: nothing that a script says or does is taken for its end, and what breaks is said."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.base.failure import Failure
from erisc.executor.faults.channel import Channel, Channels, on_each
from erisc.executor.faults.replies import LostError
from erisc.executor.zones import Host
from tests.executor.services import local_host


@pytest.fixture(scope="module")
def channels() -> Iterator[Channels]:
    with tempfile.TemporaryDirectory(prefix="e", dir="/tmp") as sockets:
        made = Channels(sockets)
        yield made
        made.close()


@pytest.fixture(scope="module")
def here(channels: Channels) -> Channel:
    return channels.of(local_host("ctl", {}))


def test_code_and_both_outputs_come_back(here: Channel) -> None:
    reply = here.run("echo out; echo err >&2; exit 7")
    assert (reply.code, reply.out, reply.err) == (7, "out\n", "err\n")
    assert reply.at <= time.monotonic()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200).filter(lambda data: b"\0" not in data))
def test_any_bytes_are_no_frame(here: Channel, data: bytes) -> None:
    octal = "".join(f"\\{byte:03o}" for byte in data)
    reply = here.run(f"printf '{octal}'; printf '{octal}' >&2")
    assert (reply.code, reply.out, reply.err) == (0, data.decode(errors="replace"), data.decode(errors="replace"))


@pytest.mark.parametrize(
    "text", ['echo "unfinished', "if true; then", "} )", "exec >&-; exec 2>&-; exit 1", "cd /; set -e; false"]
)
def test_a_broken_script_breaks_only_itself(here: Channel, text: str) -> None:
    shell = here.take()
    assert shell.run(text).code != 0
    assert shell.run("pwd; echo $-").out.splitlines()[0] == os.getcwd()
    here.give(shell)


def test_an_earlier_frame_is_not_the_end_of_a_later_script(here: Channel) -> None:
    shell = here.take()
    said = shell.run("cat /proc/$$/cmdline | tr '\\0' ' '; echo 0123456789abcdef0123456789abcdef-end 0")
    assert said.out.endswith("-end 0\n")
    assert shell.run("cat").out == ""  # the next script is not the input of this one
    here.give(shell)


def test_much_output_keeps_its_end(here: Channel) -> None:
    reply = here.run("yes | head -c 5000000; echo last")
    assert reply.out.endswith("y\nlast\n")
    assert len(reply.out) <= 2 << 20


def test_a_shell_that_dies_is_lost_and_the_next_script_gets_another(here: Channel) -> None:
    shell = here.take()
    with pytest.raises(LostError):
        shell.run("kill -9 $$")
    shell.close()
    assert here.run("echo again").out == "again\n"


def test_a_script_that_hangs_is_given_up(here: Channel) -> None:
    with pytest.raises(Failure, match=r"host ctl did not answer within 0\.2 s"):
        here.run("sleep 3", 0.2)
    assert here.run("echo again").out == "again\n"


def test_several_scripts_run_at_one_time_on_one_host(here: Channel) -> None:
    begun = time.monotonic()
    assert not on_each(range(4), lambda number: here.run("sleep 0.5"))
    assert time.monotonic() - begun < 1.9


def test_a_daemon_that_was_left_does_not_hold_the_shell(here: Channel) -> None:
    shell = here.take()
    reply = shell.run("sleep 20 & echo $!")
    os.kill(int(reply.out), 9)
    assert shell.run("echo next").out == "next\n"
    here.give(shell)


def test_a_host_that_cannot_be_reached_is_named(channels: Channels) -> None:
    if subprocess.run(["sh", "-c", "command -v ssh"], capture_output=True, check=False).returncode:
        pytest.skip("there is no ssh client")
    host = Host("far", "ssh", "127.0.0.1", 1, "nobody", "", {})
    with pytest.raises(Failure, match=r"host far cannot be reached over ssh as nobody@127\.0\.0\.1, port 1"):
        channels.of(host).open()
