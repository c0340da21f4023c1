"""The spec that shows the whole language compiles, with the meaning its author would expect."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from erisc.base import json_text
from erisc.base.record import replace
from erisc.compiler import compile_spec, compile_suite, lint_spec
from erisc.compiler.plan import AtIteration, Plan, When
from erisc.compiler.plan_json import plan_from_json, plan_to_json, schema
from erisc.targets.bundle import assemble
from tests.compiler.frame import FIXTURES
from tests.compiler.test_goldens import same

SPEC = str(FIXTURES / "language.eris")


def plan(name: str) -> Plan:
    result = compile_spec(SPEC, experiment=name)
    assert result.plan is not None, result.diagnostics
    return result.plan


@pytest.fixture(scope="module")
def broker_crash() -> Plan:
    return plan("broker_crash")


def test_nothing_in_it_is_refused_by_the_compiler() -> None:
    assert not [one for one in lint_spec(SPEC).diagnostics if one.is_error]


def test_its_first_cell_is_the_golden_one(broker_crash: Plan) -> None:
    first = replace(broker_crash, cells=tuple(broker_crash.cells[:1]))
    same("language.plan.json", json_text.dump(plan_to_json(first)).decode())


def test_it_goes_to_json_and_back(broker_crash: Plan) -> None:
    for made in (replace(broker_crash, cells=tuple(broker_crash.cells[:3])), plan("networks")):
        data = plan_to_json(made)
        jsonschema.Draft202012Validator(schema()).validate(data)
        assert plan_from_json(json.loads(json_text.dump(data))) == made


def test_a_swept_architecture_has_variants(broker_crash: Plan) -> None:
    counts = [{node.name: node.count for node in one.nodes} for one in broker_crash.architectures]
    assert counts == [{"controller": 3, "compute": computes} for computes in (10, 20, 50)]
    assert {dict(cell.point)["computes"]: cell.architecture for cell in broker_crash.cells} == {10: 0, 20: 1, 50: 2}
    assert len(broker_crash.cells) == 3 * 3 * 5
    assert [image.name for image in broker_crash.images] == ["ubuntu_noble"]
    (tenant,) = [link for link in broker_crash.architectures[0].links if link.name == "tenant"]
    assert dict(tenant.properties) == {"bandwidth": 1e10, "delay": 0.002}


def test_its_faults_are_planned_or_foretold(broker_crash: Plan) -> None:
    cell = broker_crash.cells[0]
    assert [fault.at for fault in cell.faults if fault.name == "mq_crash"] == [720]
    assert {type(reaction.trigger) for reaction in cell.reactions} == {When, AtIteration}
    again = broker_crash.cells[1]
    assert (cell.point, cell.repeat, again.repeat) == (again.point, 1, 2)
    assert [f.at for f in cell.faults] != [f.at for f in again.faults]


def test_a_limit_is_a_search_over_the_experiment_at_the_low_end() -> None:
    made = plan("networks")
    assert made.experiment == "create_networks"
    assert made.search is not None
    assert (made.search.variable, made.search.low, made.search.high) == ("n", 1, 10000)
    assert [(one.kpi, one.operator, one.limit) for one in made.search.conditions] == [
        ("listed", ">=", 0.99),
        ("list_p95", "<", 5),
    ]
    assert dict(made.parameters)["n"] == 1
    assert {kpi.name for kpi in made.criteria[0].kpis} == {"listed", "list_p95"}
    found = assemble(made, compile_spec(SPEC, experiment="networks").sources)[1]
    assert "E0552" in [one.code for one in found]


def test_a_suite_is_a_plan_for_every_run() -> None:
    made = compile_suite(SPEC, "readiness")
    assert made.suite is not None, made.diagnostics
    assert made.suite.budget == 30 * 3600
    assert [(run.shown, one.experiment) for run, one in zip(made.suite.runs, made.plans, strict=True)] == [
        ("quickstart", "quickstart"),
        ("broker_crash(computes = 10)", "broker_crash"),
    ]
    # What a run gives is not swept any more.
    assert len(made.plans[1].cells) == 3 * 5
    assert all(dict(cell.point).keys() == {"peak"} for cell in made.plans[1].cells)


def test_a_metric_comes_with_the_kpi_that_reads_it(tmp_path: Path) -> None:
    text = (FIXTURES / "language.eris").read_text()
    text += "\nkpi deepest: count = max(queue_depth.value during boot.steady)\nslo shallow: deepest < 100\n"
    text += "experiment watched { use site, boot check shallow }\n"
    path = tmp_path / "watched.eris"
    path.write_text(text)
    result = compile_spec(str(path), experiment="watched")
    assert result.plan is not None, result.diagnostics
    (metric,) = result.plan.metrics
    assert (metric.source, metric.type, metric.by, metric.every) == ("prometheus", "count", ("queue",), 5)
    assert dict(metric.arguments.items) == {"query": "rabbitmq_queue_messages"}
    assert "E0551" in [one.code for one in assemble(result.plan, result.sources)[1]]
