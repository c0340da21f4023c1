"""Rally tasks: what the author wrote reaches the scenario exactly, and Rally itself accepts the file."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.base import environments
from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.targets.rally import TARGET, record_catalogue
from erisc.targets.rally.catalogue import contexts, parameters, scenarios
from tests.targets import plans

Judge = Callable[..., dict[str, Any]]

text = st.text(st.characters(codec="utf-8"), max_size=40) | st.text("{}%#-+\"'\\\n\r\t: <!&*|u007b\u2028\u202e\x85")
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
arguments = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(text, inner, max_size=4).map(lambda items: p.Mapping(tuple(items.items())))
    ),
    max_leaves=8,
)


def written(*values: tuple[str, p.Argument], scenario: str = "NovaServers.boot_and_delete_server") -> bytes:
    needed = (("image", p.OutputRef("tenant", "apps")), ("flavor", "m1.nano"))
    files, found = TARGET.emit(plans.plan(plans.cell(workloads=(plans.workload(scenario, *needed, *values),))))
    assert not found
    return files["cells/0001/rally/login.json"]


def scenario_arguments(document: dict[str, Any]) -> dict[str, Any]:
    (given_to,) = document["subtasks"][0]["scenario"].values()
    return dict(given_to)


def plain(value: p.Argument) -> object:
    if isinstance(value, p.Mapping):
        return {key: plain(item) for key, item in value.items}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


@given(arguments)
def test_json_gives_back_the_arguments(value: p.Argument) -> None:
    task = written(("userdata", value))
    assert scenario_arguments(json.loads(task))["userdata"] == plain(value)
    assert scenario_arguments(yaml.safe_load(task))["userdata"] == plain(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(arguments)
def test_rally_gives_back_the_arguments(judge: Judge, value: p.Argument) -> None:
    answer = judge(written(("userdata", value)), tenant__apps="1234")
    assert scenario_arguments(answer["config"]) == {
        "image": {"id": "1234"},
        "flavor": {"name": "m1.nano", "accurate": True},
        "userdata": plain(value),
    }


@pytest.mark.parametrize("workload", [plans.LOGIN, plans.BOOT], ids=lambda workload: workload.name)
def test_rally_accepts_the_task(judge: Judge, workload: p.Workload) -> None:
    files, _ = TARGET.emit(plans.plan(plans.cell(workloads=(workload,))))
    answer = judge(files[f"cells/0001/rally/{workload.name}.json"], tenant__apps="1234")
    assert "error" not in answer
    assert answer["config"]["subtasks"][0]["title"] == workload.name


def test_deep_nesting_is_no_obstacle(judge: Judge) -> None:
    """As deep as the language lets it be."""
    deep: p.Argument = "bottom"
    for _ in range(75):
        deep = p.Mapping((("down", (deep,)),))
    answer = judge(written(("userdata", deep)), tenant__apps="1234")
    assert scenario_arguments(answer["config"])["userdata"] == plain(deep)


def test_rally_asks_for_the_resources_of_the_tenant(judge: Judge) -> None:
    assert "tenant__apps" in judge(written())["error"]


def test_rally_refuses_what_the_catalogue_refuses(judge: Judge) -> None:
    """The judge is no rubber stamp: the findings of the target are Rally's own."""
    task = json.loads(written())
    for scenario, values in {"NovaServers.nope": {}, "Authenticate.keystone": {"nope": 1}}.items():
        task["subtasks"][0]["scenario"] = {scenario: values}
        assert "nope" in judge(json.dumps(task).encode())["error"]


def test_a_closed_model_and_every_stage_are_in_the_task() -> None:
    users = replace(plans.LOGIN, model="closed")
    files, _ = TARGET.emit(plans.plan(plans.cell(workloads=(users,))))
    runner = json.loads(files["cells/0001/rally/login.json"])["subtasks"][0]["runner"]
    held = {"start": 10.0, "duration": 60.0, "iterations": None, "from": 2.5, "to": 2.5}
    up = {"start": 0.0, "duration": 10.0, "iterations": None, "from": 0.0, "to": 2.5}
    stages = [{"kind": "ramp", "name": "", **up}, {"kind": "hold", "name": "steady", **held}]
    chance = {"arrivals": "paced", "choice": "0" * 16, "think": 0.0}
    assert runner == {"erisc_staged": {"model": "closed", **chance, "stages": stages}}


def test_a_plan_without_rally_has_no_files_of_it() -> None:
    assert TARGET.emit(plans.plan(plans.cell(workloads=()))) == ({}, ())


def test_the_catalogue_is_that_of_the_installed_rally(drivers_python: str) -> None:
    command = [drivers_python, "-W", "ignore", record_catalogue.__file__]
    variables = environments.run_variables()
    recorded = json.loads(subprocess.run(command, env=variables, capture_output=True, check=True).stdout)
    assert recorded["scenarios"] == scenarios()
    assert recorded["contexts"] == contexts()


def test_the_catalogue_holds_what_rally_ships() -> None:
    assert len(scenarios()) == 310
    takes = parameters(plans.BOOT)
    assert takes is not None
    assert [name for name, parameter in takes.items() if parameter.required] == ["image", "flavor"]
    assert takes["flavor"].resource == "nova_flavor"
