"""The engine with operations of known behaviour: who begins when, what waits, what is on record."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from erisc.executor.loads.engine import AgainError, Engine, OperationError, Over
from erisc.executor.loads.recording import Action, Recorder
from erisc.executor.loads.task import WHOLE, Shard
from tests.executor.loads.test_pacing import stage, task


class Doing:
    """Takes `seconds`; the iterations in `fail` fail. most: how many were under way at one time."""

    def __init__(self, seconds: float = 0.0, fail: frozenset[int] = frozenset()) -> None:
        self.seconds = seconds
        self.fail = fail
        self.now = self.most = 0

    async def prepare(self) -> None:
        """Nothing to prepare."""

    async def run(self, i: int, actions: list[Action]) -> None:
        """One iteration."""
        self.now += 1
        self.most = max(self.most, self.now)
        begin = time.monotonic()
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now -= 1
            actions.append(Action("do", begin, time.monotonic(), i not in self.fail))
        if i in self.fail:
            raise OperationError("status", f"number {i}")

    async def close(self) -> None:
        """Nothing to close."""


class Launched(Doing):
    """Does without tasks: even numbers only; number 4 has to be run after all."""

    def launch(self, i: int, over: Over) -> bool:
        """As in Launching."""
        if i % 2:
            return False
        error = AgainError() if i == 4 else OperationError("status", "") if i in self.fail else None
        asyncio.get_running_loop().call_later(self.seconds, over, i, error, [])
        return True


def play(folder: Path, made: Any, doing: Doing, shard: Shard = WHOLE, drain: float = 5.0, most: int = 100) -> Any:
    """Iterations by number (begin and end in one), and the lines about stages. t = 0 is at 0 in them."""
    recorder = Recorder(str(folder / "iterations.jsonl"))

    async def run() -> float:
        t0 = time.monotonic() + 0.02
        await Engine(made, shard, doing, recorder, most=most).play(t0, drain)
        return t0

    t0 = asyncio.run(run())
    recorder.close()
    found: dict[int, dict[str, Any]] = {}
    stages = []
    for line in (folder / "iterations.jsonl").read_text().splitlines():
        event = json.loads(line)
        for key in [key for key in event if key.endswith("mono")]:
            event[key] -= t0
        if event["event"] == "stage":
            stages.append(event)
        else:
            found.setdefault(event["i"], {}).update(event)
    return found, stages


def test_the_open_model_begins_at_the_schedule_s_instants(tmp_path: Path) -> None:
    found, stages = play(tmp_path, task(stage(40, 40, 0.5, start=0.1)), Doing(0.1, frozenset({3})))
    assert sorted(found) == list(range(20))
    assert [round(found[i]["intended_mono"], 4) for i in range(3)] == [0.1125, 0.1375, 0.1625]
    assert all(one["started_mono"] >= one["intended_mono"] for one in found.values())
    assert found[3]["error"] == {"type": "status", "message": "number 3"}
    assert [found[3]["actions"][0][key] for key in ("name", "ok")] == ["do", False]
    assert [(one["number"], one["name"], one["state"]) for one in stages] == [(0, "s", "started"), (0, "s", "finished")]
    assert [round(one["mono"], 3) for one in stages] == [0.1, 0.6]


def test_what_finds_all_places_taken_waits_and_keeps_its_intended_start(tmp_path: Path) -> None:
    doing = Doing(0.1)
    found, _ = play(tmp_path, task(stage(100, 100, 0.5)), doing, most=5)
    assert doing.most == 5
    assert [round(found[i]["intended_mono"], 4) for i in (0, 49)] == [0.005, 0.495]
    ended = [one for one in found.values() if "finished_mono" in one]
    assert max(one["started_mono"] - one["intended_mono"] for one in ended) > 0.1
    assert len(ended) < len(found) == 50  # what still waits at the end of the schedule is given up


def test_what_never_ends_is_on_record_and_unfinished(tmp_path: Path) -> None:
    found, _ = play(tmp_path, task(stage(20, 20, 0.3)), Doing(60.0), drain=0.1, most=4)
    assert len(found) == 6
    assert all("finished_mono" not in one for one in found.values())
    assert found[5]["started_mono"] >= 0.3


def test_what_is_launched_is_recorded_like_what_is_run(tmp_path: Path) -> None:
    doing = Launched(0.1, frozenset({2}))
    found, _ = play(tmp_path, task(stage(40, 40, 0.25)), doing, most=3)
    assert sorted(found) == list(range(10))
    ended = {i: one for i, one in found.items() if "finished_mono" in one}
    assert ended[2]["error"] == {"type": "status", "message": ""}
    assert [bool(ended[i]["actions"]) for i in (0, 1, 2, 3, 4)] == [False, True, False, True, True]
    assert ended[4]["error"] is None
    assert ended[4]["finished_mono"] - ended[4]["started_mono"] >= 0.19
    assert ended[3]["started_mono"] >= min(ended[i]["finished_mono"] for i in (0, 1, 2)) - 0.001


def test_what_was_launched_and_never_ends_is_unfinished(tmp_path: Path) -> None:
    found, _ = play(tmp_path, task(stage(20, 20, 0.3)), Launched(0.6), drain=0.1)
    assert len(found) == 6
    assert all("finished_mono" not in one for one in found.values())


def test_the_closed_model_keeps_as_many_users_as_the_level(tmp_path: Path) -> None:
    doing = Doing(0.02)
    closed = task(stage(3, 3, 0.5, name="a"), stage(1, 1, 0.5, name="b"), model="closed")
    found, _ = play(tmp_path, closed, doing)
    assert doing.most == 3
    assert {one["stage"] for one in found.values()} == {"a", "b"}
    assert all(one["intended_mono"] == one["started_mono"] for one in found.values())
    late = [one for one in found.values() if one["started_mono"] > 0.6]
    assert late
    assert all(a["finished_mono"] <= b["started_mono"] for a, b in pairwise(late))


def test_a_closed_stage_of_iterations_ends_when_all_have_begun(tmp_path: Path) -> None:
    closed = task(
        stage(2, 2, None, iterations=7, name="count", start=0.05), stage(1, 1, 0.1, name="after"), model="closed"
    )
    found, stages = play(tmp_path, closed, Doing(0.01))
    assert sum(one["stage"] == "count" for one in found.values()) == 7
    ends = {(one["name"], one["state"]): one["mono"] for one in stages}
    assert ends["after", "started"] == ends["count", "finished"] > 0.05
    assert round(ends["after", "finished"] - ends["after", "started"], 3) == 0.1


def test_users_think_between_two_iterations(tmp_path: Path) -> None:
    found, _ = play(tmp_path, task(stage(1, 1, 1.0), model="closed", think=0.15), Doing(0.0))
    assert 2 <= len(found) <= 7
    assert all(b["started_mono"] - a["finished_mono"] >= 0.149 for a, b in pairwise(found.values()))


def test_shards_number_their_iterations_apart(tmp_path: Path) -> None:
    numbers = []
    for index in range(2):
        folder = tmp_path / str(index)
        folder.mkdir()
        found, stages = play(folder, task(stage(3, 3, None, iterations=9), model="closed"), Doing(0.0), Shard(index, 2))
        assert [one["state"] for one in stages] == ["started", "finished"], "each tells of its part"
        numbers += list(found)
        assert {i % 2 for i in found} == {index}
    assert len(numbers) == 9
