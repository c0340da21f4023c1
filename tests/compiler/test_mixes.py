"""Mixes: the parts have all of the load between them, at every instant; chance depends on a workload's name alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.base.record import replace
from erisc.compiler import compile_spec
from erisc.compiler.lasting import levels
from erisc.compiler.plan import Plan, Span, Stage, Workload
from erisc.compiler.shares import Slice, changes, dealt

HERE = Span("x.eris", 1, 1, 1, 2)
PERCENTS = st.lists(st.integers(1, 99), min_size=1, max_size=6).map(
    lambda parts: tuple(part / sum(parts) for part in parts)
)
LEVELS = st.integers(0, 60)
KINDS = st.sampled_from(["hold", "ramp", "step"])


def stage(kind: str, low: float, high: float, height: float) -> Stage:
    if kind == "hold":
        return Stage("hold", "", 0.0, 60.0, None, low, low, None, None, HERE)
    if kind == "ramp" or low == high:
        return Stage("ramp", "", 0.0, 60.0, None, low, high, None, None, HERE)
    count = len(levels(Stage("step", "", 0.0, 1.0, None, low, high, height, 5.0, HERE)))
    return Stage("step", "", 0.0, 5.0 * count, None, low, high, height, 5.0, HERE)


def level_at(one: Stage, at: float) -> float:
    found = next((part for part in levels(one) if part.start <= at < part.end), levels(one)[-1])
    return found.low + (found.high - found.low) * (at - found.start) / (found.end - found.start)


def users_at(one: Stage, at: float) -> float:
    return [users for begin, users in changes(one) if begin <= at][-1]


@settings(deadline=None)
@given(PERCENTS, KINDS, LEVELS, LEVELS, st.integers(1, 20), st.lists(st.floats(0, 0.999), max_size=20))
def test_the_parts_of_an_open_load_sum_to_the_whole(
    shares: tuple[float, ...], kind: str, low: int, high: int, height: int, places: list[float]
) -> None:
    whole = stage(kind, low, high, height)
    parts = [Slice(shares, index).stage(whole, "open") for index in range(len(shares))]
    near = 1e-9 * len(parts)  # the levels of a step are rounded to nine decimals
    for at in (place * (whole.duration or 0) for place in places):
        assert sum(level_at(part, at) for part in parts) == pytest.approx(level_at(whole, at), abs=near)
    assert {(part.start, part.duration) for part in parts} == {(whole.start, whole.duration)}


@settings(deadline=None)
@given(PERCENTS, KINDS, LEVELS, LEVELS, st.integers(1, 20), st.lists(st.floats(0, 0.999), max_size=20))
def test_the_parts_of_users_are_whole_and_sum_to_the_whole(
    shares: tuple[float, ...], kind: str, low: int, high: int, height: int, places: list[float]
) -> None:
    whole = stage(kind, low, high, height)
    parts = [Slice(shares, index).stage(whole, "closed") for index in range(len(shares))]
    instants = {place * (whole.duration or 0) for place in places} | {at for at, _ in changes(whole)}
    for at in instants:
        found = [level_at(part, at) for part in parts]
        assert all(one == int(one) for one in found)
        assert sum(found) == users_at(whole, at)


@settings(deadline=None)
@given(PERCENTS, st.integers(0, 3000))
def test_a_user_more_takes_none_away(shares: tuple[float, ...], users: int) -> None:
    before, after = dealt(users, shares), dealt(users + 1, shares)
    assert (sum(before), sum(after)) == (users, users + 1)
    assert sum(more - less for less, more in zip(before, after, strict=True)) == 1
    assert all(more >= less for less, more in zip(before, after, strict=True))
    assert all(abs(have - users * share) < len(shares) for have, share in zip(before, shares, strict=True))


def test_seven_users_are_dealt_as_the_reference_says() -> None:
    assert dealt(7, (0.7, 0.3)) == [5, 2]
    assert [dealt(users, (0.6, 0.3, 0.1)) for users in range(6)] == [
        [0, 0, 0], [1, 0, 0], [1, 1, 0], [2, 1, 0], [3, 1, 0], [3, 2, 0]
    ]  # fmt: skip


# --- chance ---

SPEC = """edition 2026
import std.arch.single
import std.load { rally }
seed 7
param load: duration = 60 s
architecture site extends single {}
workload boot on site {
  run rally("Dummy.dummy")
  arrivals poisson
  hold 2 req/s for load as steady
}
%s
kpi success: ratio = ratio(boot[ok] during boot.steady)
slo available: success >= 50 %%
experiment trial {
  use site, boot%s
  sweep load in [60 s, 90 s]
  repeat 2
  check available
}
"""
MORE = """workload login on site {
  run 50 % rally("Dummy.dummy") as one
  run 50 % rally("Dummy.dummy") as other
  arrivals poisson
  hold 2 req/s for 60 s
}
"""


def plan_of(folder: Path, text: str) -> Plan:
    (folder / "spec.eris").write_text(text)
    made = compile_spec(str(folder / "spec.eris"))
    assert made.plan, made.diagnostics
    return made.plan


def choices(plan: Plan) -> list[dict[str, int]]:
    return [{one.name: one.choice for one in cell.workloads} for cell in plan.cells]


def test_another_workload_moves_no_arrival(tmp_path: Path) -> None:
    alone, beside = plan_of(tmp_path, SPEC % ("", "")), plan_of(tmp_path, SPEC % (MORE, ", login"))
    assert [one["boot"] for one in choices(alone)] == [one["boot"] for one in choices(beside)]
    drawn = list(itertools.chain.from_iterable(one.values() for one in choices(beside)))
    assert len(set(drawn)) == len(drawn) == 4 * 3
    assert all(0 < one < 2**64 for one in drawn)


def test_the_seed_alone_moves_them(tmp_path: Path) -> None:
    one, again = plan_of(tmp_path, SPEC % ("", "")), plan_of(tmp_path, SPEC % ("", ""))
    other = plan_of(tmp_path, (SPEC % ("", "")).replace("seed 7", "seed 8"))
    assert choices(one) == choices(again)
    assert all(left != right for left, right in zip(choices(one), choices(other), strict=True))


def test_paced_arrivals_have_no_chance(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, (SPEC % ("", "")).replace("  arrivals poisson\n", ""))
    assert {one["boot"] for one in choices(plan)} == {0}


def test_a_part_is_what_it_would_be_alone(tmp_path: Path) -> None:
    """But for its share: the same stages, the same arguments."""
    mixed = (
        SPEC.replace('run rally("Dummy.dummy")', 'run 100 %% rally("Dummy.dummy") as boot')
        .replace("workload boot", "workload clients")
        .replace("use site, boot", "use site, clients")
    )
    alone, part = plan_of(tmp_path, SPEC % ("", "")), plan_of(tmp_path, mixed % ("", ""))

    def bare(workload: Workload) -> Workload:
        return replace(workload, span=HERE, stages=tuple(replace(one, span=HERE) for one in workload.stages))

    assert [bare(one) for one in alone.cells[0].workloads] == [bare(one) for one in part.cells[0].workloads]


# --- bounds ---


@pytest.mark.parametrize(("parts", "stages", "found"), [(20, 11, []), (20, 12, ["E0433"]), (21, 1, ["E0433"])])
def test_a_mix_is_bounded(tmp_path: Path, parts: int, stages: int, found: list[str]) -> None:
    """What users of many parts in many ramps would cost is refused before it is paid."""
    share = f"100 % / {parts}"
    runs = "\n".join(f'  run ({share}) rally("Dummy.dummy") as part_{index}' for index in range(parts))
    ways = (("0", "900"), ("900", "0"))
    ramps = "\n".join(f"  ramp {ways[i % 2][0]} users -> {ways[i % 2][1]} users over 60 s" for i in range(stages))
    text = SPEC % (f"workload clients on site {{\n{runs}\n{ramps}\n}}", ", clients")
    (tmp_path / "spec.eris").write_text(text)
    assert [one.code for one in compile_spec(str(tmp_path / "spec.eris")).diagnostics if one.is_error] == found
