"""The timeline on a real service of this machine: steps, hosts in turn, faults that meet, reactions, ends."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.base.record import replace
from erisc.executor.bundle import Cell, Stage, Workload
from erisc.executor.events import Event, read_events
from erisc.executor.faults.making import Maker
from erisc.executor.faults.readiness import lacking
from erisc.executor.schedule import AtIteration, Reaction, read_steps
from erisc.executor.state import Run
from erisc.executor.timeline import Timeline, ahead
from erisc.executor.zones import Host
from tests.executor.bundles import effect, planned
from tests.executor.faults.player import begin
from tests.executor.services import commands_service, kill_tree, living

Faults = list[dict[str, Any]]


def freeze(duration: float = 0.3, **target: Any) -> dict[str, Any]:
    return effect("freeze", duration, service="tree", **target)


class Here:
    """Two hosts that are this machine, with a service `tree` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: list[Run] = []
        hosts = {}
        for name in ("c1", "c2"):
            (folder / name).mkdir()
            keys = commands_service(folder / name, "tree")
            hosts[name] = {"ansible_connection": "local", "erisc_services": {"tree": keys}}
        (folder / "inventory.yaml").write_text(json.dumps({"controller": {"hosts": hosts}}))

    def run(self, faults: Faults, *, start: bool = True) -> tuple[Run, Cell]:
        schedule = {"format": 2, "cell": "0001", "allowances": {}, "faults": faults, "reactions": []}
        run, cell = begin(str(self._folder / f"run{len(self._runs)}"), str(self._folder / "inventory.yaml"), schedule)
        self._runs.append(run)
        for host in run.zone.hosts.values():
            keys = host.services["tree"]
            if start and not living(keys):
                subprocess.run(keys["start"], check=True)
            while start and len(living(keys)) < 2:
                time.sleep(0.05)
        return run, cell

    def come_to(self, states: str) -> None:
        """Waits until the processes are in those states: a tree that was brought back still begins its children."""
        deadline = time.monotonic() + 10
        while self.states() != states:
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.02)

    def states(self) -> str:
        run = self._runs[-1]
        return "".join(sorted(s for host in run.zone.hosts.values() for s in living(host.services["tree"]).values()))

    def close(self) -> None:
        for run in self._runs:
            for host in run.zone.hosts.values():
                kill_tree(list(living(host.services["tree"])))
            run.channels.close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.setattr("erisc.executor.timeline.LEAD", 1.0)
    made = Here(tmp_path)
    yield made
    made.close()


def play(run: Run, cell: Cell, beside: Callable[[Timeline], object] = lambda timeline: None) -> list[Event]:
    """The events of faults. beside: called once the timeline plays."""

    async def drive() -> None:
        timeline = Timeline(run, cell, time.monotonic() + max(0.2, ahead(cell.schedule)))
        asyncio.get_running_loop().call_later(0.3, beside, timeline)
        await timeline.play()

    asyncio.run(drive())
    return [event for event in read_events(run.log.path) if event["type"].startswith("fault")]


def of(events: list[Event], kind: str, fault: str) -> list[Event]:
    return [event for event in events if event["type"] == f"fault_{kind}" and event["fault"] == fault]


def test_a_fault_is_armed_called_effective_and_healed_in_this_order(here: Here) -> None:
    run, cell = here.run([planned("f", 0.5, [[freeze(selector="all")]])])
    events = play(run, cell)
    assert [event["type"] for event in events] == [
        "fault_armed", "fault_called", "fault_effective", "fault_heal_called", "fault_healed",
    ]  # fmt: skip
    armed, called, effective, _, healed = events
    assert armed["planned"] == called["planned"] == 0.5
    assert 0.5 <= called["at"] <= effective["at"] <= healed["at"]
    assert armed["at"] < called["at"]
    assert healed["at"] >= 0.8
    assert effective["at"] == max(effective["by_host"].values())
    assert set(effective["by_host"]) == set(healed["by_host"]) == {"c1", "c2"}
    here.come_to("SSSS")
    assert not run.undo.open()


def test_the_undo_is_on_disk_before_anything_is_touched(here: Here) -> None:
    run, cell = here.run([planned("f", 0.5, [[freeze()]])])
    play(run, cell)
    types = [event["type"] for event in read_events(run.log.path)]
    assert types.index("undo_registered") < types.index("fault_armed")
    assert types.index("undo_done") < types.index("fault_healed")


def test_steps_follow_each_other_and_effects_of_a_step_begin_together(here: Here) -> None:
    together = [freeze() | {"choice": choice} for choice in ("0", "1")]
    run, cell = here.run([planned("f", 0.5, [together, [freeze()]])])
    events = play(run, cell)
    first, second, third = of(events, "called", "f")
    assert {first["step"], second["step"]} == {0}
    assert {first["effect"], second["effect"]} == {0, 1}
    assert (third["step"], third["planned"]) == (1, 0.5 + together[0]["duration"])
    assert third["at"] >= third["planned"]
    assert all(event["at"] >= third["planned"] for event in of(events, "heal_called", "f")[:2])


def test_each_strikes_one_host_after_the_other(here: Here) -> None:
    run, cell = here.run([planned("f", 0.5, [[freeze(0.2, selector="each")]])])
    events = play(run, cell)
    assert [event["hosts"] for event in of(events, "called", "f")] == [["c1"], ["c2"]]
    assert of(events, "healed", "f")[0]["at"] <= of(events, "called", "f")[1]["at"]


