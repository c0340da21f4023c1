"""Stages that only the run can time: read from a bundle, and told from what the load recorded."""

import json
import math
from pathlib import Path

from erisc.executor.bundle import SLOWEST, Stage, Workload
from erisc.executor.phases.told import stages_told

WORK = Workload(
    "boot",
    "rally",
    "",
    (
        Stage("up", 5.0, 10.0, 0.0, 4.0),
        Stage("steady", 15.0, None, 4.0, 4.0, 100),
        Stage("down", None, 20.0, 4.0, 0.0),
    ),
    "closed",
)


def line(number: int, name: str, state: str, mono: float) -> str:
    return json.dumps({"event": "stage", "number": number, "name": name, "state": state, "mono": mono})


def test_the_end_is_unknown_and_yet_bounded() -> None:
    assert WORK.end == math.inf
    assert WORK.latest == 5.0 + 10.0 + 25 * SLOWEST + 20.0


def test_what_the_plan_does_not_time_is_told_by_the_load(tmp_path: Path) -> None:
    rows = [
        line(0, "up", "started", 105.0),
        line(0, "up", "finished", 115.0),
        line(1, "steady", "started", 115.0),
        '{"event": "begin", "i": 0, "stage": "steady"}',
        line(1, "steady", "finished", 140.0),
        line(2, "down", "started", 140.0),
        line(2, "down", "finished", 150.0),
        line(3, "down", "started", 150.0),
        line(3, "down", "finished", 160.0),
        '{"event": "stage", "number": "x"',
    ]
    (tmp_path / "iterations.jsonl").write_text("\n".join(rows) + "\n")
    assert [(one.name, one.state, one.at) for one in stages_told(WORK, str(tmp_path), {"iterations.jsonl": 100.0})] == [
        ("steady", "started", 15.0),
        ("steady", "finished", 40.0),
        ("down", "started", 40.0),
        ("down", "finished", 60.0),
    ]
    assert stages_told(WORK, str(tmp_path / "nowhere"), {"iterations.jsonl": 100.0}) == []


def test_of_several_generators_a_stage_has_the_first_beginning_and_the_last_end(tmp_path: Path) -> None:
    told = {
        "a": [line(1, "steady", "started", 115.0), line(1, "steady", "finished", 139.0)],
        "b": [
            line(1, "steady", "started", 914.9),
            line(1, "steady", "finished", 940.5),
            line(2, "down", "started", 940.5),
        ],
        "lost": [line(1, "steady", "started", 15.1)],
    }
    for name, rows in told.items():
        (tmp_path / f"iterations.{name}.jsonl").write_text("\n".join(rows) + "\n")
    zeros = {"iterations.a.jsonl": 100.0, "iterations.b.jsonl": 900.0, "iterations.lost.jsonl": 0.0}
    assert [(one.name, one.state, one.at) for one in stages_told(WORK, str(tmp_path), zeros)] == [
        ("steady", "started", 14.9),
        ("steady", "finished", 40.5),
        ("down", "started", 40.5),
    ]
