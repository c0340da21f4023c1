"""Never more hosts than may be: refused before load, or withheld when a reaction would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.executor.bundle import Bundle, Cell, Topology
from erisc.executor.faults.channel import Channels
from erisc.executor.faults.picking import Site, SitePicker, effects_without_hosts, servers_of, too_much
from erisc.executor.faults.primaries import KNOWN, Primaries, question
from erisc.executor.schedule import Effect, Fault, Reaction, Schedule, Steps, Target, When
from erisc.executor.timeline.picking import WithheldError
from erisc.executor.zones import Host, Zone
from tests.executor.recorded import event

WHEN = When("down", {"service": "x"}, "", None, 0.0, 9)


def effect(selector: str, duration: float | None = 5.0, choice: int = 0, **target: Any) -> Effect:
    where = Target("x", "controller", "", selector, target.get("count", 1), target.get("primary", ""), ())
    return Effect("kill", where, {}, duration, choice)


def site(faults: Sequence[tuple[str, float, Steps]], reactions: Mapping[str, Steps], **more: Any) -> Site:
    """Three controllers c1, c2, c3."""
    names = ("c1", "c2", "c3")
    services = more.get("services", {name: {} for name in names})
    hosts = {name: Host(name, "local", name, 22, "", "", {"x": services[name]}) for name in names}
    zone = Zone("z", "", (), hosts, {"controller": names})
    schedule = Schedule(
        more.get("allowances", {}),
        tuple(Fault(name, 0, at, steps) for name, at, steps in faults),
        tuple(Reaction(name, WHEN, steps) for name, steps in reactions.items()),
    )
    cell = Cell("0001", (), (), schedule)
    bundle = Bundle("", "", "e", "s.eris", (("controller", 3),), (("x", "controller"),), (cell,))
    return Site(zone, bundle, cell, {}, Primaries(Channels("/nonexistent")))


def lines(made: Site) -> list[str]:
    return too_much(made.bundle, made.zone, made.primaries)


def test_what_could_be_too_much_is_refused_with_the_clause_that_allows_it() -> None:
    both = [("crash", 10.0, ((effect("one"),),)), ("freeze", 12.0, ((effect("one"),),))]
    assert lines(site(both, {})) == [
        "crash and freeze could strike 2 of the 3 hosts of controller at one time; a majority must stay unharmed, "
        "so 1 may (if that is meant: `at most 2 of controller` in the spec's faults)"
    ]
    assert lines(site(both, {}, allowances={"controller": 2})) == []
    assert lines(site(both, {}, allowances={"controller": None})) == []


def test_a_reaction_that_by_itself_is_too_much_is_refused() -> None:
    assert lines(site([], {"cascade": ((effect("majority"),),)})) == [
        "cascade could strike 2 of the 3 hosts of controller; a majority must stay unharmed, so 1 may "
        "(if that is meant: `at most 2 of controller` in the spec's faults)"
    ]
    assert lines(site([("crash", 1.0, ((effect("one"),),))], {"cascade": ((effect("one"),),)})) == []


def test_a_selector_that_the_zone_cannot_serve_is_refused() -> None:
    made = site([("crash", 1.0, ((effect("any", count=4),),))], {})
    assert effects_without_hosts(made.cell.schedule, made) == ["any(4, controller): there are 3 hosts, 4 needed"]


def called(fault: str, at: float, *hosts: str, instance: int = 0) -> dict[str, Any]:
    return event("fault_called", fault, instance, at, step=0, effect=0, hosts=list(hosts))


def test_a_reaction_is_withheld_while_another_host_is_struck_and_not_afterwards() -> None:
    crash = ("crash", 10.0, ((effect("one"),),))
    reaction = ((effect("one", choice=1),),)
    picker = SitePicker(site([crash], {"cascade": reaction}))
    picker.now = lambda: 12.0
    picker.take(called("crash", 10.0, "c1"))
    with pytest.raises(WithheldError, match="crash and cascade could strike 2 of the 3 hosts of controller"):
        picker(reaction[0][0], "cascade", 0)
    picker.take(event("fault_healed", "crash", 0, 15.0, step=0, effect=0, hosts=["c1"]))
    picker.now = lambda: 16.0
    assert [host.name for host in picker(effect("one", choice=1), "cascade", 1).hosts] == ["c2"]


def test_a_reaction_may_strike_the_host_that_is_struck_already() -> None:
    reaction = ((effect("one", choice=0),),)
    crash = ("crash", 10.0, ((effect("one", choice=0),),))
    picker = SitePicker(site([crash], {"cascade": reaction, "other": ((effect("one", choice=1),),)}))
    picker.now = lambda: 12.0
    picker.take(called("crash", 10.0, "c1"))
    assert [host.name for host in picker(reaction[0][0], "cascade", 0).hosts] == ["c1"]
    with pytest.raises(WithheldError):
        picker(effect("one", choice=1), "other", 0)


def test_a_reaction_leaves_room_for_what_is_planned_while_it_lasts() -> None:
    planned = ("crash", 20.0, ((effect("one", choice=0),),))
    made = site([planned], {"long": ((effect("one", 9.0, choice=1),),), "short": ((effect("one", 3.0, choice=1),),)})
    picker = SitePicker(made)
    picker.now = lambda: 15.0
    with pytest.raises(WithheldError, match="long and crash could strike 2"):
        picker(effect("one", 9.0, choice=1), "long", 0)
    assert picker(effect("one", 3.0, choice=1), "short", 0).hosts


def test_two_reactions_at_one_moment_see_each_other() -> None:
    steps = {"a": ((effect("one", choice=0),),), "b": ((effect("one", choice=1),),)}
    picker = SitePicker(site([], steps))
    picker.now = lambda: 1.0
    assert picker(steps["a"][0][0], "a", 0).hosts
    with pytest.raises(WithheldError, match="a and b could strike 2"):
        picker(steps["b"][0][0], "b", 0)


def test_all_effects_of_a_strike_are_withheld_together() -> None:
    steps = ((effect("one", choice=0), effect("one", choice=1)),)
    picker = SitePicker(site([], {"a": steps}, allowances={"controller": 1}))
    picker.now = lambda: 1.0
    for each in steps[0]:
        with pytest.raises(WithheldError, match="`at most 1 of controller` are allowed"):
            picker(each, "a", 0)


def test_a_step_that_comes_late_counts_until_it_is_healed() -> None:
    planned = ("stall", 36.0, ((effect("one", 3.0, choice=2),), (effect("one", 2.0, choice=1),)))
    picker = SitePicker(site([planned], {"mid": ((effect("one", 1.0, choice=2),),)}))
    picker.take(called("stall", 36.0, "c3"))
    picker.take(event("fault_healed", "stall", 0, 39.3, step=0, effect=0, hosts=["c3"]))
    picker.now = lambda: 43.0  # by the plan all of it is over, and the second step has not even begun
    with pytest.raises(WithheldError, match="stall and mid could strike 2"):
        picker(effect("one", 1.0, choice=2), "mid", 0)
    picker.take(event("fault_called", "stall", 0, 43.1, step=1, effect=0, hosts=["c2"]))
    picker.take(event("fault_healed", "stall", 0, 45.1, step=1, effect=0, hosts=["c2"]))
    assert picker(effect("one", 1.0, choice=2), "mid", 1).hosts


def test_each_is_open_until_its_last_host_is_healed() -> None:
    picker = SitePicker(site([("roll", 10.0, ((effect("each", 3.0),),))], {"mid": ((effect("one", 1.0),),)}))
    picker.now = lambda: 14.0
    for number, host in enumerate(("c1", "c2", "c3")):
        picker.take(called("roll", 10.0, host))
        with pytest.raises(WithheldError):
            picker(effect("one", 1.0), "mid", number)
        picker.take(event("fault_healed", "roll", 0, 13.0, step=0, effect=0, hosts=[host]))
    assert picker(effect("one", 1.0), "mid", 3).hosts


def test_what_failed_before_it_was_called_is_over() -> None:
    picker = SitePicker(site([("crash", 10.0, ((effect("one"),),))], {"mid": ((effect("one", 1.0, choice=1),),)}))
    picker.now = lambda: 12.0
    with pytest.raises(WithheldError):
        picker(effect("one", 1.0, choice=1), "mid", 0)
    picker.take(event("fault_failed", "crash", 0, 10.0, step=0, effect=0, error="no"))
    assert picker(effect("one", 1.0, choice=1), "mid", 1).hosts


def test_servers_of_a_stack_are_found_by_its_outputs() -> None:
    topology = Topology("tenant", "", (), (), {"web": 2, "canary": 1})
    cell = Cell("0001", (topology,), (), Schedule({}, (), ()))
    outputs = {"tenant__web_0": "id0", "tenant__web_1": "id1", "tenant__canary": "idc", "tenant__web_0_floating": "f"}
    assert servers_of(cell, outputs) == {("tenant", "web"): ["id0", "id1"], ("tenant", "canary"): ["idc"]}


# --- primaries ---


@pytest.fixture
def channels(tmp_path: Any) -> Any:
    made = Channels(str(tmp_path / "s"))
    yield made
    made.close()


def asked(channels: Channels, **says: str) -> str:
    """Each host's `primary` command prints what it says."""
    hosts = [Host(n, "local", n, 22, "", "", {"x": {"primary": ["sh", "-c", text]}}) for n, text in says.items()]
    return Primaries(channels).of("x", hosts)


