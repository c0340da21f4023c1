"""The zone's configuration: complete, consistent with the ports, and with secrets only where they belong."""

from __future__ import annotations

import configparser
from typing import Any

import pytest

from erisc.base.record import replace
from erisc.lab import config, ports, site_files, supervisor
from erisc.lab.config.common import render
from erisc.lab.programs import API_GROUP, BASE_GROUP, RPC_GROUP, names, port_roles, programs
from erisc.lab.settings import Settings

_OWNERS = (
    "admin", "cinder", "cookie", "database", "glance", "heat", "heat_domain", "heat_key", "neutron", "nova",
    "placement", "rabbitmq",
)  # fmt: skip
ZONE = Settings(
    name="default",
    folder="/srv/lab with 100% blank",
    environment="/srv/env",
    ports=ports.block(17000),
    passwords={owner: f"secret-of-{owner}" for owner in _OWNERS},
    computes=3,
)


def _parsed(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


def test_every_ini_file_can_be_read_back() -> None:
    for path, text in config.files(ZONE).items():
        if path.startswith("rabbitmq/"):
            continue
        parser = _parsed(text)
        assert parser.sections() or parser.defaults(), path


def test_a_value_of_two_lines_is_refused_and_a_dollar_is_kept() -> None:
    with pytest.raises(ValueError, match="one line"):
        render({"a": {"b": "c\nd"}})
    assert render({"a": {"b": "c$d", "e": True}}) == "[a]\nb = c$$d\ne = true\n"


def test_hypervisors_know_no_database() -> None:
    assert not [name for name in _parsed(config.files(ZONE)["nova/compute.conf"]).sections() if "database" in name]


def test_every_program_reads_files_that_are_written_and_has_a_name_that_is_listed() -> None:
    files = config.files(ZONE)
    made = programs(ZONE, root=True)
    assert tuple(program.name for program in made) == names() == BASE_GROUP + API_GROUP + RPC_GROUP
    assert {name for program in made for name in program.configs} <= set(files)
    assert {program.name: program.role for program in made if program.role} == port_roles()


def test_no_secret_is_on_a_command_line_or_in_what_is_shown_to_everybody() -> None:
    assert "secret-of" not in supervisor.configuration(ZONE, programs(ZONE, root=False), config.files(ZONE))
    inventory = site_files.inventory(ZONE)  # for its owner alone: of secrets it has the bus's, for load on it
    assert inventory["controller"]["hosts"]["ctl"]["erisc_services"]["rabbitmq"].pop("transport_url") == ZONE.broker_url
    assert "secret-of" not in str(inventory)


def test_supervisord_restarts_nothing_by_itself_and_reads_percent_signs_as_such() -> None:
    text = supervisor.configuration(ZONE, programs(ZONE, root=True), config.files(ZONE))
    parser = configparser.ConfigParser(default_section="none")
    parser.read_string(text)
    sections = [name for name in parser.sections() if name.startswith("program:")]
    assert len(sections) == len(names())
    assert {parser[name]["autorestart"] for name in sections} == {"false"}
    assert parser["supervisord"]["directory"] == "/srv/lab with 100% blank"


def test_a_changed_configuration_changes_just_the_programs_that_read_it() -> None:
    more = replace(ZONE, computes=5)
    before = {program.name: program.digest(config.files(ZONE)) for program in programs(ZONE, root=True)}
    after = {program.name: program.digest(config.files(more)) for program in programs(more, root=True)}
    assert [name for name in before if before[name] != after[name]] == ["nova-compute"]


def test_root_is_told_to_those_who_refuse_it() -> None:
    def words(root: bool) -> str:
        return str([program.command for program in programs(ZONE, root=root)])

    assert "--user=root" in words(True)
    assert "root" not in words(False).replace("--loop", "")


def test_the_inventory_is_the_one_of_the_formats() -> None:
    found: dict[str, Any] = site_files.inventory(ZONE)
    control = found["controller"]["hosts"]["ctl"]
    assert control["ansible_connection"] == "local"
    assert set(control["erisc_services"]) == {
        "rabbitmq", "mariadb", "memcached", "keystone", "glance_api", "placement_api", "nova_api", "nova_conductor",
        "nova_scheduler", "neutron_api", "heat_api", "heat_engine", "cinder_api", "cinder_scheduler", "cinder_volume",
    }  # fmt: skip
    assert control["erisc_services"]["nova_api"] == {
        "manager": "supervisor",
        "socket": "/srv/lab with 100% blank/supervisor.sock",
        "program": "nova-api",
        "port": ZONE.ports["nova"],
    }
    assert list(found["compute"]["hosts"]) == ["fake-001", "fake-002", "fake-003"]
    assert found["compute"]["hosts"]["fake-002"]["erisc_services"]["nova_compute"]["program"] == "nova-compute"


def test_the_cloud_is_named_after_the_lab() -> None:
    assert list(site_files.clouds(ZONE)["clouds"]) == ["erisc-lab"]
    assert list(site_files.clouds(replace(ZONE, name="two"))["clouds"]) == ["erisc-lab-two"]
