"""Which hosts a fault strikes: the rules of docs/formats.md, "Fault schedule", on zones of any size."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.base.failure import Failure
from erisc.executor.faults.selectors import choice_of, describe, members, other_hosts, pick
from erisc.executor.schedule import Filter, Target
from erisc.executor.zones import Host, Zone

CHOICE = st.integers(0, 2**64 - 1)
SIZE = st.integers(1, 9)


def host(name: str, **labels: str) -> Host:
    return Host(name, "local", name, 22, "", "", {}, labels=labels)


def zone(size: int) -> Zone:
    """Hosts c1, c2, …, of which the odd ones are in az1 and the others in az2."""
    made = {f"c{n}": host(f"c{n}", az=f"az{2 - n % 2}") for n in range(1, size + 1)}
    return Zone("z", "", (), made, {"controller": tuple(made), "spare": ()})


def target(selector: str, count: int = 0, where: tuple[Filter, ...] = (), nodes: str = "controller") -> Target:
    return Target("x", nodes, "", selector, count, "x" if selector == "primary" else "", where)


def names(chosen: tuple[Host, ...]) -> list[str]:
    return [each.name for each in chosen]


def picked(size: int, wanted: Target, choice: int, primary: str = "") -> list[str]:
    return names(pick(wanted, choice, members(wanted, zone(size), {}, {}), primary))


@given(SIZE, CHOICE)
def test_one_takes_choice_mod_n(size: int, choice: int) -> None:
    assert picked(size, target("one", 1), choice) == [f"c{choice % size + 1}"]


@given(SIZE, CHOICE, st.data())
def test_any_takes_so_many_by_the_factoradic_digits(size: int, choice: int, data: Any) -> None:
    count = data.draw(st.integers(1, size))
    left = [f"c{n}" for n in range(1, size + 1)]
    drawn = []
    rest = choice
    for n in range(size, size - count, -1):
        drawn.append(left.pop(rest % n))
        rest //= n
    assert picked(size, target("any", count), choice) == sorted(drawn)


def test_any_can_draw_every_pair() -> None:
    assert len({tuple(picked(4, target("any", 2), choice)) for choice in range(12)}) == 6


@given(SIZE, CHOICE)
def test_minority_and_majority_are_the_most_below_and_the_fewest_above_half(size: int, choice: int) -> None:
    majority = picked(size, target("majority"), choice)
    assert len(majority) == min(n for n in range(1, size + 1) if n > size / 2)
    if size >= 3:
        minority = picked(size, target("minority"), choice)
        assert len(minority) == max(n for n in range(size) if n < size / 2)
        assert minority == sorted(set(minority))


@given(SIZE, CHOICE)
def test_all_and_each_take_the_whole_group_by_name(size: int, choice: int) -> None:
    assert picked(size, target("all"), choice) == [f"c{n}" for n in range(1, size + 1)]
    assert picked(size, target("each"), choice) == [f"c{n}" for n in range(1, size + 1)]


def test_primary_is_the_one_that_was_told() -> None:
    assert picked(3, target("primary", 1), 5, "c2") == ["c2"]
    with pytest.raises(Failure, match=r"primary\(x\): c9 is none of c1, c2, c3"):
        picked(3, target("primary", 1), 5, "c9")


@given(SIZE, CHOICE, st.sampled_from(["==", "!="]), st.sampled_from(["az1", "az2", "az3"]))
def test_labels_are_asked_before_anything_is_picked(size: int, choice: int, operator: str, az: str) -> None:
    wanted = target("all", where=(Filter("az", operator, az),))
    fits = [f"c{n}" for n in range(1, size + 1) if (f"az{2 - n % 2}" == az) == (operator == "==")]
    if fits:
        assert picked(size, wanted, choice) == fits
        assert picked(size, target("one", 1, wanted.where), choice) == [fits[choice % len(fits)]]
    else:
        with pytest.raises(Failure, match="there are no hosts that fit, 1 needed"):
            picked(size, wanted, choice)


def test_labels_of_the_architecture_count_where_the_inventory_says_nothing() -> None:
    site = Zone("z", "", (), {"a": host("a"), "b": host("b", az="az2")}, {"compute": ("a", "b")})
    in_az1 = target("all", where=(Filter("az", "==", "az1"),), nodes="compute")
    assert names(members(in_az1, site, {"compute": {"az": "az1"}}, {})) == ["a"]
    unlabelled = target("all", where=(Filter("rack", "!=", "r1"),), nodes="compute")
    assert names(members(unlabelled, site, {}, {})) == ["a", "b"]


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (target("any", 4), r"any\(4, controller\): there are 3 hosts, 4 needed"),
        (target("one", 1, nodes="nowhere"), r"one\(nowhere\): there are no hosts, 1 needed"),
        (target("all", nodes="spare"), r"all\(spare\): there are no hosts"),
        (target("two"), "does not know the selector 'two'"),
    ],
)
def test_what_the_zone_cannot_serve_is_refused(wanted: Target, complaint: str) -> None:
    with pytest.raises(Failure, match=complaint):
        picked(3, wanted, 0)


@pytest.mark.parametrize("size", [1, 2])
def test_of_one_or_two_there_is_no_minority(size: int) -> None:
    with pytest.raises(Failure, match="no minority can be picked"):
        picked(size, target("minority"), 0)


def test_servers_of_a_topology_are_picked_by_their_numbers() -> None:
    wanted = Target("", "web", "tenant", "one", 1, "", ())
    servers = {("tenant", "web"): ("id-z", "id-a", "id-m")}
    assert names(pick(wanted, 4, members(wanted, zone(3), {}, servers))) == ["id-a"]


@given(SIZE, CHOICE)
def test_others_are_all_but_those_that_are_struck(size: int, choice: int) -> None:
    wanted = target("one", 1)
    struck = pick(wanted, choice, members(wanted, zone(size), {}, {}))
    rest = other_hosts("others", wanted, choice, struck, zone(size), {})
    assert sorted(names(rest) + names(struck)) == [f"c{n}" for n in range(1, size + 1)]


def test_hosts_as_an_argument_are_picked_like_a_target() -> None:
    asked = {"nodes": "controller", "selector": "all", "count": 0, "primary": "",
             "where": [{"column": "az", "operator": "==", "value": "az2"}]}  # fmt: skip
    struck = (zone(4).hosts["c2"],)
    assert names(other_hosts(asked, target("one", 1), 0, struck, zone(4), {})) == ["c4"]


@given(CHOICE, st.integers(0, 1000))
def test_a_reaction_draws_anew_for_every_strike(choice: int, instance: int) -> None:
    assert choice_of(choice, 0) == choice
    assert choice_of(choice, instance) == choice ^ (instance * 0x9E3779B97F4A7C15 % 2**64)
    assert 0 <= choice_of(choice, instance) < 2**64


def test_a_target_is_told_as_a_spec_writes_it() -> None:
    assert describe(target("any", 2, (Filter("az", "==", "az1"),))) == 'any(2, controller[az == "az1"])'
    assert describe(target("primary", 1)) == "primary(x)"
