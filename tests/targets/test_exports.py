"""Exports: what other tools are given, whole; what they cannot do is said; and the tools themselves take it."""

from __future__ import annotations

import glob
import importlib.util
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.base.home import data_home
from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.executor import schedule as s
from erisc.executor.faults.selectors import pick
from erisc.executor.zones import Host
from erisc.targets import rally
from erisc.targets.exports import ansible, osfaults, rally_hooks
from erisc.targets.exports.lowering import script
from erisc.targets.protocol import Target
from tests.targets import plans
from tests.targets.conftest import Judge
from tests.targets.test_hostile import text

GOLDENS = Path(__file__).parent / "goldens"
EXPORTS: tuple[Target, ...] = (ansible.EXPORT, osfaults.EXPORT, rally_hooks.EXPORT)
KILL = plans.fault().steps[0][0]
FROM = p.Mapping((("nodes", "controller"), ("selector", "all"), ("count", 0), ("primary", ""), ("where", ())))


def hosts(selector: str = "one", count: int = 1) -> p.Target:
    return plans.target("", "controller", selector, count)


def effect(action: str, *given: tuple[str, p.Argument], target: p.Target | None = None) -> p.Effect:
    struck = hosts() if target is None else target
    return replace(KILL, action=action, target=struck, arguments=p.Mapping(given))


SIGNAL = ("signal", "KILL")
FAULTS = (
    plans.fault(arguments=p.Mapping((SIGNAL,))),
    plans.fault("nap", at=30.0, action="freeze", duration=2.5),
    plans.fault("off", at=40.0, action="power_off", target=hosts("minority", 0)),
    plans.fault("split", at=50.0, action="partition", target=hosts(), arguments=p.Mapping((("from", FROM),))),
    plans.fault("ask", at=60.0, target=replace(KILL.target, selector="primary", count=0, primary="rabbitmq")),
    replace(
        plans.fault("burn", at=70.0),
        steps=(
            (effect("burn_cpu", ("share", 1.0)), effect("burn_cpu", ("share", 1.0), target=hosts("each", 0))),
            (replace(effect("reboot"), duration=None),),
        ),
    ),
)
REACTIONS = (
    p.Reaction(
        "midload", p.AtIteration("login", 50), ((replace(KILL, arguments=p.Mapping((SIGNAL,))),),), plans.span(26)
    ),
    p.Reaction(
        "cascade", p.When("down", p.Mapping((("service", "mariadb"),)), "", None, 20.0, 1), ((KILL,),), plans.span(27)
    ),
)
CELL = replace(plans.cell(faults=FAULTS), reactions=REACTIONS)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_the_files_are_those_of_the_goldens(export: Target) -> None:
    folder = GOLDENS / export.name
    files, found = export.emit(plans.plan(CELL))
    assert not [one for one in found if one.is_error]
    files = {path: body for path, body in files.items() if not path.endswith((".py", "moment.yml"))}
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        for path, body in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(body)
    assert files == {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def left(export: Target, cell: p.Cell = CELL) -> dict[str, str]:
    files, _ = export.emit(plans.plan(cell))
    document = json.loads(files[f"cells/0001/{export.name}/faults.json"])
    return {one["fault"]: one["why"] for one in document["left_out"]}


def test_what_a_tool_cannot_do_is_said_and_left_out() -> None:
    assert left(osfaults.EXPORT).keys() == {"split", "ask", "cascade"}
    assert left(ansible.EXPORT).keys() == {"off", "ask", "midload", "cascade"}
    (found,) = osfaults.EXPORT.emit(plans.plan(CELL))[1]
    assert (found.code, found.summary) == ("W0561", "the export for os-faults leaves out 3 of 8 faults")
    config = osfaults.EXPORT.emit(plans.plan(CELL))[0]["cells/0001/osfaults/os-faults.yaml"].decode()
    assert "#   `split`: os-faults has no `partition`\n" in config


def test_what_nothing_is_left_out_of_has_no_warning() -> None:
    cell = plans.cell(faults=FAULTS[:2])
    for export in EXPORTS:
        assert export.emit(plans.plan(cell))[1] == ()


def test_a_cell_without_faults_has_no_export() -> None:
    for export in EXPORTS:
        assert export.emit(plans.plan(plans.cell(faults=()))) == ({}, ())


# --- resolve.py -------------------------------------------------------------------------------------------------------


def load(name: str) -> Any:
    folder = Path(osfaults.__file__).parent / "scripts"
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


resolve = load("resolve")
LISTED = {
    "_meta": {"hostvars": {"b": {"erisc_labels": {"az": "az2"}}, "c": {"ansible_host": "10.0.0.3"}}},
    "all": {"children": ["controller", "ungrouped"]},
    "controller": {"children": ["first"], "hosts": ["c", "b"]},
    "first": {"hosts": ["a"]},
}
SITE = resolve.Site(LISTED, {"controller": {"az": "az1"}})


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(("one", "any", "all", "minority", "majority", "each")), st.integers(0, 2**64 - 1), st.integers(3, 9)
)
def test_hosts_are_picked_as_the_executor_picks_them(selector: str, choice: int, among: int) -> None:
    names = [f"host{number}" for number in range(among)]
    target = {"selector": selector, "count": 2, "nodes": "controller"}
    known = [Host(name, "ssh", name, 22, "", "", {}) for name in names]
    theirs = pick(s.Target("", "controller", "", selector, 2, "", ()), choice, known)
    assert resolve.pick(target, choice, names) == [host.name for host in theirs]


