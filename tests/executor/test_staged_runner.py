"""The runner plug-in under real Rally: arrivals at their instants, users that follow the level, what never finishes."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.executor.bundles import PLUGIN, stage

WORKER = PLUGIN.parents[3] / "executor" / "loads" / "rally_worker.py"
Iterations = dict[int, dict[str, Any]]


def write_task(folder: Path, runner: dict[str, Any], sleep: float = 0.05) -> Path:
    """A Rally task of one Dummy workload, which needs no cloud."""
    subtask = {"title": "w", "scenario": {"Dummy.dummy": {"sleep": sleep}}, "runner": {"erisc_staged": runner}}
    path = folder / "task.json"
    path.write_text(json.dumps({"version": 2, "title": "t", "subtasks": [subtask]}))
    (folder / "rally.conf").write_text(f"[database]\nconnection = sqlite:///{folder}/rally.sqlite\n")
    return path


def run_worker(python: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start the executor's own worker on the folder's task."""
    order = {
        "task": str(folder / "task.json"),
        "task_args": {},
        "plugins": str(PLUGIN.parent),
        "env_spec": {},
        "config": str(folder / "rally.conf"),
    }
    process = subprocess.Popen(
        [python, "-P", str(WORKER)], stdin=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
        env={**os.environ, "HOME": str(folder), "ERISC_ITERATIONS": str(folder / "iterations.jsonl"), **variables},
    )  # fmt: skip
    assert process.stdin is not None
    with process.stdin as pipe:
        json.dump(order, pipe)
    return process


