"""A lab's folder: what is done is known after any crash, and nothing that is not a lab is ever removed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from erisc.base.failure import Failure
from erisc.lab import open_lab, wipe
from erisc.lab.state import State, write


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(str(tmp_path / "lab"))
    state.make()
    return state


def test_a_step_is_done_only_for_what_it_was_done_for(state: State) -> None:
    assert not state.is_done("identity", "ports 17000")
    state.mark_done("identity", "ports 17000")
    assert State(state.folder).is_done("identity", "ports 17000")
    assert not state.is_done("identity", "ports 17020")
    assert not state.is_done("identity")
    state.undo("identity")
    state.undo("identity")
    assert not state.is_done("identity", "ports 17000")


def test_an_empty_marker_file_of_a_crash_does_not_count(state: State) -> None:
    Path(state.path("done", "schemas")).touch()
    assert not state.is_done("schemas")


def test_a_file_that_could_not_be_written_to_the_end_is_not_seen(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    path = state.path("lab.json")
    write(path, '{"computes": 3}')

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, '{"computes": 4}')
    assert state.record() == {"computes": 3}


def test_passwords_are_made_once_differ_from_lab_to_lab_and_are_the_owners_alone(state: State, tmp_path: Path) -> None:
    first = state.passwords()
    assert state.passwords() == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE(os.stat(state.path("passwords.json")).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(state.folder).st_mode) == 0o700
    other = State(str(tmp_path / "other"))
    other.make()
    assert not set(other.passwords().values()) & set(first.values())


def test_one_command_at_a_time_works_on_a_lab(state: State) -> None:
    with state.locked():
        State(state.folder).make()
        with pytest.raises(Failure, match="another command"), State(state.folder).locked():
            pass
    with state.locked():
        pass


def test_a_folder_with_something_else_in_it_is_neither_used_nor_removed(tmp_path: Path) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(Failure, match="not empty"):
        State(str(folder)).make()
    with pytest.raises(Failure, match="not a lab's folder"):
        wipe(open_lab("x", str(folder)))
    assert (folder / "thesis.txt").exists()


def test_wiping_removes_the_folder_and_wiping_nothing_says_so(state: State) -> None:
    lab = open_lab("x", state.folder)
    assert wipe(lab)
    assert not os.path.exists(state.folder)
    assert not wipe(lab)


def test_a_path_too_long_for_its_sockets_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with pytest.raises(Failure, match="too long"):
        State(str(folder)).make()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", "Ünïcode", "x" * 40, ".hidden"])
def test_a_name_that_would_leave_the_home_of_labs_is_refused(name: str) -> None:
    with pytest.raises(Failure) as caught:
        open_lab(name)
    assert caught.value.exit_code == 2