def test_groups_children_labels_and_addresses_are_read() -> None:
    where = [{"column": "az", "operator": "==", "value": "az1"}]
    assert SITE.members("controller") == ["a", "b", "c"]
    assert SITE.among({"nodes": "controller", "where": where}) == ["a", "c"]
    assert [SITE.addresses(host) for host in ("a", "c")] == [["a"], ["10.0.0.3"]]


def test_moments_follow_the_steps() -> None:
    files, _ = ansible.EXPORT.emit(plans.plan(plans.cell(faults=FAULTS[-1:])))
    content = json.loads(files["cells/0001/ansible/faults.json"])
    rows = resolve.moments(content["faults"], SITE)
    # `each` takes 8 s on each of three hosts; the next step begins when it is over
    assert [
        (row["at"], row["kind"], row["effect"]["action"]) for row in rows if row["effect"]["action"] == "reboot"
    ] == [(94.0, "inject", "reboot")]
    assert [row["at"] for row in rows if row["kind"] == "heal"] == [78.0, 78.0, 86.0, 94.0]


@settings(max_examples=60, deadline=None)
@given(text.filter(lambda one: "\0" not in one), text.filter(lambda one: "\0" not in one))
def test_what_the_author_wrote_stays_a_value_in_the_shell(path: str, unit: str) -> None:
    struck = plans.fault(action="fill_disk", target=hosts(), arguments=p.Mapping((("path", path), ("share", 0.5))))
    files, _ = ansible.EXPORT.emit(plans.plan(plans.cell(faults=(struck,))))
    content = json.loads(files["cells/0001/ansible/faults.json"])
    (row, _) = resolve.moments(content["faults"], SITE)
    lines = (
        resolve.text(row, SITE).replace(row["effect"]["call"]["inject"], 'printf %s "$path"').replace(": >", "true ")
    )
    try:
        given_path = path.encode()
    except UnicodeEncodeError:
        return
    done = subprocess.run(["/bin/sh", "-c", lines], capture_output=True, check=True)
    assert done.stdout == given_path


@settings(max_examples=60, deadline=None)
@given(text, text)
def test_hostile_names_break_no_file(name: str, service: str) -> None:
    struck = plans.fault(name, target=plans.target(service, "controller"), arguments=p.Mapping((SIGNAL,)))
    for export in EXPORTS:
        files, _ = export.emit(plans.plan(plans.cell(faults=(struck,))))
        for path, body in files.items():
            if path.endswith(".json"):
                json.loads(body)
            elif path.endswith((".yml", ".yaml")):
                assert yaml.safe_load(body)


# --- the tools themselves ---------------------------------------------------------------------------------------------

