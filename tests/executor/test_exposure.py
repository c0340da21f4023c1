"""Blast radius: what faults could strike at one time, against a brute-force count of every pick there is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.executor.faults.exposure import Open, allowances, excess, most_struck, strikes
from erisc.executor.schedule import Effect, Schedule, Target
from erisc.executor.zones import Host, Zone

HOSTS = ("a", "b", "c", "d", "e")
ZONE = Zone(
    "z", "", (), {name: Host(name, "local", name, 22, "", "", {}) for name in HOSTS},
    {"controller": ("a", "b", "c"), "edge": ("d", "e"), "all": HOSTS},
)  # fmt: skip


def candidates(target: Target) -> Sequence[str]:
    return ZONE.groups[target.nodes]


def effect(selector: str, duration: float | None, count: int = 1, action: str = "kill") -> Effect:
    return Effect(action, Target("x", "controller", "", selector, count, "", ()), {}, duration, 7)


@st.composite
def strike(draw: st.DrawFn) -> Open:
    hosts = tuple(sorted(draw(st.sets(st.sampled_from(HOSTS), min_size=1))))
    return Open("f", 0.0, 1.0, hosts, draw(st.integers(1, len(hosts))))


@given(st.lists(strike(), max_size=4), st.sets(st.sampled_from(HOSTS)))
@settings(max_examples=300)
def test_the_worst_case_is_the_worst_of_all_picks(opens: list[Open], group: set[str]) -> None:
    picks = product(*(combinations(one.hosts, one.most) for one in opens))
    worst = max(len(group & {host for pick in picked for host in pick}) for picked in picks)
    assert most_struck(opens, group) == worst


def test_five_thousand_hosts_are_counted_as_well() -> None:
    group = [f"h{n}" for n in range(5000)]
    opens = [Open("f", 0, 1, tuple(group), 5000), Open("g", 0, 1, tuple(group[:100]), 1)]
    assert most_struck(opens, group) == 5000


def test_steps_follow_each_other_and_each_takes_its_hosts_one_by_one() -> None:
    steps = ((effect("one", 5.0), effect("any", 3.0, 2)), (effect("each", 4.0),))
    assert [(o.start, o.end, o.most) for o in strikes("f", 10.0, steps, candidates)] == [
        (10.0, 15.0, 1),
        (10.0, 13.0, 2),
        (15.0, 27.0, 1),
    ]


def allowed(**stated: int | None) -> dict[str, tuple[int, bool]]:
    return allowances(Schedule(dict(stated), (), ()), ("controller", "edge"), ZONE)


def test_a_set_of_three_or_more_keeps_a_majority_unless_the_spec_says_otherwise() -> None:
    assert allowed() == {"controller": (1, False)}
    assert allowed(controller=3, edge=0) == {"controller": (3, True), "edge": (0, True)}
    assert allowed(controller=None) == {}


def planned(*faults: tuple[str, float, Effect]) -> list[Open]:
    return [one for name, at, each in faults for one in strikes(name, at, ((each,),), candidates, ("reboot",))]


@pytest.mark.parametrize(
    ("opens", "text"),
    [
        (planned(("split", 1.0, effect("majority", 5.0))),
         "split could strike 2 of the 3 hosts of controller; a majority must stay unharmed, so 1 may"),
        (planned(("a", 1.0, effect("one", 5.0)), ("b", 3.0, effect("one", 5.0))),
         "a and b could strike 2 of the 3 hosts of controller at one time; a majority must stay unharmed, so 1 may"),
        (planned(("a", 1.0, effect("one", 5.0)), ("b", 6.0, effect("one", 5.0))), ""),
        (planned(("a", 1.0, effect("one", None, action="reboot")), ("b", 200.0, effect("one", 5.0))),
         "a and b could strike 2 of the 3 hosts of controller at one time; a majority must stay unharmed, so 1 may"),
        (planned(("a", 1.0, effect("each", 5.0))), ""),
    ],
)  # fmt: skip
def test_what_is_too_much_is_named_with_its_numbers(opens: list[Open], text: str) -> None:
    found = excess(opens, allowed(), ZONE.groups)
    assert str(found or "") == text


def test_what_the_spec_allows_is_counted_by_its_own_number() -> None:
    opens = planned(("split", 1.0, effect("all", 5.0)))
    assert excess(opens, allowed(controller=3), ZONE.groups) is None
    found = excess(opens, allowed(controller=2), ZONE.groups)
    assert str(found) == ("split could strike 3 of the 3 hosts of controller; `at most 2 of controller` are allowed")
    assert found is not None
    assert found.clause == "at most all of controller"


def test_ten_thousand_instants_are_swept_once() -> None:
    opens = [one for n in range(10_000) for one in planned((f"f{n}", 10.0 * n, effect("one", 9.0)))]
    assert excess(opens, allowed(), ZONE.groups) is None
    found = excess([*opens, *planned(("late", 99_000.5, effect("one", 9.0)))], allowed(), ZONE.groups)
    assert found is not None
    assert (found.at, found.names) == (99_000.5, ("f9900", "late"))
