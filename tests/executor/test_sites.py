"""Inventories, zones, selectors and bundles: what is read, and what is refused with which words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from erisc.base.failure import Failure
from erisc.executor.bundle import load_bundle
from erisc.executor.zones import Host, ZoneCall, host_of, host_values, parse_call
from erisc.executor.zones.inventory import parse_inventory, read_inventory
from erisc.executor.zones.lab import open_zone as open_lab
from tests.executor.bundles import fault, stage, workload, write_bundle

INVENTORY = """\
all:
  vars: {ansible_connection: ssh, ansible_user: ops, erisc_zone: lab}
  children:
    controller:
      vars: {ansible_user: root}
      hosts:
        ctl2: {ansible_host: 10.0.0.2, erisc_services: {x: {manager: commands, pids: [p], start: [s]}}}
        ctl1: {ansible_connection: local, ansible_port: 2222}
    cloud:
      children:
        controller:
        compute: {hosts: {fake-001: }}
"""


def test_groups_hosts_and_inherited_variables() -> None:
    hosts, groups = parse_inventory(yaml.safe_load(INVENTORY), "inv")
    assert groups["controller"] == ("ctl1", "ctl2")
    assert groups["cloud"] == ("ctl1", "ctl2", "fake-001")
    assert groups["all"] == ("ctl1", "ctl2", "fake-001")
    services = {"x": {"manager": "commands", "pids": ["p"], "start": ["s"]}}
    assert hosts["ctl2"] == Host("ctl2", "ssh", "10.0.0.2", 22, "root", "", services, addresses=("10.0.0.2",))
    assert hosts["ctl1"] == Host("ctl1", "local", "ctl1", 2222, "root", "", {}, addresses=("ctl1",))
    assert hosts["fake-001"].user == "ops"


def test_what_faults_must_know_of_a_host_is_read_and_survives_json() -> None:
    values = {
        "ansible_become": "yes", "erisc_labels": {"rack": "r1", "az": 1}, "erisc_addresses": ["10.11.1.11"],
        "erisc_interfaces": ["data0"], "erisc_power": {"driver": "ipmi"},
    }  # fmt: skip
    hosts, _ = parse_inventory({"all": {"hosts": {"c1": values}}}, "inv")
    host = hosts["c1"]
    assert (host.become, host.labels, host.power) == (True, {"rack": "r1", "az": "1"}, {"driver": "ipmi"})
    assert (host.addresses, host.interfaces) == (("10.11.1.11",), ("data0",))
    assert host_of(json.loads(json.dumps(host_values(host)))) == host


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("erisc_labels", ["r1"], "erisc_labels must be a mapping"),
        ("erisc_addresses", "10.0.0.1", "erisc_addresses must be a list of texts"),
        ("ansible_become", "perhaps", "ansible_become must be true or false, not 'perhaps'"),
    ],
)
def test_a_host_variable_of_the_wrong_kind_is_named(key: str, value: object, what: str) -> None:
    with pytest.raises(Failure, match=f"host c1: {what}"):
        parse_inventory({"all": {"hosts": {"c1": {key: value}}}}, "inv")


def test_a_dynamic_inventory_says_the_same_as_a_static_one(tmp_path: Path) -> None:
    listing = {
        "_meta": {"hostvars": {"ctl2": {"ansible_host": "10.0.0.2"}, "ctl1": {"ansible_connection": "local"}}},
        "controller": {"hosts": ["ctl2", "ctl1"], "vars": {"ansible_user": "root"}},
        "cloud": {"children": ["controller"]},
        "spare": ["ctl3"],
    }
    script = tmp_path / "inventory.py"
    script.write_text(f"#!/bin/sh\n[ \"$1\" = --list ] && cat <<'E'\n{json.dumps(listing)}\nE\n")
    script.chmod(0o755)
    hosts, groups = read_inventory(str(script))
    assert groups["cloud"] == ("ctl1", "ctl2")
    assert groups["spare"] == ("ctl3",)
    assert (hosts["ctl1"].connection, hosts["ctl2"].address, hosts["ctl2"].user) == ("local", "10.0.0.2", "root")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no groups"),
        ("[a, b]", "holds no groups"),
        ("all: 3", "group 'all' is no mapping"),
        ("all: {hosts: [a, b]}", "must be mappings"),
        ("all: {children: {c: }}", "holds no hosts"),
        ("all: {hosts: {a: {ansible_connection: winrm}}}", "host a: connection 'winrm' is not one of local, ssh"),
        ("all: {hosts: {a: {erisc_services: [x]}}}", "host a: erisc_services must map"),
        ("all: {", "cannot be read"),
    ],
)
def test_a_wrong_inventory_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "inv.yaml"
    path.write_text(text)
    with pytest.raises(Failure, match=complaint) as caught:
        read_inventory(str(path))
    assert caught.value.exit_code == 2
    assert str(path) in caught.value.what


def test_a_failing_dynamic_inventory_is_quoted(tmp_path: Path) -> None:
    script = tmp_path / "inv"
    script.write_text("#!/bin/sh\necho no credentials >&2\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(Failure, match="ended with 3") as caught:
        read_inventory(str(script))
    assert caught.value.detail == "no credentials"


def test_a_lab_that_is_not_up_tells_how_to_bring_it_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERISC_HOME", str(tmp_path))
    with pytest.raises(Failure, match="the lab 'mine' is not up") as caught:
        open_lab(ZoneCall("lab", "mine", "", ""))
    assert caught.value.mend == "erisc lab up --name mine"
    with pytest.raises(Failure, match="no zone kind 'moon'"):
        parse_call("moon", "", "")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    load = workload("w", "Dummy.dummy", {}, "open", [stage("ramp", "", 2, 0, 4), stage("hold", "s", 3, 4, 4)])
    return write_bundle(tmp_path / "b", [load], [fault("kill", 1.5, 2.0)])


def test_a_bundle_is_read_as_the_formats_say(bundle: Path) -> None:
    read = load_bundle(str(bundle))
    (cell,) = read.cells
    assert cell.workloads[0].end == 5.0
    assert cell.workloads[0].task == str(bundle / "cells/0001/rally/w.json")
    (struck,) = cell.schedule.faults
    ((effect,),) = struck.steps
    assert (struck.at, effect.duration, effect.choice) == (1.5, 2.0, 0x9F3C6D0A1B2C3D4E)


@pytest.mark.parametrize("name", ["plan.json", "cells/0001/rally/w.json", "rally/plugins/erisc_staged.py"])
def test_a_changed_file_is_named(bundle: Path, name: str) -> None:
    with (bundle / name).open("a") as file:
        file.write(" ")
    with pytest.raises(Failure, match=f"{name} is not as it was compiled") as caught:
        load_bundle(str(bundle))
    assert caught.value.exit_code == 2


def test_missing_and_extra_files_are_named(bundle: Path) -> None:
    (bundle / "more").write_text("")
    with pytest.raises(Failure, match="does not name: more"):
        load_bundle(str(bundle))
    (bundle / "more").unlink()
    os.unlink(bundle / "cells/0001/rally/w.json")
    with pytest.raises(Failure, match=r"lacks cells/0001/rally/w\.json"):
        load_bundle(str(bundle))


@pytest.mark.parametrize("manifest", ["", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "files": {}}'])
def test_a_damaged_manifest_is_said_so(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(Failure) as caught:
        load_bundle(str(tmp_path))
    assert caught.value.exit_code == 2
