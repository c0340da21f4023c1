"""Helpers of a boot: their failures are told with the line that matters, and one failure ends the others."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from erisc.base.failure import Failure
from erisc.lab import processes, tasks
from erisc.lab.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(str(tmp_path / "lab"))
    state.make()
    return state


def test_a_failing_helper_is_quoted_with_its_last_error_and_the_path_of_its_log(state: State) -> None:
    code = "print('ERROR one'); print('ERROR access denied for glance'); print('bye'); raise SystemExit(3)"
    with pytest.raises(Failure) as caught:
        tasks.Crew().run(state, "migrate-glance", [sys.executable, "-c", code], dict(os.environ))
    assert "migrate-glance failed (exit 3)" in caught.value.what
    assert caught.value.detail == f"ERROR access denied for glance\n({state.path('log', 'migrate-glance.log')})"


def test_a_helper_gets_its_input_and_the_lab_is_marked_in_its_environment(state: State) -> None:
    code = "import os, sys; print(os.environ['ERISC_LAB_TASK'], sys.stdin.read())"
    tasks.Crew().run(state, "seed", [sys.executable, "-c", code], dict(os.environ), stdin="hello")
    assert tasks.tail(state.path("log", "seed.log"), 5) == ["seed hello"]


def test_when_one_job_fails_the_others_are_given_up_with_their_processes(state: State) -> None:
    crew = tasks.Crew()
    marked = dict(os.environ) | {processes.STATE_VARIABLE: state.folder}

    def fail() -> None:
        time.sleep(0.5)
        raise Failure("the broker is dead")

    begin = time.monotonic()
    with pytest.raises(Failure, match="the broker is dead"):
        crew.together(lambda: crew.run(state, "slow", ["sleep", "60"], marked), lambda: crew.sleep(60), fail)
    assert time.monotonic() - begin < 5
    assert not processes.of_lab(state.folder)


def test_what_a_killed_boot_left_running_is_found_and_ended(state: State) -> None:
    import subprocess

    marked = dict(os.environ) | {processes.STATE_VARIABLE: state.folder, processes.TASK_VARIABLE: "migrate"}
    shell = ["sh", "-c", "trap '' TERM; sleep 60 & wait; sleep 60"]
    child = subprocess.Popen(shell, env=marked, start_new_session=True)
    try:
        while len(processes.of_lab(state.folder, tasks_only=True)) < 2:
            time.sleep(0.01)
        assert processes.end(state.folder, tasks_only=True, patience=0.2) >= 2
        assert not processes.of_lab(state.folder)
    finally:
        child.kill()
        child.wait()


def test_the_last_error_of_a_log_is_its_traceback_not_its_last_line(tmp_path: Path) -> None:
    log = tmp_path / "nova.log"
    log.write_text("INFO start\nTraceback (most recent call last):\n  File x\nValueError: no such host\nINFO end\n\n")
    assert tasks.last_error(str(log)).splitlines()[0] == "ValueError: no such host"
    log.write_text("one\ntwo\n")
    assert tasks.last_error(str(log)).splitlines()[0] == "two"
    assert "is empty" in tasks.last_error(str(tmp_path / "absent.log"))
