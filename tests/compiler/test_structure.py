"""Topologies, metrics, limits, suites and sweeps: what they mean, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.compiler import compile_spec, compile_suite
from erisc.compiler.plan import Placement, Plan
from tests.compiler.frame import check, codes, patched

APPS = 'network apps { cidr = "10.20.0.0/24" }\n  '


def tenant(rest: str) -> str:
    return f"topology tenant on site {{\n  {APPS}{rest}\n}}\n"


def server(name: str, count: int = 2, image: str = '"cirros"') -> str:
    return f'server {name} * {count} {{ image = {image}, flavor = "f", networks = [apps] }}\n  '


USES = "experiment trial {\n  use site, tenant, boot, storm\n  check available\n}\n"
CREATE = "param n: int = 1 in 1 .. 10\nexperiment create { use site, boot repeat n check available }\n"
REFUSED = {
    "architecture site extends single { network lan { delay = 2 Gbit/s } }": "E0302",
    "architecture site extends single { network lan { speed = 2 Gbit/s } }": "E0208",
    "architecture site extends single { network lan { vlan = 5000 } }": "E0306",
    "architecture site extends single { network controller {} }": "E0204",
    "architecture site extends single { service s on controller { port = 70000 } }": "E0306",
    "architecture site extends single { node compute { image = images.ubuntu_nobel } }": "E0201",
    "architecture site extends single { node compute { image = boot } }": "E0205",
    'image tools { packages = ["iperf3"] }': "E0310",
    'image tools { base = "debian-12", packages = "iperf3" }': "E0301",
    'image tools { base = "debian-12", disk = 4 }': "E0305",
    tenant("router r { connects = [app] }"): "E0201",
    tenant("router r {}"): "E0310",
    tenant("router r { connects = [apps, apps] }"): "E0204",
    tenant("router apps { connects = [apps] }"): "E0204",
    tenant('network b { cidr = "10.1.0.0/24", floating = 1 }'): "E0301",
    tenant('network b { cidr = "10.1.0.0/24", floating = true }'): "E0313",
    tenant(server("gen") + "place pair(gen, sink) single_room"): "E0201",
    tenant(server("gen") + server("sink", 3) + "place pair(gen, sink) single_room"): "E0312",
    tenant(server("gen") + "place pair(gen, gen) single_room"): "E0312",
    tenant(server("gen") + "place alone(gen) mixed_room"): "E0312",
    tenant(server("gen") + "place trio(gen) single_room"): "E0201",
    tenant(server("gen") + "place alone(gen) single_rom"): "E0201",
    tenant(server("gen") + "place alone() single_room"): "E0309",
    'metric m: string from prometheus("up")': "E0301",
    'metric m: count from promtheus("up")': "E0201",
    'metric m: count from prometheus("up" on controller)': "E0309",
    'metric m: count from command("uptime")': "E0309",
    "metric m: count from prometheus(5)": "E0301",
    'metric m: count from prometheus("up") by (a, a)': "E0204",
    'metric m: count from prometheus("up") by (value)': "E0204",
    'metric m: count from prometheus("up") every 0 s': "E0306",
    'metric m: count from file("/x" on nowhere)\n' + USES.replace("tenant", "m"): "E0201",
    CREATE + "limit most: largest m in 1 .. 9 of create(m) where success >= 9 %": "E0201",
    CREATE + "limit most: largest n in 1 .. 9 of creat(n) where success >= 9 %": "E0201",
    CREATE + "limit most: largest n in 1 .. 9 of create() where success >= 9 %": "E0309",
    CREATE + "limit most: largest n in 9 .. 1 of create(n) where success >= 9 %": "E0306",
    CREATE + "limit most: largest n in 1 .. 99 of create(n) where success >= 9 %": "E0306",
    CREATE + "limit most: largest n in 1 .. 9 s of create(n) where success >= 9 %": "E0302",
    CREATE + "limit most: largest n in 1 .. 9 of create(n) where success >= 9 s": "E0302",
    CREATE + "limit most: largest n in 1 .. 9 of create(n) where sucess >= 9 %": "E0201",
    CREATE + "limit most: largest n in 1 .. 9 of create(n) where success == 9 %": "E0309",
    CREATE + "limit most: largest n in 1 .. 9 of create(n, n = 2) where success >= 9 %": "E0204",
    "suite all { budget = 30 min }": "E0210",
    "suite all { run trial, trial }": "E0204",
    "suite all { run trial(load = 50 s), trial(load = 50000 ms) }": "E0204",
    "suite all { run tril }": "E0201",
    "suite all { run boot }": "E0205",
    "suite all { run trial(50 s) }": "E0309",
    "suite all { run trial(load = 5) }": "E0305",
    "suite all { run trial(laod = 5 s) }": "E0201",
    "suite all {\n  budget = 10\n  run trial\n}": "E0305",
    "suite all { budget = 10 s run trial }": "E0420",
    "suite all { budget = 1 h budget = 1 h run trial }": "E0204",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_wrong_is_said_once(text: str, tmp_path: Path) -> None:
    errors = [code for code in codes(check(tmp_path, patched(text))) if code.startswith("E")]
    assert errors == [REFUSED[text]]


def planned(folder: Path, text: str, experiment: str | None = "trial", **settings: str) -> Plan:
    result = check(folder, patched(text), every=False, experiment=experiment, settings=settings)
    assert result.plan is not None, result.diagnostics
    return result.plan


def test_a_topology_is_whole(tmp_path: Path) -> None:
    rest = 'router edge { connects = [apps], gateway = "public" }\n  '
    text = tenant(rest + server("gen") + server("sink") + "place pair(gen, sink) best_effort")
    (topology,) = planned(tmp_path, text + USES).cells[0].topologies
    (router,) = topology.routers
    assert (router.name, router.connects, router.gateway) == ("edge", ("apps",), "public")
    (place,) = topology.placements
    assert isinstance(place, Placement)
    assert (place.kind, place.servers, place.accommodation) == ("pair", ("gen", "sink"), "best_effort")


def test_a_string_is_an_image_of_the_cloud(tmp_path: Path) -> None:
    """Even when the library has an image of that name."""
    own = 'image tools { base = "debian-12" }\n'
    texts = {'"cirros"': [], "images.cirros": ["cirros"], "tools": ["tools"], "images.tools": ["tools"]}
    for image, names in texts.items():
        made = planned(tmp_path, own + tenant(server("gen", image=image)) + USES)
        assert [one.name for one in made.images] == names


def test_a_service_may_stand_above_its_hosts(tmp_path: Path) -> None:
    text = "architecture site extends single {\n  service edge on gate\n  node gate * 2\n}"
    (architecture,) = planned(tmp_path, text).architectures
    assert {"edge": "gate"}.items() <= {one.name: one.on for one in architecture.services}.items()


SWEPT = """\
param hosts: int = 2
param good: ratio = 50 %
param twice: int = hosts * 2
architecture site extends single { node compute * twice }
slo available: success >= good
experiment trial {
  use site, boot, storm
  sweep hosts in [1, 2, 3]
  sweep good in [50 %, 60 %]
  repeat 2
  check available
}
"""


def test_what_a_sweep_changes_is_in_the_plan_once(tmp_path: Path) -> None:
    made = planned(tmp_path, SWEPT)
    hosts = [{node.name: node.count for node in one.nodes}["compute"] for one in made.architectures]
    assert hosts == [2, 4, 6]  # a default follows what it uses
    assert [one.slos[0].limit for one in made.criteria] == [0.5, 0.6]
    for cell in made.cells:
        point = dict(cell.point)
        assert hosts[cell.architecture] == 2 * int(point["hosts"])
        assert made.criteria[cell.criteria].slos[0].limit == point["good"]


def test_what_is_set_is_not_swept(tmp_path: Path) -> None:
    made = planned(tmp_path, SWEPT, hosts="7")
    assert len(made.cells) == 4
    assert [dict(cell.point).keys() for cell in made.cells[:1]] == [{"good"}]
    assert dict(made.parameters) | {"hosts": 7, "twice": 14} == dict(made.parameters)


def test_a_derived_value_out_of_range_at_one_point_is_found(tmp_path: Path) -> None:
    text = SWEPT.replace("twice: int = hosts * 2", "twice: int = hosts * 2 in 1 .. 5")
    assert "E0306" in codes(check(tmp_path, patched(text)))


def test_a_million_cells_are_planned_and_made_when_asked_for(tmp_path: Path) -> None:
    text = SWEPT.replace("repeat 2", "repeat 100000").replace("[1, 2, 3]", "[1, 2]")
    made = planned(tmp_path, text)
    assert len(made.cells) == 400_000
    last = made.cells[-1]
    assert (last.id, last.repeat, dict(last.point)["hosts"]) == ("400000", 100_000, 2)
    assert [cell.id for cell in made.cells[10:40:10]] == ["0011", "0021", "0031"]
    assert len(made.cells[5:]) == 399_995
    assert made.cells[5:][0] == made.cells[5]
    with pytest.raises(IndexError):
        made.cells[400_000]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True), st.integers(1, 4), st.data())
def test_any_cell_is_the_same_whenever_it_is_made(
    tmp_path_factory: pytest.TempPathFactory, hosts: list[int], repeat: int, data: st.DataObject
) -> None:
    text = SWEPT.replace("[1, 2, 3]", str(hosts)).replace("repeat 2", f"repeat {repeat}")
    folder = tmp_path_factory.getbasetemp()
    one, other = planned(folder, text), planned(folder, text)
    cells = list(one.cells)
    assert len(cells) == len(hosts) * 2 * repeat
    index = data.draw(st.integers(0, len(cells) - 1))
    assert other.cells[index] == cells[index]
    order = [(dict(cell.point)["hosts"], dict(cell.point)["good"], cell.repeat) for cell in cells]
    assert order == [(h, g, r + 1) for h in hosts for g in (0.5, 0.6) for r in range(repeat)]


def test_sweeps_that_are_too_large_are_refused_where_they_are(tmp_path: Path) -> None:
    def first(sweeps: str) -> tuple[str, int]:
        result = check(tmp_path, patched(SWEPT.replace("sweep hosts in [1, 2, 3]", sweeps)))
        return result.diagnostics[0].summary, result.diagnostics[0].span.line

    assert first("sweep hosts in 1 .. 1000000000 step 1")[0].startswith("this sweep has 1000000000 values")
    assert first("sweep hosts in 1 .. 600000 step 1")[0] == "2400000 cells are more than 1000000"
    assert first("sweep hosts in 1 .. 2000 step 1")[0].startswith("the architecture would have 2000 variants")


SUITE = "suite all {\n  budget = 30 min\n  run trial, trial(load = 30 s), once(load = 20 s)\n}\n"
ONCE = "experiment once {\n  use site, boot\n  check available\n}\n"


def test_settings_of_a_run_go_before_those_of_the_call(tmp_path: Path) -> None:
    (tmp_path / "spec.eris").write_text(patched(SUITE + ONCE))
    made = compile_suite(str(tmp_path / "spec.eris"), "all", settings={"load": "40 s"})
    assert made.suite is not None, made.diagnostics
    assert [dict(plan.parameters)["load"] for plan in made.plans] == [40, 30, 20]
    for name in ("none", ""):
        wrong = compile_suite(str(tmp_path / "spec.eris"), name)
        assert (wrong.suite, wrong.plans, [one.code for one in wrong.diagnostics]) == (None, (), ["E0213"])


def test_one_of_several_experiments_is_chosen_by_name(tmp_path: Path) -> None:
    text = patched(ONCE)
    assert codes(check(tmp_path, text, every=False)) == ["E0213"]
    assert compile_spec(str(tmp_path / "spec.eris"), experiment="once").plan is not None
    (found,) = compile_spec(str(tmp_path / "spec.eris"), experiment="onec").diagnostics
    assert (found.code, found.help) == ("E0213", "did you mean `once`?")
