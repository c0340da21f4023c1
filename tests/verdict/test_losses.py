"""Damaged records: what is good is kept, what is lost is stated, nothing passes on ruins."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.verdict import Verdict, evaluate
from erisc.verdict.readers import read_lines
from tests.verdict.simulate import World, write_run

ITERATIONS = "cells/0001/raw/boot/iterations.jsonl"
EVENTS = "events.jsonl"
WORLD = World(slos=(("available", "success", ">=", 0.6, 0.95),))


def damaged(folder: Path, name: str, damage: Callable[[list[str]], list[str]]) -> Verdict:
    write_run(folder, WORLD)
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in damage(path.read_text().splitlines())))
    return evaluate(str(folder / "bundle"), str(folder))


def losses(verdict: Verdict) -> list[tuple[str, int, str]]:
    return [(loss.file, loss.line, loss.what) for loss in verdict.losses]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "not a record: Expecting value at column 1"),
        ("[1, 2]", "not a record: an object was expected, not list"),
        ('{"event": "begin", "i": NaN}', "not a record: NaN is not a number"),
        ('{"event": "begin", "i": 9000, "stage": "steady", "started_mono": 1e999, "intended_mono": 1}',
         "started_mono is not finite"),
        ('{"event": "begin", "i": true, "stage": "steady", "started_mono": 1, "intended_mono": 1}',
         "i is True, a whole number was expected"),
        ('{"event": "begin", "i": 0, "stage": "steady", "started_mono": 1, "intended_mono": 1}',
         "iteration 0 begins a second time"),
        ('{"event": "end", "i": 0, "finished_mono": 1, "error": null, "actions": []}',
         "iteration 0 ends a second time"),
        ('{"event": "end", "i": 77777, "finished_mono": 1, "error": null, "actions": []}',
         "iteration 77777 ends and never began"),
        ('{"event": "middle"}', "event is 'middle', begin or end was expected"),
        ("[" * 100_000, "not a record: nested too deeply"),
    ],
)  # fmt: skip
def test_a_bad_line_is_left_out_and_named(line: str, what: str, tmp_path: Path) -> None:
    verdict = damaged(tmp_path, ITERATIONS, lambda lines: [*lines[:10], line, *lines[10:]])
    assert losses(verdict) == [(ITERATIONS, 11, what)]
    assert verdict.cells[0].kpis[0].n == 239
    assert verdict.outcome == "pass"


def test_an_iteration_that_ends_before_it_began_never_ended(tmp_path: Path) -> None:
    def backwards(lines: list[str]) -> list[str]:
        changed = [json.loads(line) for line in lines]
        first = next(row for row in changed if row["event"] == "end")
        first["finished_mono"] = 1.0
        return [json.dumps(row) for row in changed]

    verdict = damaged(tmp_path, ITERATIONS, backwards)
    assert len(verdict.losses) == 1
    assert "before it began" in verdict.losses[0].what


def test_a_torn_last_line_costs_that_line(tmp_path: Path) -> None:
    write_run(tmp_path, WORLD)
    path = tmp_path / ITERATIONS
    path.write_bytes(path.read_bytes()[:-25])
    verdict = evaluate(str(tmp_path / "bundle"), str(tmp_path))
    assert [loss.what for loss in verdict.losses] == ["torn: the last line was cut off while it was written"]
    assert verdict.outcome == "pass"


def test_a_torn_event_log_passes_nothing(tmp_path: Path) -> None:
    write_run(tmp_path, WORLD)
    path = tmp_path / EVENTS
    path.write_bytes(path.read_bytes()[:-25])
    verdict = evaluate(str(tmp_path / "bundle"), str(tmp_path))
    assert verdict.losses[0].file == EVENTS
    assert "has no run_finished" in verdict.notes[0]
    assert verdict.outcome == "inconclusive"


def test_a_clock_that_ran_backwards_is_told_and_the_event_kept(tmp_path: Path) -> None:
    def back(lines: list[str]) -> list[str]:
        rows = [json.loads(line) for line in lines]
        rows[3]["mono"] -= 500.0
        return [json.dumps(row) for row in rows]

    verdict = damaged(tmp_path, EVENTS, back)
    assert "the clock ran backwards by" in verdict.losses[0].what
    assert verdict.outcome == "pass"


def test_a_repeated_event_counts_once(tmp_path: Path) -> None:
    verdict = damaged(tmp_path, EVENTS, lambda lines: [line for line in lines for _ in range(2)])
    assert all("repetition" in loss.what for loss in verdict.losses)
    assert verdict.outcome == "pass"


def test_many_losses_pass_nothing_and_are_counted(tmp_path: Path) -> None:
    verdict = damaged(tmp_path, ITERATIONS, lambda lines: [*lines, *["rubbish"] * 500])
    assert len(verdict.losses) == 101
    assert verdict.losses[-1].what == "400 more lines could not be used"
    assert verdict.outcome == "inconclusive"
    assert "of the recorded lines were lost" in verdict.cells[0].slos[0].reason


def test_without_load_started_nothing_can_be_placed(tmp_path: Path) -> None:
    verdict = damaged(tmp_path, EVENTS, lambda lines: [line for line in lines if "load_started" not in line])
    assert "cannot be placed in time" in verdict.losses[-1].what
    assert verdict.outcome == "inconclusive"


@pytest.mark.parametrize("name", [EVENTS, ITERATIONS])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_makes_it_fall_over(name: str, data: st.DataObject, tmp_path: Path) -> None:
    if not (tmp_path / "whole").exists():
        write_run(tmp_path, WORLD)
        (tmp_path / "whole").write_bytes((tmp_path / name).read_bytes())
    content = bytearray((tmp_path / "whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 30))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(content))
    evaluate(str(tmp_path / "bundle"), str(tmp_path))


@given(st.binary())
def test_any_bytes_can_be_read(content: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        (Path(folder) / "x.jsonl").write_bytes(content)
        rows: list[dict[str, object]] = []
        read = read_lines(folder, "x.jsonl", lambda _, row: rows.append(row))
        assert len(rows) + len(read.losses) == read.total
