"""What the targets cannot do with load yet is refused, element by element; what they can is emitted."""

from __future__ import annotations

import json

import pytest

from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.targets.rally import TARGET as RALLY
from tests.targets import plans


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


def test_a_stage_that_only_the_run_can_time_is_bounded_by_iterations() -> None:
    made, found = stages_of(p.Stage("hold", "counted", 0.0, None, 500, 4.0, 4.0, None, None, plans.span(18)))
    assert not found
    assert made == [
        {"kind": "hold", "name": "counted", "start": 0.0, "duration": None, "iterations": 500, "from": 4.0, "to": 4.0}
    ]


def test_an_open_stage_bounded_by_iterations_has_a_time() -> None:
    made, found = stages_of(p.Stage("hold", "counted", 0.0, 10.0, 500, 50.0, 50.0, None, None, plans.span(18)))
    assert (made[0]["duration"], found) == (10.0, [])
