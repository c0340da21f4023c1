"""Plan element -> what each target makes of it: a piece of its file, or the refusal."""

from __future__ import annotations

import inspect
import math

import pytest

from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.targets import faults, heat, loads, rally
from erisc.targets.codes import CATALOGUE
from erisc.targets.protocol import Target
from erisc.targets.registry import installed
from tests.targets import plans
from tests.targets.plans import network, server, topology, workload

TARGETS: dict[str, Target] = {
    "faults": faults.TARGET,
    "heat": heat.TARGET,
    "loads": loads.TARGET,
    "rally": rally.TARGET,
}


def argument(value: p.Argument) -> p.Workload:
    return workload("KeystoneBasic.create_user", ("domain", value))


def ref(resource: str) -> p.Workload:
    return argument(p.OutputRef("tenant", resource))


HTTP: dict[str, str] = {"driver": "http", "scenario": "GET http://{rabbitmq}/"}


def http(scenario: str = HTTP["scenario"], **arguments: p.Argument) -> p.Workload:
    return replace(plans.LOGIN, driver="http", scenario=scenario, arguments=p.Mapping(tuple(arguments.items())))


NOVA = p.Mapping((("nova", p.Mapping((("instances", -1),))),))


def rally_contexts(**contexts: p.Argument) -> p.Workload:
    return workload("Dummy.dummy", ("contexts", p.Mapping(tuple(contexts.items()))))


def direct(scenario: str, **arguments: p.Argument) -> p.Workload:
    return replace(http(scenario, **arguments), driver="openstack")