INVENTORY = """\
all:
  children:
    controller:
      hosts:
        ctl1: {ansible_host: 192.0.2.1, ansible_user: op, erisc_power: {driver: libvirt, connection_uri: "qemu:///system"}}
        ctl2: {ansible_host: 192.0.2.2, erisc_services: {rabbitmq: {manager: systemd, unit: rabbitmq-server}}}
        ctl3:
          ansible_host: 192.0.2.3
          erisc_power: {driver: ipmi, address: 192.0.2.9, username: u, password: p}
"""


@pytest.fixture(scope="module")
def tools() -> str:
    """The folder of the programs of an environment that has Ansible and os-faults."""
    for python in sorted(glob.glob(os.path.join(data_home(), "envs", "ansible-*", "bin", "python"))):
        if os.path.exists(os.path.join(os.path.dirname(python), "ansible-playbook")):
            return os.path.dirname(python)
    pytest.skip("the environment `ansible` is not made")


def written(export: Target, folder: Path) -> Path:
    for path, body in export.emit(plans.plan(CELL))[0].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
    (folder / "inventory.yaml").write_text(INVENTORY)
    return folder / "cells" / "0001" / export.name


def test_ansible_takes_the_playbook(tools: str, tmp_path: Path) -> None:
    folder = written(ansible.EXPORT, tmp_path)
    command = [f"{tools}/ansible-playbook", "--syntax-check", "-i", str(tmp_path / "inventory.yaml"), "faults.yml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, "ERROR" in done.stderr) == (0, False), done.stderr


def test_os_faults_takes_the_configuration(tools: str, tmp_path: Path) -> None:
    folder = written(osfaults.EXPORT, tmp_path)
    ask = (
        "import play, resolve, sys\n"
        "site = resolve.read_site(sys.argv[1:], {})\n"
        "cloud = play.connect(play.config_of(site, site.members('controller')))\n"
        "print(sorted(cloud.get_nodes().get_fqdns()), cloud.get_service('rabbitmq').service_name)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [f"{tools}/python", "-c", ask, str(tmp_path / "inventory.yaml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "['ctl1', 'ctl2', 'ctl3'] rabbitmq-server\n", done.stderr


def test_the_script_says_what_it_would_do(tools: str, tmp_path: Path) -> None:
    folder = written(osfaults.EXPORT, tmp_path)
    command = [f"{tools}/python", "play.py", "-i", str(tmp_path / "inventory.yaml"), "--dry-run", "--fault", "nap"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = [line.split(None, 2)[2] for line in done.stdout.splitlines() if " node" in line and " s  " in line]
    assert told == ["freeze rabbitmq service on ctl3 node", "unfreeze rabbitmq service on ctl3 node"], done.stderr


def test_rally_takes_the_hooks(judge: Judge) -> None:
    """Also when a fault has a name that a template engine or a shell would read."""
    odd = plans.fault("{{ a }} $(b) 'c", arguments=p.Mapping((SIGNAL,)))
    cell = replace(CELL, faults=(*FAULTS, odd), workloads=(plans.workload("Dummy.dummy"),))
    hooks = json.loads(rally_hooks.EXPORT.emit(plans.plan(cell))[0]["cells/0001/rally-hooks/login.json"])
    task = json.loads(rally.TARGET.emit(plans.plan(cell))[0]["cells/0001/rally/login.json"])
    task["subtasks"][0] |= hooks
    # as the files have it: no opening brace that could begin a tag
    answer = judge(json.dumps(task).replace("{{", "\\u007b\\u007b").encode())
    assert answer["config"]["subtasks"][0]["hooks"] == hooks["hooks"]
    called = [shlex.split(hook["action"]["sys_call"]) for hook in hooks["hooks"]]
    assert {tuple(words[:2]) for words in called} == {("/bin/sh", "-c")}
    assert "{{ a }} $(b) 'c" in {words[4] for words in called}


def test_the_scripts_are_python() -> None:
    for name in ("resolve.py", "osfaults_play.py"):
        compile(script(name), name, "exec", dont_inherit=True)
    assert sys.version_info >= (3, 11)
