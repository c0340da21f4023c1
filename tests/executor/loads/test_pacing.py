"""The arithmetic of stages: how many arrivals, when, and whose."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.executor.loads.pacing import arrivals, quota, starts, user_changes
from erisc.executor.loads.task import WHOLE, Shard, Stage, parse_task

levels = st.floats(0, 30).map(lambda x: round(x, 2))
durations = st.floats(0.1, 6).map(lambda x: round(x, 2))


def task(*stages: dict[str, Any], **more: Any) -> Any:
    """A task of these stages."""
    plain = {"format": 1, "driver": "http", "scenario": "", "arguments": {}, "model": "open", "choice": "9f3c"}
    return parse_task({**plain, **more, "stages": list(stages)})


def stage(low: float, high: float, duration: float | None, **more: Any) -> dict[str, Any]:
    """A stage of a task."""
    return {"kind": "ramp", "name": "s", "from": low, "to": high, "duration": duration, **more}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(levels, levels, durations), min_size=1, max_size=4))
def test_paced_arrivals_are_as_many_as_the_integral_says(parts: list[tuple[float, float, float]]) -> None:
    if not any(low or high for low, high, _ in parts):
        return
    made = task(*(stage(low, high, duration) for low, high, duration in parts))
    found = list(arrivals(made, WHOLE))
    assert abs(len(found) - sum(one.integral for one in made.stages)) <= 0.5 + 1e-6
    assert [i for i, *_ in found] == list(range(len(found)))
    assert all(a[1] <= b[1] + 1e-9 for a, b in pairwise(found))
    for _, at, index in found:
        begin = starts(made)[index]
        assert begin <= at <= begin + parts[index][2] + 1e-9


def test_ramps_up_and_down_are_mirror_images() -> None:
    up = [at for _, at, _ in arrivals(task(stage(0, 40, 2.0)), WHOLE)]
    down = [at for _, at, _ in arrivals(task(stage(40, 0, 2.0)), WHOLE)]
    assert len(up) == 40
    assert up == pytest.approx([2.0 - at for at in reversed(down)])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 300), levels.filter(lambda x: x > 0.1), st.sampled_from(["paced", "poisson"]))
def test_a_stage_of_iterations_has_exactly_as_many(n: int, level: float, kind: str) -> None:
    made = task(stage(3, 3, 1.1), stage(level, level, n / level, iterations=n), arrivals=kind)
    found = [at for _, at, index in arrivals(made, WHOLE) if index == 1]
    assert len(found) == n
    assert all(1.1 <= at <= 1.1 + n / level + 1e-9 for at in found)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_poisson_arrivals_are_those_of_the_choice(choice: int) -> None:
    made = task(stage(100, 100, 20.0), arrivals="poisson", choice=f"{choice:x}")
    found = list(arrivals(made, WHOLE))
    assert found == list(arrivals(made, WHOLE))
    assert abs(len(found) - 2000) < 6 * 2000**0.5
    gaps = [b[1] - a[1] for a, b in pairwise(found)]
    assert 0.6 < sum(gap > 0.01 for gap in gaps) / len(gaps) / 0.3679 < 1.4


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 7), st.sampled_from(["paced", "poisson"]))
def test_shards_share_the_arrivals_without_loss(count: int, kind: str) -> None:
    made = task(stage(0, 30, 3.0), stage(30, 10, 2.0), arrivals=kind)
    parts = [one for index in range(count) for one in arrivals(made, Shard(index, count))]
    assert sorted(parts) == list(arrivals(made, WHOLE))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 200))
def test_shards_share_the_iterations_of_a_closed_stage(count: int, users: int, n: int) -> None:
    held = Stage("", 0.0, None, n, users, users)
    assert sum(quota(held, Shard(index, count)) for index in range(count)) == n
    assert all(quota(held, Shard(index, count)) == 0 for index in range(users, count))


def test_users_follow_the_level() -> None:
    assert user_changes(Stage("", 0.0, 10.0, None, 0.0, 3.0)) == [
        (0.0, 0), (pytest.approx(10 / 6), 1), (pytest.approx(5.0), 2), (pytest.approx(50 / 6), 3),
    ]  # fmt: skip
    assert [users for _, users in user_changes(Stage("", 0.0, 10.0, None, 3.0, 0.0))] == [3, 2, 1, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "other"}, {"format": 2}, {"arrivals": "bursts"}, {"choice": "no number"}, {"stages": []},
        {"stages": [stage(0, 0, 1.0)]}, {"stages": [stage(1, 1, None)]}, {"stages": [stage(1, 1, 0.0)]},
    ],
)  # fmt: skip
def test_what_is_no_task_is_refused(wrong: dict[str, Any]) -> None:
    plain = {"format": 1, "driver": "http", "scenario": "", "arguments": {}, "model": "open", "choice": "1"}
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse_task({**plain, "stages": [stage(1, 1, 1.0)], **wrong})
