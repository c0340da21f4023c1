"""Event log, undo, run directory: what a crash, a full disk or a second executor may not spoil."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.base.failure import Failure
from erisc.executor import rundir
from erisc.executor.events import EventLog, read_events
from erisc.executor.undo import UndoLog, open_entries
from erisc.executor.undoers import MARK, end_process


def test_an_event_that_a_crash_tore_is_dropped_and_the_numbering_goes_on(tmp_path: Path) -> None:
    path = str(tmp_path / "events.jsonl")
    log = EventLog(path)
    log.append("run_started", run="r")
    log.append("phase_started", cell="0001", phase="deploy")
    log.close()
    with open(path, "a") as file:
        file.write('{"seq": 2, "wall": 1.0, "ty')
    assert [event["seq"] for event in read_events(path)] == [0, 1]
    EventLog(path).append("run_finished", status="broken")
    events = read_events(path)
    assert [event["seq"] for event in events] == [0, 1, 2]
    assert [event["type"] for event in events] == ["run_started", "phase_started", "run_finished"]
    assert "cell" not in events[0]
    assert events[1]["cell"] == "0001"


def test_a_log_damaged_in_the_middle_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"seq": 0}\nrubbish\n{"seq": 2}\n')
    with pytest.raises(Failure, match=r"events\.jsonl:2: not an event: b'rubbish'"):
        read_events(str(path))


Actions = list[tuple[str, int]]


@given(st.lists(st.tuples(st.sampled_from(["register", "end", "fail"]), st.integers(0, 4)), max_size=20))
def test_what_is_open_is_what_was_registered_and_not_ended(actions: Actions) -> None:
    log = _Memory()
    broken: set[int] = set()
    undo = UndoLog(log, {"k": lambda arguments: _maybe(arguments["n"] in broken)})  # type: ignore[arg-type]
    model: list[int] = []
    for action, n in actions:
        if action == "register":
            undo.register("k", {"n": n}, "about")
            model.append(n)
        else:
            broken = {n} if action == "fail" else set()
            left = undo.end(undo.open())
            model = [each for each in model if each in broken]
            assert [entry.arguments["n"] for entry, _ in left] == model[::-1]
    assert [entry.arguments["n"] for entry in open_entries(log.events)] == model
    again = UndoLog(log, {"k": lambda arguments: None}, log.events)  # type: ignore[arg-type]
    assert [entry.arguments["n"] for entry in again.open()] == model[::-1]
    again.end(again.open())
    assert not open_entries(log.events)


class _Memory:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def append(self, event_type: str, /, **fields: Any) -> None:
        self.events.append({"type": event_type, **fields})


def _maybe(fails: bool) -> None:
    if fails:
        raise Failure("no")


def test_undo_runs_the_latest_first_and_one_failure_stops_no_other() -> None:
    order: list[int] = []

    def undoer(arguments: dict[str, Any]) -> None:
        order.append(arguments["n"])
        if arguments["n"] == 2:
            raise RuntimeError("a client library's own")

    undo = UndoLog(_Memory(), {"k": undoer})  # type: ignore[arg-type]
    for n in (1, 2, 3):
        undo.register("k", {"n": n}, f"thing {n}")
    undo.register("of a newer erisc", {}, "thing 4")
    said: list[str] = []
    left = undo.end(undo.open(), said.append)
    assert order == [3, 2, 1]
    assert said == [
        "left: thing 4: this erisc does not know the undo kind 'of a newer erisc'",
        "ended: thing 3",
        "left: thing 2: RuntimeError: a client library's own",
        "ended: thing 1",
    ]
    assert [entry.about for entry, _ in left] == ["thing 4", "thing 2"]


def test_a_run_directory_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(Failure, match="holds something already") as caught:
        rundir.create(str(tmp_path))
    assert caught.value.exit_code == 2
    assert os.listdir(tmp_path) == ["notes"]


def test_a_run_is_worked_on_by_one_executor_at_a_time(tmp_path: Path) -> None:
    first = rundir.create(str(tmp_path / "run"))
    with pytest.raises(Failure, match=f"still worked on, by process {os.getpid()}"):
        rundir.RunDir(first.path).lock()
    first.unlock()
    rundir.RunDir(first.path).lock()


def test_marked_processes_end_and_others_do_not() -> None:
    sleeping = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '60'])"]
    marked = subprocess.Popen(sleeping, env={**os.environ, MARK: "run/0001/load"})
    other = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: "run/0001/load2"})
    try:
        end_process({"mark": "run/0001/load"})
        assert marked.wait(5) == -9
        assert other.poll() is None
        end_process({"mark": "run/0001/load"})
    finally:
        other.kill()
        other.wait()


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of one MiB."""
    if os.geteuid():
        pytest.skip("only root mounts a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_too_small_is_refused_before_anything(small_disk: Path) -> None:
    with pytest.raises(Failure, match=r"1 MiB are free at .*; a run needs 64 MiB"):
        rundir.create(str(small_disk / "run"))
    assert not os.listdir(small_disk)


def test_on_a_full_disk_nothing_is_begun_and_healing_goes_on(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rundir, "NEEDED", 0)
    run_dir = rundir.create(str(small_disk / "run"))
    log = EventLog(run_dir.events)
    ended: list[str] = []
    undo = UndoLog(log, {"k": lambda arguments: ended.append(arguments["n"])})
    undo.register("k", {"n": "first"}, "about")
    _fill(small_disk / "ballast")
    with pytest.raises(Failure, match="the event log cannot be written: No space left"):
        _register_many(undo)
    registered = open_entries(read_events(run_dir.events))
    assert len(registered) == len(undo.open())
    run_dir.release()
    log.must_write = False
    undo.end(undo.open())
    assert ended[-1] == "first"
    assert log.unwritten == 1
    assert not open_entries(read_events(run_dir.events))


def _register_many(undo: UndoLog) -> None:
    for _ in range(10_000):
        undo.register("k", {"n": "never" * 100}, "about")


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def test_events_are_json_lines_with_both_clocks(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(str(path)).append("fault_called", cell="0001", fault="störung", hosts=["ctl"], at=1.5)
    event = json.loads(path.read_text())
    assert list(event) == ["seq", "wall", "mono", "type", "cell", "fault", "hosts", "at"]
    assert event["wall"] > 1.6e9
