"""The arithmetic of the runner plug-in, loaded as Rally loads it: arrivals, users and shards of a schedule."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.executor.bundles import PLUGIN, stage

ASK = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("erisc_staged", sys.argv[1])
plugin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plugin)
told = []
for question in json.load(sys.stdin):
    stages = plugin.stages_of(question["stages"], question["model"])
    if question["model"] == "open":
        answer = [[i, at, one.name] for i, at, one in plugin.arrivals(stages, question["arrivals"], question["choice"])]
    else:
        answer = [plugin.user_changes(one) for one in stages]
    told.append(answer)
for text in ("0/1", "2/3", ""):
    shard = plugin.shard_of(text)
    told.append([shard.users(level) for level in range(8)])
json.dump(told, sys.stdout)
"""


def ask(python: str, *questions: dict[str, Any]) -> list[Any]:
    """The plug-in's own answers; it is imported where Rally is."""
    done = subprocess.run(
        [python, "-c", ASK, str(PLUGIN)], input=json.dumps(questions), capture_output=True, text=True, check=True
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def opened(stages: list[dict[str, Any]], arrivals: str = "paced", choice: int = 7) -> dict[str, Any]:
    """A question about the open model."""
    return {"model": "open", "stages": stages, "arrivals": arrivals, "choice": choice}


@pytest.fixture(scope="module")
def told(drivers_python: str) -> list[Any]:
    """One process answers everything, for importing Rally takes a second."""
    later = stage("hold", "s", 2.0, 5, 5) | {"start": 3.0}
    counted = stage("hold", "n", 1.0, 50, 50) | {"iterations": 40, "duration": None}
    waves = [stage("ramp", "up", 10.0, 0, 40), stage("hold", "top", 10.0, 40, 40), stage("ramp", "down", 10.0, 40, 0)]
    return ask(
        drivers_python,
        opened([later]),
        opened([counted, stage("hold", "after", 1.0, 10, 10)]),
        opened([counted, stage("hold", "after", 1.0, 10, 10)], "poisson"),
        opened(waves, "poisson"),
        opened(waves, "poisson"),
        opened(waves, "poisson", 8),
        opened([stage("hold", "", 0.1, 10, 10), stage("hold", "", 0.2, 10, 10)]),
        {"model": "closed", "stages": [stage("ramp", "", 4.0, 0, 2), stage("ramp", "", 4.0, 2, 0)]},
    )


def test_a_first_stage_may_start_later(told: list[Any]) -> None:
    assert [at for _, at, _ in told[0]] == pytest.approx([3.1 + k / 5 for k in range(10)])


def test_iterations_say_how_long_a_stage_of_the_open_model_is(told: list[Any]) -> None:
    names = [name for _, _, name in told[1]]
    assert (names.count("n"), names.count("after")) == (40, 10)
    assert next(at for _, at, name in told[1] if name == "after") == pytest.approx(0.8 + 0.05)


def test_poisson_arrivals_of_a_stage_bounded_by_iterations_are_as_many(told: list[Any]) -> None:
    assert sum(name == "n" for _, _, name in told[2]) == 40
    assert all(at <= 0.8 for _, at, name in told[2] if name == "n")


def test_poisson_arrivals_are_the_choice_s_and_follow_the_level(told: list[Any]) -> None:
    assert told[3] == told[4]
    assert told[3] != told[5]
    instants = [at for _, at, _ in told[3]]
    assert instants == sorted(instants)
    # Means 200, 400, 200: five standard deviations.
    for name, mean in (("up", 200), ("top", 400), ("down", 200)):
        assert sum(each == name for _, _, each in told[3]) == pytest.approx(mean, abs=5 * mean**0.5)
    gaps = [b - a for (_, a, one), (_, b, other) in zip(told[3], told[3][1:], strict=False) if one == other == "top"]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert spread / mean == pytest.approx(1.0, abs=0.25), "exponential gaps spread as much as they last"


def test_rounding_makes_no_arrival(told: list[Any]) -> None:
    assert len(told[6]) == 3


def test_users_cross_at_halves(told: list[Any]) -> None:
    assert told[7] == [[[0.0, 0], [1.0, 1], [3.0, 2]], [[0.0, 2], [1.0, 1], [3.0, 0]]]


def test_shards_split_the_users_among_them(told: list[Any]) -> None:
    whole, third, empty = told[8:]
    assert whole == list(range(8)) == empty
    assert third == [0, 0, 0, 1, 1, 1, 2, 2]
