"""What the targets cannot do with load and faults yet is refused, element by element; what they can is emitted."""

from __future__ import annotations

import json

import pytest

from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.targets import faults
from erisc.targets.rally import TARGET as RALLY
from tests.targets import plans

KILL = plans.fault().steps[0][0]
LABEL = p.Filter("az", "==", "az1", plans.span(30))
SOME = p.Mapping((("signal", "SEGV"),))
AS_USUAL = p.Mapping((("signal", "KILL"),))


def codes(*given: p.Fault, reactions: tuple[p.Reaction, ...] = ()) -> list[str]:
    cell = replace(plans.cell(faults=given), reactions=reactions)
    files, found = faults.TARGET.emit(plans.plan(cell))
    assert bool(files) != bool(found)
    return [diagnostic.code for diagnostic in found]


def fault(*steps: tuple[p.Effect, ...]) -> p.Fault:
    return replace(plans.fault(), steps=steps)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (fault((KILL,), (KILL,)), "E0524"),
        (fault((KILL, KILL)), "E0524"),
        (plans.fault(action="partition"), "E0525"),
        (plans.fault(arguments=SOME), "E0526"),
        (plans.fault(arguments=p.Mapping((("other", 1),))), "E0526"),
        *((plans.fault(target=replace(KILL.target, selector=one)), "E0521") for one in ("minority", "primary", "each")),
        (plans.fault(target=replace(KILL.target, where=(LABEL,))), "E0521"),
        (plans.fault(target=replace(KILL.target, service="")), "E0521"),
    ],
)
def test_a_fault_that_the_executor_cannot_do_is_refused(given: p.Fault, code: str) -> None:
    assert codes(given) == [code]


def test_a_reaction_is_refused() -> None:
    when = p.When("down", p.Mapping((("service", "mariadb"),)), "", None, 0.0, 1)
    for trigger in (when, p.AtIteration("boot", 3)):
        assert codes(reactions=(p.Reaction("crash", trigger, ((KILL,),), plans.span(24)),)) == ["E0523"]


def test_instances_of_a_fault_say_the_same_once() -> None:
    assert codes(*(plans.fault(instance=i, at=float(i), arguments=SOME) for i in range(9))) == ["E0526"]


def test_what_the_executor_does_anyway_may_be_said() -> None:
    assert codes(plans.fault(arguments=AS_USUAL)) == []


def stages_of(stage: p.Stage) -> tuple[list[dict[str, object]], list[str]]:
    files, found = RALLY.emit(plans.plan(plans.cell(workloads=(replace(plans.LOGIN, stages=(stage,)),))))
    task = json.loads(files["cells/0001/rally/login.json"]) if files else None
    runner = task["subtasks"][0]["runner"]["erisc_staged"]["stages"] if task else []
    return runner, [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize(("first", "last", "held"), [(1.0, 4.5, [1.0, 3.0, 4.5]), (4.5, 1.0, [4.5, 2.5, 1.0])])
def test_a_step_is_one_hold_after_the_other_in_one_window(first: float, last: float, held: list[float]) -> None:
    step = p.Stage("step", "climb", 0.0, 30.0, None, first, last, 2.0, 10.0, plans.span(18))
    made, found = stages_of(step)
    assert not found
    assert [(s["kind"], s["name"], s["duration"], s["from"], s["to"]) for s in made] == [
        ("hold", "climb", 10.0, level, level) for level in held
    ]
    marks = RALLY.source_map(plans.plan(plans.cell(workloads=(replace(plans.LOGIN, stages=(step,)),))))
    assert len(marks["cells/0001/rally/login.json"]) == 4


def test_a_stage_that_only_the_run_can_time_is_refused() -> None:
    counted = p.Stage("hold", "counted", 0.0, None, 500, 4.0, 4.0, None, None, plans.span(18))
    assert stages_of(counted) == ([], ["E0508"])


def test_an_open_stage_bounded_by_iterations_has_a_time() -> None:
    made, found = stages_of(p.Stage("hold", "counted", 0.0, 10.0, 500, 50.0, 50.0, None, None, plans.span(18)))
    assert (made[0]["duration"], found) == (10.0, [])