def test_the_primary_is_the_host_that_says_so(channels: Channels) -> None:
    assert asked(channels, c1="echo 0", c2="echo 1", c3="exit 1") == "c2"
    assert asked(channels, c1="echo true") == "c1"


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        ({"c1": "echo 0", "c2": ":"}, "no host says that it is the primary of x: c1 says no; c2 says no"),
        ({"c1": "echo 1", "c2": "echo 1"}, "c1 and c2 each says that it is the primary of x"),
        ({"c1": "echo no such node >&2; exit 69"}, "no host says that it is the primary of x: c1: no such node"),
    ],
)
def test_none_or_several_is_a_failure_that_quotes_them(channels: Channels, says: Any, complaint: str) -> None:
    with pytest.raises(Failure) as caught:
        asked(channels, **says)
    assert caught.value.what == complaint


def test_the_inventory_goes_before_what_is_known_and_what_is_not_known_is_refused() -> None:
    assert (
        question(Host("c1", "local", "", 22, "", "", {"rabbitmq": {"primary": ["a", "b c"]}}), "rabbitmq") == "a 'b c'"
    )
    assert question(Host("c1", "local", "", 22, "", "", {"rabbitmq": {}}), "rabbitmq") == KNOWN["rabbitmq"]
    with pytest.raises(Failure, match="how the primary of service moon is found is not known"):
        question(Host("c1", "local", "", 22, "", "", {"moon": {}}), "moon")
