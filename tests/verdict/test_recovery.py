"""Recovery against known truth: simulated services that fail and come back, or never do."""

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.verdict.program import Stage, Workload
from erisc.verdict.recovery import Outcome, Strike, Success, Watch, recover
from tests.verdict.simulate import ENDLESS, T0, World, closed_lines, open_lines

END = 120.0


def series(world: World) -> list[Success]:
    lines = [json.loads(line) for line in (closed_lines(world) if world.users else open_lines(world))]
    began = {line["i"]: line["intended_mono"] for line in lines if line["event"] == "begin"}
    ends = [line for line in lines if line["event"] == "end" and line["error"] is None]
    done = [Success(line["finished_mono"] - T0, line["finished_mono"] - began[line["i"]]) for line in ends]
    return sorted(done, key=lambda success: success.at)


def stages(world: World) -> list[Stage]:
    found, at = [], 0.0
    for duration, start, end, name in world.stages:
        found.append(Stage(name, "hold" if start == end else "ramp", at, duration, start, end))
        at += duration
    return found


def judged(world: World, alpha: float = 0.05, until: float = math.inf) -> Outcome:
    onset, healed = world.faults[0]
    watch = Watch(0.0, min(until, world.end))
    return recover(Strike("mq_crash", onset, healed), series(world), stages(world), watch, world.within, alpha)


def outage(rate: float, length: float, **more: object) -> World:
    """An outage of `length` s from t = 30 s, under a load of `rate` per s for two minutes."""
    world = {
        "stages": ((END, rate, rate, "steady"),),
        "faults": ((30.0, 32.0),),
        "outages": ((30.0, 30.0 + length, 1.0),) if length else (),
        **more,
    }
    return World(**world)  # type: ignore[arg-type]


def back_at(world: World, length: float) -> float:
    """s from the onset at which the series can be back: an operation's shortest latency after the service is."""
    return length + world.latency - world.jitter / 2


def covers(found: Outcome, truth: float) -> bool:
    return found.low <= truth + 1e-6 and truth <= found.high + 1e-6


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(1, 8),
    length=st.floats(0, 60),
    latency=st.floats(0.3, 4),
    users=st.sampled_from([0, 0, 2, 4]),
    hold_up=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_the_interval_covers_the_true_recovery(
    rate: float, length: float, latency: float, users: int, hold_up: bool, seed: int
) -> None:
    world = outage(rate, length, latency=latency, jitter=0.4 * latency, users=users, hold_up=hold_up, seed=seed)
    found = judged(world, alpha=0.01)
    if not found.seen:
        assert "too little load" in found.note
        return
    assert covers(found, back_at(world, length) if length else 0.0), found
    assert found.value is not None


def test_chance_alone_seldom_degrades_a_poisson_stream() -> None:
    """The false-alarm rate is the error that was asked for, for the least regular arrivals there are."""
    alarms = sum((judged(outage(3.0, 0.0, poisson=True, seed=seed)).value or 0.0) > 0 for seed in range(80))
    assert alarms <= 8


def test_most_partial_losses_are_covered() -> None:
    chance = random.Random(3)
    held = 0
    for seed in range(40):
        length = chance.uniform(20, 60)
        world = outage(4.0, length, outages=((30.0, 30.0 + length, 0.6),), seed=seed)
        held += covers(judged(world), back_at(world, length))
    assert held >= 32


def test_a_short_stutter_is_no_outage() -> None:
    found = judged(outage(4.0, 0.8))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.note == "nothing to recover from: no degradation seen after mq_crash"
    assert found.high >= 0.8


@pytest.mark.parametrize("users", [0, 4])
def test_a_burst_of_held_up_work_hides_no_second_outage(users: int) -> None:
    world = outage(4.0, 20.0, users=users, hold_up=True, outages=((30.0, 50.0, 1.0), (51.0, 80.0, 1.0)))
    found = judged(world)
    assert covers(found, 50.0), found


def test_still_degraded_at_the_end_is_censored_not_a_time() -> None:
    found = judged(outage(4.0, ENDLESS))
    assert found.value is None
    assert found.high == math.inf
    assert 85.0 < found.low < 90.0
    assert found.note.startswith("not recovered: still degraded 90 s after mq_crash")


def test_the_formulas_window_ends_the_watch() -> None:
    found = judged(outage(4.0, 60.0), until=70.0)
    assert found.value is None
    assert 36.0 < found.low <= 40.0


def test_a_fault_that_is_never_healed_has_no_recovery() -> None:
    found = judged(outage(4.0, 10.0, faults=((30.0, None),)))
    assert found.value is None
    assert found.high == math.inf
    assert "was not healed while the load ran" in found.note


def test_too_little_load_before_the_onset_says_how_much_is_needed() -> None:
    world = outage(1.0, 5.0, faults=((5.0, 8.0),), outages=((5.0, 10.0, 1.0),))
    found = judged(world)
    assert not found.seen
    assert found.note == "too little load: 4 successes before mq_crash, 10 are needed"


def test_a_ramp_down_is_no_degradation() -> None:
    world = outage(4.0, 10.0, stages=((60.0, 4.0, 4.0, "steady"), (30.0, 4.0, 0.0, ""), (60.0, 1.0, 1.0, "low")))
    assert covers(judged(world), back_at(world, 10.0))


def test_load_that_is_held_on_belongs_to_the_baseline() -> None:
    world = outage(4.0, 10.0, stages=((29.0, 4.0, 4.0, "first"), (60.0, 4.0, 4.0, "steady")))
    assert covers(judged(world), back_at(world, 10.0))


def test_a_fault_during_a_ramp_has_no_baseline() -> None:
    found = judged(outage(4.0, 10.0, stages=((60.0, 1.0, 4.0, "up"), (60.0, 4.0, 4.0, "steady"))))
    assert not found.seen
    assert "outside a steady stage" in found.note


def test_slow_operations_do_not_look_like_degradation() -> None:
    """Latency of many arrivals' length: completions lag arrivals at the start, and run on after the end of load."""
    world = outage(5.0, 0.0, latency=6.0, jitter=2.0)
    assert judged(world).value == 0.0


def test_recovery_within_a_held_step_is_told() -> None:
    world = outage(4.0, 10.0, stages=((15.0, 2.0, 2.0, "climb"), (60.0, 4.0, 4.0, "climb")))
    climb = Stage("climb", "step", 0.0, 75.0, 2.0, 4.0, levels=((0.0, 15.0, 2.0), (15.0, 75.0, 4.0)))
    onset, healed = world.faults[0]
    held = Workload("boot", "open", (climb,)).levels
    found = recover(Strike("mq_crash", onset, healed), series(world), held, Watch(0.0, world.end), world.within, 0.05)
    assert covers(found, back_at(world, 10.0))
    assert found == judged(world)
