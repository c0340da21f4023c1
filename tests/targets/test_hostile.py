"""Whatever the author writes stays the author's text: it breaks no file and injects nothing."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from erisc.base.record import replace
from erisc.targets import faults, heat, rally
from erisc.targets.names import is_usable
from tests.targets import plans

HOSTILE = [
    'a"b', "a'b", "a\nb: c", "a: b", "a #b", "!!python/object/apply:os.system [id]", "{{ tenant__apps }}", "{% raw %}",
    "${x}", "`id`", "\u202eexe.txt", "\u2066x\u2069", "\ufeff", "x" * 10_000, "../../etc/passwd", "/etc/passwd",
    "", ".", "..",
    "a\x00b", "a\rb", "\x1b[31m", "null", "yes", "1e3", "2018-08-31", "- a", "&a", "*a",
    "<<", "a\u2028b", "\x85", "€", "😀",
    "CON", "a/b", "a\\b", "__proto__", "~0~1",
]  # fmt: skip
text = st.sampled_from(HOSTILE) | st.text()


@given(text, text)
def test_image_and_flavor_reach_heat_as_they_are(image: str, flavor: str) -> None:
    plan = plans.plan(plans.cell(topologies=(plans.topology(plans.server(image=image, flavor=flavor)),)))
    files, found = heat.TARGET.emit(plan)
    assert not found
    written = yaml.safe_load(files["cells/0001/heat/tenant.yaml"])
    properties = written["resources"]["canary"]["properties"]
    assert (properties["image"], properties["flavor"]) == (image, flavor)
    assert list(written["resources"]) == ["apps", "apps_subnet", "canary"]


@given(text, text.filter(bool), text)
def test_a_fault_reaches_the_schedule_as_it_is(name: str, service: str, nodes: str) -> None:
    fault = plans.fault(name, target=plans.target(service, nodes, "any", 2))
    files, found = faults.TARGET.emit(plans.plan(plans.cell(faults=(fault,))))
    assert not found
    (written,) = json.loads(files["cells/0001/faults/schedule.json"])["faults"]
    ((effect,),) = written["steps"]
    assert (written["name"], effect["action"]) == (name, "kill")
    target = {"service": service, "nodes": nodes, "topology": "", "selector": "any", "count": 2, "primary": "", "where": []}
    assert effect["target"] == target


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_cannot_be_kept_is_refused(name: str) -> None:
    """In a topology, a network, a server, a workload: one finding, on one line, of a bounded length, and no file."""
    elements: list[dict[str, Any]] = [
        {"topologies": (plans.topology(name=name),)},
        {"topologies": (plans.topology(networks=(plans.network(name),)),)},
        {"topologies": (plans.topology(plans.server(name)),)},
        {"workloads": (replace(plans.LOGIN, name=name),)},
    ]
    for element in elements:
        plan = plans.plan(plans.cell(**{"workloads": (), "topologies": ()} | element))
        emitted = [target.emit(plan) for target in (heat.TARGET, rally.TARGET)]
        codes = [diagnostic.code for _, found in emitted for diagnostic in found]
        assert codes == ([] if is_usable(name) else ["E0501"])
        for _, found in emitted:
            for diagnostic in found:
                assert diagnostic.summary.isprintable()
                assert len(diagnostic.summary) < 200


@pytest.mark.parametrize("name", HOSTILE)
def test_messages_about_hostile_text_stay_one_line(name: str) -> None:
    scenario = plans.workload(name)
    argument = plans.workload("Authenticate.keystone", (name, 1))
    server = plans.topology(plans.server(networks=(name,)))
    cidr = plans.topology(networks=(plans.network(cidr=name),))
    for cell in (
        plans.cell(workloads=(scenario, argument)),
        plans.cell(topologies=(server,)),
        plans.cell(topologies=(cidr,)),
    ):
        for target in (heat.TARGET, rally.TARGET):
            for diagnostic in target.emit(plans.plan(cell))[1]:
                told = diagnostic.summary + diagnostic.help + diagnostic.note
                assert told.isprintable()
                assert len(told) < 600