ELEMENTS: list[tuple[str, p.Topology | p.Workload | p.Fault, dict[str, str]]] = [
    ("network", topology(), {"heat": "    properties:\n      network:\n        get_resource: apps\n      cidr"}),
    ("range", topology(), {"heat": 'cidr: "10.20.0.0/24"'}),
    ("server", topology(server()), {"heat": "    type: OS::Nova::Server\n    depends_on:\n      - apps_subnet"}),
    ("servers", topology(server(count=3)), {"heat": "  canary_2:\n    type: OS::Nova::Server"}),
    ("no network", topology(networks=()), {"heat": "description: topology tenant\n"}),
    ("range of hosts", topology(networks=(network(cidr="10.20.0.1/24"),)), {"heat": "E0511"}),
    ("range of words", topology(networks=(network(cidr="all of it"),)), {"heat": "E0511"}),
    ("range with zeros", topology(networks=(network(cidr="010.20.0.0/24"),)), {"heat": "E0511"}),
    ("range of IPv6", topology(networks=(network(cidr="fd00::/64"),)), {"heat": "E0511"}),
    ("range of two", topology(networks=(network(cidr="10.0.0.0/31"),)), {"heat": "E0511"}),
    ("range of loopback", topology(networks=(network(cidr="127.1.0.0/16"),)), {"heat": "E0511"}),
    ("range with loopback", topology(networks=(network(cidr="64.0.0.0/2"),)), {"heat": "E0511"}),
    ("range of multicast", topology(networks=(network(cidr="239.0.0.0/24"),)), {"heat": "E0511"}),
    ("room", topology(server(count=4), networks=(network(cidr="10.0.0.0/29"),)), {"heat": 'cidr: "10.0.0.0/29"'}),
    ("no room", topology(server(count=5), networks=(network(cidr="10.0.0.0/29"),)), {"heat": "E0517"}),
    ("no room at all", topology(server(), networks=(network(cidr="10.0.0.0/30"),)), {"heat": "E0517"}),
    ("ranges that overlap", topology(networks=(network(), network("b", "10.20.0.128/25"))), {"heat": "E0515"}),
    ("lost network", topology(server(networks=("app",))), {"heat": "E0512"}),
    ("on no network", topology(server(networks=())), {"heat": "E0516"}),
    ("no server", topology(server(count=0)), {"heat": "E0514"}),
    ("a million servers", topology(server(count=10**6)), {"heat": "E0514"}),
    ("same name", topology(server("apps")), {"heat": "E0513"}),
    ("same subnet", topology(server("apps_subnet")), {"heat": "E0513"}),
    ("same index", topology(server("web", 2), server("web_1")), {"heat": "E0513"}),
    ("name of a path", topology(name="../../etc"), {"heat": "E0501"}),
    ("name of a server", topology(server("a b")), {"heat": "E0501"}),
    ("long name", topology(networks=(network("n" * 101),)), {"heat": "E0501"}),
    ("router", plans.routed(), {"heat": "  edge_apps:\n    type: OS::Neutron::RouterInterface"}),
    ("router to a gateway", plans.routed("public"), {"heat": "external_gateway_info:\n        network: public"}),
    ("no gateway", plans.routed(), {"heat": "  edge:\n    type: OS::Neutron::Router\n  edge_apps"}),
    ("floating address", plans.routed("public"), {"heat": "floating_ip:\n            get_resource: canary_floating"}),
    ("router on a lost network", replace(topology(), routers=(plans.router(("app",)),)), {"heat": "E0512"}),
    ("two routers", replace(topology(), routers=(plans.router(), plans.router(name="b"))), {"heat": "E0520"}),
    ("name of an interface", replace(topology(server("edge_apps")), routers=(plans.router(),)), {"heat": "E0513"}),
    ("apart", plans.placed("single_room", 8), {"heat": "policies:\n        - anti-affinity"}),
    ("apart, by hint", plans.placed("single_room", 8), {"heat": "get_resource: gen_sink_single_room"}),
    ("apart if it can be", plans.placed("best_effort", 8), {"heat": "- soft-anti-affinity"}),
    ("a pair together", plans.placed("double_room", 1), {"heat": "- affinity"}),
    ("pairs together", plans.placed("double_room", 2), {"heat": "E0519"}),
    ("a pair mixed", plans.placed("mixed_room", 1), {"heat": "- anti-affinity"}),
    ("pairs mixed", plans.placed("mixed_room", 2), {"heat": "E0519"}),
    ("pairs in zones", plans.placed("cross_az", 2), {"heat": "E0519"}),
    ("placed twice", plans.placed("single_room", 1, "best_effort"), {"heat": "E0519"}),
    ("hold", plans.LOGIN, {"rally": '"start": 10.0,\n              "duration": 60.0,\n'}),
    ("offset", plans.later(plans.LOGIN, 5.0), {"rally": '"start": 15.0,'}),
    ("Poisson arrivals", replace(plans.LOGIN, arrivals="poisson", choice=10), {"rally": '"000000000000000a"'}),
    ("think time", replace(plans.LOGIN, model="closed", think=2.0), {"rally": '"think": 2.0'}),
    ("users of a mix", plans.LOT, {"rally": '"start": 3.5,\n              "duration": 2.5,\n'}),
    ("users of a mix, ours", replace(plans.LOT, **HTTP), {"loads": '"start": 3.5,\n      "duration": 2.5,\n'}),
    ("request", http(), {"loads": '"scenario": "GET http://{rabbitmq}/"'}),
    ("request to nobody", http("GET http://{rabitmq}/"), {"loads": "E0561"}),
    ("no request", http("GET / HTTP/1.1"), {"loads": "E0561"}),
    ("resource in a request", http(body=p.OutputRef("tenant", "apps")), {"loads": '"body": "{{ tenant__apps }}"'}),
    ("lost resource in a request", http(body=p.OutputRef("tenant", "app")), {"loads": "E0506"}),
    ("text like a resource", http(body="{{ tenant__apps }}"), {"loads": "E0562"}),
    ("operation", direct("network.list", poll=1.0), {"loads": '"poll": 1.0'}),
    ("lost operation", direct("network.lst"), {"loads": "E0563"}),
    ("lost argument", direct("network.list", pol=1.0), {"loads": "E0564"}),
    ("argument of another type", direct("network.list", poll="1"), {"loads": "E0564"}),
    ("no number in a request", http(timeout=math.inf), {"loads": "E0532"}),
    ("name of a load task", replace(http(), name="a/b"), {"loads": "E0501"}),
    ("closed", replace(plans.LOGIN, model="closed"), {"rally": '"model": "closed"'}),
    ("text", argument("m"), {"rally": '"domain": "m"'}),
    ("template", argument("{{ x }}{% y %}{# z"), {"rally": '"\\u007b\\u007b x }}\\u007b% y %}\\u007b# z"'}),
    ("flag", argument(True), {"rally": '"domain": true'}),
    ("small number", argument(1e-05), {"rally": '"domain": 1.0e-05'}),
    ("list", argument((1, "a")), {"rally": '"domain": [\n            1,\n            "a"\n          ]'}),
    ("network's id", ref("apps"), {"rally": '"domain": "{{ tenant__apps }}"'}),
    ("server's id", ref("canary"), {"rally": '"domain": "{{ tenant__canary }}"'}),
    ("server's address", ref("web_1_addresses"), {"rally": '"domain": "{{ tenant__web_1_addresses }}"'}),
    ("several servers' id", ref("web"), {"rally": "E0506"}),
    ("lost resource", ref("canaries"), {"rally": "E0506"}),
    ("by name", workload("NovaServers.boot_server", ("image", "c"), ("flavor", "f")), {"rally": '"name": "f",'}),
    ("scenario", workload("NovaServers.boot_sever"), {"rally": "E0503"}),
    ("argument", workload("Authenticate.validate_nova", ("repetition", 2), ("repetitions", 1)), {"rally": "E0504"}),
    ("no argument", workload("Authenticate.keystone", ("x", 2)), {"rally": "E0504"}),
    ("needed", workload("Authenticate.validate_nova"), {"rally": "E0505"}),
    ("key twice", argument(p.Mapping((("a", 1), ("a", 2)))), {"rally": "E0507"}),
    ("long key", argument(p.Mapping((("a" * 129, 1),))), {"rally": "E0507"}),
    ("no number", argument((math.nan,)), {"rally": "E0532"}),
    ("contexts", rally_contexts(quotas=NOVA), {"rally": '"instances": -1'}),
    ("lost context", rally_contexts(quota=p.Mapping(())), {"rally": "E0509"}),
    ("context of ours", rally_contexts(users=p.Mapping((("tenants", 2),))), {"rally": "E0510"}),
    ("context with a lost key", rally_contexts(network=p.Mapping((("network", 2),))), {"rally": "E0510"}),
    ("contexts that are none", workload("Dummy.dummy", ("contexts", 1)), {"rally": "E0510"}),
    ("recorded", replace(workload("Acme.do", ("image", "c")), takes="image!:glance_image"), {"rally": '"name": "c"'}),
    ("recorded, lost argument", replace(workload("Acme.do", ("x", 1)), takes="image"), {"rally": "E0504"}),
    ("name of a title", replace(plans.LOGIN, name="a/b"), {"rally": "E0501"}),
    ("fault", plans.fault(), {"faults": '"at": 20.0,\n      "steps": [\n'}),
    ("choice", plans.fault(choice=10), {"faults": '"choice": "000000000000000a"'}),
    ("fault that ends", plans.fault(duration=None), {"faults": '"duration": null'}),
    ("selector", plans.fault(target=plans.target("a", "b", "minority", 0)), {"faults": '"selector": "minority"'}),
    ("argument of an action", plans.fault(arguments=p.Mapping((("signal", "SEGV"),))), {"faults": '"signal": "SEGV"'}),
    ("lost action", plans.fault(action="kil"), {"faults": "E0525"}),
    ("fault before the load", plans.fault(at=-1.0), {"faults": "E0522"}),
    ("fault without end", plans.fault(duration=math.inf), {"faults": "E0522"}),
]  # fmt: skip