def iterations(folder: Path) -> Iterations:
    """Begin and end of every iteration in one."""
    found: Iterations = {}
    for line in (folder / "iterations.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] != "stage":
            found.setdefault(event["i"], {}).update(event)
    return found


def rally_rows(folder: Path) -> list[dict[str, Any]]:
    """What Rally itself recorded."""
    task = json.loads((folder / "rally.json").read_text())["tasks"][0]
    rows: list[dict[str, Any]] = task["subtasks"][0]["workloads"][0]["data"]
    return rows


def test_open_model_follows_the_schedule_from_the_common_start(drivers_python: str, tmp_path: Path) -> None:
    ramp, hold = stage("ramp", "", 1.0, 0.0, 40.0), stage("hold", "steady", 1.0, 40.0, 40.0)
    write_task(tmp_path, {"model": "open", "stages": [ramp, hold]})
    process = run_worker(drivers_python, tmp_path, ERISC_RENDEZVOUS=str(tmp_path), ERISC_WORKLOAD="w")
    deadline = time.monotonic() + 200
    while not (tmp_path / "ready-w").exists():
        assert process.poll() is None, (tmp_path / "log").read_text()[-2000:]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not (tmp_path / "iterations.jsonl").exists() or not iterations(tmp_path)
    t0 = time.monotonic() + 0.3
    (tmp_path / "t0.new").write_text(json.dumps({"t0_mono": t0, "t0_wall": time.time() + 0.3}))
    (tmp_path / "t0.new").rename(tmp_path / "t0")
    assert process.wait(200) == 0
    seen = iterations(tmp_path)
    assert Counter(each["stage"] for each in seen.values()) == {"": 20, "steady": 40}
    # The integral of 40 t is 20 t²: arrival k of the ramp is at sqrt((k + 1/2) / 20); afterwards every 25 ms.
    planned = [((k + 0.5) / 20) ** 0.5 for k in range(20)] + [1 + (k + 0.5) / 40 for k in range(40)]
    assert [seen[i]["intended_mono"] - t0 for i in range(60)] == pytest.approx(planned, abs=1e-6)
    late = sorted(each["started_mono"] - each["intended_mono"] for each in seen.values())
    assert late[0] >= 0
    assert late[30] < 0.2
    assert all(each["error"] is None and each["actions"][0]["ok"] for each in seen.values())


@pytest.mark.slow
def test_closed_model_keeps_as_many_users_as_the_level_says(drivers_python: str, tmp_path: Path) -> None:
    stages = [stage("hold", "two", 2.0, 2, 2), stage("ramp", "up", 2.0, 2, 6), stage("hold", "six", 2.0, 6, 6)]
    write_task(tmp_path, {"model": "closed", "stages": [*stages, stage("ramp", "down", 2.0, 6, 0)]}, sleep=0.1)
    assert run_worker(drivers_python, tmp_path).wait(200) == 0
    seen = iterations(tmp_path).values()
    start = min(each["started_mono"] for each in seen)

    def users(at: float) -> int:
        return sum(each["started_mono"] <= start + at < each["finished_mono"] for each in seen)

    def mostly(low: float, high: float) -> int:
        return Counter(users(low + (high - low) * k / 40) for k in range(40)).most_common(1)[0][0]

    assert (mostly(0.2, 1.8), mostly(4.2, 5.8)) == (2, 6)
    assert max(users(k / 50) for k in range(400)) == 6
    assert users(8.3) == 0
    assert {each["stage"] for each in seen} == {"two", "up", "six", "down"}
    assert all(each["intended_mono"] == each["started_mono"] for each in seen)


@pytest.mark.slow
def test_two_generators_share_a_poisson_load(drivers_python: str, tmp_path: Path) -> None:
    runner = {
        "model": "open", "arrivals": "poisson", "choice": "9f3c6d0a1b2c3d4e", "processes": 2,
        "stages": [stage("hold", "s", 2.0, 30, 30) | {"start": 0.5}],
    }  # fmt: skip
    seen = []
    for shard in ("0/2", "1/2"):
        folder = tmp_path / shard[0]
        folder.mkdir()
        write_task(folder, runner)
        process = run_worker(drivers_python, folder, ERISC_SHARD=shard)
        assert process.wait(200) == 0, (folder / "log").read_text()[-2000:]
        seen.append(iterations(folder))
    assert all(i % 2 == 0 for i in seen[0])
    assert all(i % 2 == 1 for i in seen[1])
    both = seen[0] | seen[1]
    assert sorted(both) == list(range(len(both)))
    assert 30 < len(both) < 100
    instants = [[each["intended_mono"] for each in one.values()] for one in seen]
    gaps = {round(b - a, 6) for one in map(sorted, instants) for a, b in itertools.pairwise(one)}
    assert len(gaps) > 10, "nothing about them is even"


@pytest.mark.slow
def test_a_stage_of_so_many_iterations_ends_when_they_have_begun(drivers_python: str, tmp_path: Path) -> None:
    counted = {"kind": "hold", "name": "n", "start": 0.0, "duration": None, "iterations": 21, "from": 3, "to": 3}
    after = stage("hold", "after", 1.0, 2, 2) | {"start": None, "iterations": None}
    write_task(tmp_path, {"model": "closed", "think": 0.2, "stages": [counted, after]}, sleep=0.05)
    assert run_worker(drivers_python, tmp_path).wait(200) == 0, (tmp_path / "log").read_text()[-2000:]
    seen = iterations(tmp_path).values()
    assert Counter(each["stage"] for each in seen)["n"] == 21
    lines = [json.loads(line) for line in (tmp_path / "iterations.jsonl").read_text().splitlines()]
    told = {(line["name"], line["state"]): line["mono"] for line in lines if line["event"] == "stage"}
    last = max(each["started_mono"] for each in seen if each["stage"] == "n")
    assert told["n", "finished"] == pytest.approx(last, abs=0.2)
    assert told["after", "started"] == told["n", "finished"]
    assert told["after", "finished"] - told["after", "started"] == pytest.approx(1.0, abs=1e-6)
    # Seven rounds of three users: 50 ms of work and 200 ms of thought each.
    assert told["n", "finished"] - told["n", "started"] > 6 * 0.25


@pytest.mark.slow
def test_what_does_not_come_back_is_unfinished_after_the_drain(drivers_python: str, tmp_path: Path) -> None:
    config = {"model": "open", "stages": [stage("hold", "s", 1.0, 4, 4)], "drain": 1.0, "max_in_flight": 3}
    write_task(tmp_path, config, sleep=60)
    assert run_worker(drivers_python, tmp_path).wait(200) == 0
    seen = iterations(tmp_path)
    assert len(seen) == 4
    assert all("finished_mono" not in each for each in seen.values())
    late = [i for i, each in seen.items() if each["started_mono"] - each["intended_mono"] > 0.1]
    assert late == [3], "the fourth found no thread, and is on record all the same"


@pytest.mark.slow
def test_three_hundred_arrivals_a_second(drivers_python: str, tmp_path: Path) -> None:
    write_task(tmp_path, {"model": "open", "stages": [stage("hold", "s", 4.0, 300, 300)]}, sleep=0.01)
    assert run_worker(drivers_python, tmp_path).wait(200) == 0
    seen = iterations(tmp_path)
    assert len(seen) == 1200
    late = sorted(each["started_mono"] - each["intended_mono"] for each in seen.values())
    assert late[600] < 0.25


@pytest.mark.slow
def test_stock_rally_runs_it_without_anything_of_ours(drivers_python: str, tmp_path: Path) -> None:
    task = write_task(tmp_path, {"model": "open", "stages": [stage("hold", "s", 1.0, 10, 10)], "processes": 2})
    content = json.loads(task.read_text())
    hook = {"action": {"sys_call": f"touch {tmp_path}/hooked"}, "trigger": {"event": {"unit": "iteration", "at": [5]}}}
    content["subtasks"][0]["hooks"] = [hook | {"description": "at the fifth"}]
    task.write_text(json.dumps(content))
    (tmp_path / "env.json").write_text("{}")
    rally = [str(Path(drivers_python).parent / "rally"), "--config-file", str(tmp_path / "rally.conf")]
    plugins = ["--plugin-paths", str(PLUGIN)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("ERISC")}
    for words in (
        ["db", "create"],
        ["env", "create", "--name", "e", "--spec", str(tmp_path / "env.json")],
        [*plugins, "task", "start", str(task)],
        ["task", "report", "--json", "--out", str(tmp_path / "rally.json")],
    ):
        done = subprocess.run(
            [*rally, *words], env={**variables, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert len(rally_rows(tmp_path)) == 10
    assert (tmp_path / "hooked").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"model": "open", "stages": []}, "stages"),
        ({"model": "half", "stages": [stage("hold", "s", 1, 1, 1)]}, "half"),
        ({"model": "open", "stages": [stage("hold", "s", 0, 1, 1)]}, "duration"),
        ({"model": "open", "stages": [stage("hold", "s", 1, 1, 2)]}, "a hold has one level"),
        ({"model": "open", "stages": [stage("ramp", "s", 1, 0, 0)]}, "there is no load"),
        ({"model": "open", "stages": [stage("hold", "s", 1, 1, 1)], "speed": 3}, "speed"),
    ],
)
def test_a_wrong_configuration_is_refused_by_rally(
    drivers_python: str, tmp_path: Path, config: dict[str, Any], complaint: str
) -> None:
    write_task(tmp_path, config)
    assert run_worker(drivers_python, tmp_path).wait(200) == 1
    assert complaint in (tmp_path / "log").read_text()
