"""What came of faults, from the events of the log: several effects, several hosts, reactions, what was withheld."""

from __future__ import annotations

from typing import Any

import pytest

from erisc.verdict.fault_rows import FaultRow, Planned, fault_windows, faults

CRASH = Planned("crash", 0, 10.0, 5.0, "kill", "rabbitmq")
START = {"type": "load_started", "cell": "0001", "mono": 100.0, "t0_mono": 100.0}


def told(kind: str, at: float, fault: str = "crash", instance: int = 0, **more: Any) -> dict[str, Any]:
    """An event; `hosts` and the like beside."""
    return {"type": kind, "cell": "0001", "mono": 100.0 + at, "fault": fault, "instance": instance, "at": at, **more}


def turn(step: int, effect: int, action: str, *hosts: str) -> dict[str, Any]:
    return {"step": step, "effect": effect, "action": action, "service": "rabbitmq", "hosts": list(hosts)}


def row(*events: dict[str, Any], plans: tuple[Planned, ...] = (CRASH,)) -> FaultRow:
    (found,) = faults((START, *events), plans)
    return found


KILL, FREEZE, LATER = turn(0, 0, "kill", "c1", "c2"), turn(0, 1, "freeze", "c3"), turn(1, 0, "kill", "c1")
WHOLE = (
    told("fault_armed", 7.0, planned=10.0, **KILL),
    told("fault_called", 10.0, **KILL),
    told("fault_called", 10.001, **FREEZE),
    told("fault_effective", 10.009, by_host={"c1": 10.004, "c2": 10.009}, **KILL),
    told("fault_effective", 10.012, by_host={"c3": 10.012}, **FREEZE),
    told("fault_heal_called", 15.0, **KILL),
    told("fault_healed", 15.2, by_host={"c1": 15.1, "c2": 15.2}, **KILL),
    told("fault_heal_called", 15.0, **FREEZE),
    told("fault_healed", 15.3, by_host={"c3": 15.3}, **FREEZE),
)


def test_a_fault_lasts_from_its_first_effect_to_its_last_heal() -> None:
    found = row(*WHOLE)
    assert (found.action, found.service, found.hosts) == ("kill, freeze", "rabbitmq", "c1, c2, c3")
    assert (found.planned_s, found.called_s, found.effective_s) == (10.0, 10.0, 10.004)
    assert (found.last_effective_s, found.heal_called_s, found.healed_s) == (10.012, 15.0, 15.3)
    (window,) = fault_windows((found,), 60.0)
    assert (window.start_s, window.end_s, window.injected) == (10.004, 15.3, True)


def test_steps_that_follow_are_part_of_it() -> None:
    found = row(
        *WHOLE,
        told("fault_effective", 16.0, by_host={"c1": 16.0}, **LATER),
        told("fault_heal_called", 19.0, **LATER),
        told("fault_healed", 19.5, **LATER),
    )
    assert (found.last_effective_s, found.heal_called_s, found.healed_s) == (10.012, 19.0, 19.5)


@pytest.mark.parametrize("left_out", ["kill", "freeze"])
def test_while_something_is_not_healed_it_is_open(left_out: str) -> None:
    found = row(*(one for one in WHOLE if (one["type"], one.get("action")) != ("fault_healed", left_out)))
    assert found.healed_s is None
    assert fault_windows((found,), 60.0)[0].end_s is None


def test_each_heals_host_by_host() -> None:
    turns = [
        (
            told("fault_effective", at, **turn(0, 0, "kill", host)),
            told("fault_healed", at + 5, **turn(0, 0, "kill", host)),
        )
        for at, host in ((10.0, "c1"), (15.5, "c2"))
    ]
    assert row(*(one for pair in turns for one in pair)).healed_s == 20.5
    assert row(*turns[0], turns[1][0]).healed_s is None


def test_a_strike_of_a_reaction_is_a_fault_that_was_not_planned() -> None:
    by = "error_rate(boot, last = 30 s) = 7.1 % > 5 %"
    found = row(
        told("fault_triggered", 21.2, "worse", by=by),
        told("fault_called", 21.3, "worse", **LATER),
        told("fault_effective", 21.31, "worse", **LATER),
        told("fault_healed", 24.0, "worse", **LATER),
        plans=(),
    )
    assert (found.planned_s, found.triggered_s, found.by) == (None, 21.2, by)
    assert [(one.name, one.start_s, one.end_s) for one in fault_windows((found,), 60.0)] == [("worse", 21.31, 24.0)]


def test_what_was_withheld_is_no_window_but_in_a_control_run() -> None:
    found = row(told("fault_withheld", 10.0, until=15.0, reason="too many hosts"))
    assert (found.withheld_s, found.until_s, found.reason) == (10.0, 15.0, "too many hosts")
    assert fault_windows((found,), 60.0) == ()
    (window,) = fault_windows((found,), 60.0, control=True)
    assert (window.start_s, window.end_s, window.injected) == (10.0, 15.0, False)


def test_errors_of_several_effects_are_told_and_what_was_struck_counts() -> None:
    found = row(told("fault_failed", 10.0, error="c9 is not there", **FREEZE), *WHOLE[:2], WHOLE[3], WHOLE[6])
    assert (found.failed, found.error, found.healed_s) == (False, "c9 is not there", 15.2)
    assert row(told("fault_failed", 10.0, error="no"), told("fault_called", 10.0, **KILL)).failed


def test_hosts_that_could_not_say_when_are_named() -> None:
    found = row(told("fault_effective", 10.0, by_host={"c1": 10.0}, unconfirmed=["c1"], **LATER))
    assert found.unconfirmed == ("c1",)


def test_logs_of_before_there_were_steps_are_read() -> None:
    plain: dict[str, Any] = {"action": "restart", "service": "rabbitmq", "hosts": ["c1"]}
    restart = Planned("crash", 0, 10.0, None, "restart", "rabbitmq")
    assert row(told("fault_effective", 10.1, **plain), plans=(restart,)).healed_s == 10.1
    assert row(told("fault_effective", 10.1, **plain), told("fault_healed", 15.0, **plain)).healed_s == 15.0