def plan_of(element: p.Topology | p.Workload | p.Fault) -> p.Plan:
    if isinstance(element, p.Topology):
        return plans.plan(plans.cell(topologies=(element,), workloads=(), faults=()))
    if isinstance(element, p.Workload):
        return plans.plan(plans.cell(workloads=(element,), faults=()))
    return plans.plan(plans.cell(topologies=(), workloads=(), faults=(element,)))


@pytest.mark.parametrize(("element", "expected"), [row[1:] for row in ELEMENTS], ids=[row[0] for row in ELEMENTS])
def test_what_becomes_of_an_element(element: p.Topology | p.Workload | p.Fault, expected: dict[str, str]) -> None:
    for name, target in TARGETS.items():
        files, found = target.emit(plan_of(element))
        text = expected.get(name, "")
        if text in CATALOGUE:
            assert {diagnostic.code for diagnostic in found} == {text}
            assert not files
            assert all(diagnostic.help and "\n" not in diagnostic.summary for diagnostic in found)
            assert all(diagnostic.span == element.span for diagnostic in found) or isinstance(element, p.Topology)
        else:
            assert not found
            assert any(text in content.decode() for content in files.values()) or not text


def test_near_misses_are_named() -> None:
    _, (found,) = rally.TARGET.emit(plan_of(workload("NovaServers.boot_sever")))
    assert found.help == "did you mean `NovaServers.boot_server`?"
    _, (found,) = heat.TARGET.emit(plan_of(topology(server(networks=("app",)))))
    assert found.help == "did you mean `apps`?"


def test_a_finding_of_many_cells_is_told_once() -> None:
    wrong = plans.cell(workloads=(workload("NovaServers.boot_sever"),), topologies=(topology(server(count=0)),))
    many = plans.plan(*(replace(wrong, id=f"{number:04}") for number in range(1, 50)))
    assert [len(target.emit(many)[1]) for target in TARGETS.values()] == [0, 1, 0, 1]


def test_every_class_of_the_plan_is_somebodys_business() -> None:
    """plan.json carries the rest: the contract that the executor holds a zone against."""
    classes = {name for name, item in vars(p).items() if inspect.isclass(item) and hasattr(item, "__record_fields__")}
    claimed = {name for target in installed() for name in target.capabilities}
    assert claimed <= classes
    assert classes - claimed <= {"Architecture", "Link", "Node", "Plan", "Service", "Span"}


def test_capabilities_say_what_becomes_of_a_class() -> None:
    for target in installed():
        for text in target.capabilities.values():
            assert text == "supported" or text.startswith(("lowered to ", "refused: "))


def test_every_code_is_explained() -> None:
    for code, entry in CATALOGUE.items():
        assert code == entry.code
        assert code.startswith(("E05", "W05"))
        assert entry.title
        assert entry.explanation.endswith(".")
        assert entry.mend.endswith(".")