def test_the_same_effect_twice_is_done_once_and_healed_when_the_last_ends(here: Here) -> None:
    faults = [planned("a", 0.5, [[freeze(0.4)]]), planned("b", 0.7, [[freeze(0.6)]])]
    run, cell = here.run(faults)
    events = play(run, cell)
    assert of(events, "effective", "b")[0]["at"] == of(events, "called", "b")[0]["at"]
    assert of(events, "healed", "a")[0]["at"] == of(events, "healed", "b")[0]["at"] >= 1.3
    assert sum(event["type"] == "undo_registered" for event in read_events(run.log.path)) == 1
    assert not run.problems


def test_one_after_the_other_strikes_what_is_there_then(here: Here) -> None:
    kill = effect("kill", 0.2, service="tree")
    run, cell = here.run([planned("k", 0.4 + 0.8 * number, [[kill]], number) for number in range(3)])
    events = play(run, cell)
    assert len(of(events, "healed", "k")) == 3
    assert not run.problems
    here.come_to("SSSS")


def test_what_cannot_be_while_another_fault_has_the_service_is_withheld(here: Here) -> None:
    kill = effect("kill", 2.5, service="tree")
    run, cell = here.run([planned("k", 0.3, [[kill]]), planned("z", 2.0, [[effect("restart", None, service="tree")]])])
    events = play(run, cell)
    assert "at the same time there is: kill" in of(events, "withheld", "z")[0]["reason"]
    assert not run.problems


def test_a_service_that_was_down_breaks_the_run_and_nothing_else(here: Here) -> None:
    run, cell = here.run([planned("f", 0.5, [[freeze()]])], start=False)
    events = play(run, cell)
    assert "has no processes: it was down before the fault" in of(events, "failed", "f")[0]["error"]
    assert run.problems
    assert not run.undo.open()


def test_a_fault_ends_with_the_load(here: Here) -> None:
    run, cell = here.run([planned("f", 0.4, [[freeze(30.0)]])])
    stage = Stage("s", 0.0, 0.9, 1.0, 1.0)
    events = play(run, replace(cell, workloads=(Workload("w", "http", "", (stage,)),)))
    assert 0.9 <= of(events, "healed", "f")[0]["at"] < 20


def test_a_control_run_withholds(here: Here) -> None:
    run, cell = here.run([planned("f", 0.3, [[freeze(0.4)], [freeze(0.2)]])])
    run.control = True
    (event,) = play(run, cell)
    assert (event["type"], event["at"], event["reason"]) == ("fault_withheld", 0.3, "this is a control run")
    assert event["until"] == pytest.approx(0.9)


def test_a_reaction_strikes_at_once_and_draws_by_its_instance(here: Here) -> None:
    run, cell = here.run([planned("f", 2.5, [[freeze(0.1)]])])
    reaction = Reaction("r", AtIteration("w", 1), read_steps([[freeze(0.2)]]))
    seen: list[str] = []

    def beside(timeline: Timeline) -> None:
        timeline.observe(lambda event: seen.append(event["type"]))
        timeline.strike(reaction, 3, "w begins iteration 1")

    events = play(run, cell, beside)
    (triggered,) = of(events, "triggered", "r")
    assert (triggered["instance"], triggered["by"]) == (3, "w begins iteration 1")
    assert of(events, "armed", "r")[0]["planned"] is None
    assert seen[:2] == ["fault_triggered", "fault_armed"]


def test_what_lacks_is_told_with_host_and_mend(here: Here) -> None:
    faults = [
        planned("a", 1.0, [[effect("freeze", 1.0, service="nothing")]]),
        planned("b", 1.0, [[effect("burn_cpu", 1.0, service="", nodes="controller")]]),
        planned("c", 1.0, [[effect("nonsense", 1.0, service="tree")]]),
    ]
    run, _ = here.run(faults)
    lacks = "\n".join(lacking(run))
    assert "host c1 has no service 'nothing'; the inventory lists: tree" in lacks
    assert "host c2 is the one this runs on: a fault of the whole host would end the run" in lacks
    assert "this executor knows no action 'nonsense'" in lacks


def test_a_host_that_the_inventory_does_not_list_is_not_touched(here: Here) -> None:
    run, cell = here.run([planned("f", 1.0, [[freeze()]])])
    step = cell.schedule.faults[0].steps[0][0]
    host = run.zone.hosts["c1"]
    stranger = Host("c3", "local", "127.0.0.1", 22, "", "", host.services)
    for wrong in (stranger, replace(host, address="10.0.0.1")):
        with pytest.raises(Failure, match="is not in the inventory: it is not touched"):
            Maker(run, "0001").strike(step, wrong, ())


def test_this_host_over_ssh_is_refused(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = here.run([planned("f", 1.0, [[freeze()]])])
    local = run.channels.of(run.zone.hosts["c1"])
    far = replace(run.zone.hosts["c1"], connection="ssh")
    run.zone.hosts["c1"] = far
    monkeypatch.setattr(run.channels, "of", lambda host: local)  # as if sshd of this machine had answered
    with pytest.raises(Failure, match="host c1 is the one this runs on, reached over ssh"):
        run.guard.check(far, "tree")
