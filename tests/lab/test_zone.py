"""The emulated zone itself: up, up again, broken, mended, down."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.request
from typing import Any

import pytest
import yaml

from erisc.base.failure import Failure
from erisc.lab import Lab, Options, down, log_tail, open_lab, ports, processes, services, status, up, wipe
from erisc.lab.fixtures import Client
from erisc.lab.programs import names
from erisc.lab.settings import Settings
from erisc.lab.state import State
from erisc.lab.supervisor import Supervisor

pytestmark = pytest.mark.zone


@pytest.fixture
def lab(zone: str) -> Lab:
    return open_lab(zone.removeprefix("lab:"))


def _admin(lab: Lab) -> Client:
    state = State(lab.state_dir)
    known = state.record()
    client = Client(Settings(lab.name, lab.state_dir, "", known["ports"], state.passwords(), known["computes"]))
    client.log_in()
    return client


def _pid(lab: Lab, name: str) -> int:
    pid = next(service.pid for service in services(lab) if service.name == name)
    assert pid
    return pid


def test_a_zone_that_is_up_says_so_and_is_up_again_in_a_moment(lab: Lab) -> None:
    now = status(lab)
    assert now.state == "up"
    assert tuple(service.name for service in now.services) == names()
    assert 0 < now.memory < 4 << 30
    up(lab)
    assert status(lab).services[0].pid == now.services[0].pid


def test_the_apis_answer_and_hold_the_fixtures(lab: Lab) -> None:
    client = _admin(lab)
    flavors = client.request("nova", "GET", "/v2.1/flavors")["flavors"]
    assert {"m1.nano", "m1.tiny", "m1.small"} <= {flavor["name"] for flavor in flavors}
    assert [image["status"] for image in client.request("glance", "GET", "/v2/images?name=cirros")["images"]] == [
        "active"
    ]
    networks = client.request("neutron", "GET", "/v2.0/networks?name=public")["networks"]
    assert [network["router:external"] for network in networks] == [True]
    hosts = client.request("nova", "GET", "/v2.1/os-services?binary=nova-compute")["services"]
    assert {(host["host"], host["state"]) for host in hosts} == {("fake-001", "up"), ("fake-002", "up")}


def test_a_server_is_built_and_deleted_on_the_emulated_hosts(lab: Lab) -> None:
    client = _admin(lab)
    network = client.request("neutron", "POST", "/v2.0/networks", {"network": {"name": "n"}})["network"]
    subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.9.0.0/24"}
    client.request("neutron", "POST", "/v2.0/subnets", {"subnet": subnet})
    flavor = client.request("nova", "GET", "/v2.1/flavors")["flavors"][0]["id"]
    image = client.request("glance", "GET", "/v2/images?name=cirros")["images"][0]["id"]
    server = {"name": "s", "flavorRef": flavor, "imageRef": image, "networks": [{"uuid": network["id"]}]}
    made = client.request("nova", "POST", "/v2.1/servers", {"server": server})["server"]["id"]
    found = _settled(client, made)
    assert found["status"] == "ACTIVE", found
    assert found["OS-EXT-SRV-ATTR:host"].startswith("fake-")
    client.request("nova", "DELETE", f"/v2.1/servers/{made}")
    _gone(client, made)
    client.request("neutron", "DELETE", f"/v2.0/networks/{network['id']}")


def _settled(client: Client, server: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while True:
        found: dict[str, Any] = client.request("nova", "GET", f"/v2.1/servers/{server}")["server"]
        if found["status"] != "BUILD" or time.monotonic() > until:
            return found
        time.sleep(0.5)


def _gone(client: Client, server: str) -> None:
    until = time.monotonic() + 60
    while client.request("nova", "GET", "/v2.1/servers")["servers"]:
        assert time.monotonic() < until, f"server {server} is still there"
        time.sleep(0.5)


def test_the_site_files_lead_to_the_zone(lab: Lab) -> None:
    now = status(lab)
    with open(now.clouds, encoding="utf-8") as file:
        cloud = yaml.safe_load(file)["clouds"][now.cloud]
    with urllib.request.urlopen(cloud["auth"]["auth_url"]) as answer:
        assert answer.status == 200
    with open(now.inventory, encoding="utf-8") as file:
        hosts = yaml.safe_load(file)["all"]["children"]
    service = hosts["controller"]["hosts"]["ctl"]["erisc_services"]["nova_conductor"]
    assert Supervisor(State(os.path.dirname(service["socket"]))).processes()[service["program"]].state == "RUNNING"
    assert set(hosts["compute"]["hosts"]) == {"fake-001", "fake-002"}


@pytest.mark.parametrize("name", ["nova-conductor", "rabbitmq", "keystone"])
def test_a_killed_service_stays_dead_is_seen_and_is_started_again_by_up(lab: Lab, name: str) -> None:
    pid = _pid(lab, name)
    os.kill(pid, signal.SIGKILL)
    time.sleep(1.5)
    now = status(lab)
    assert now.state == "partial"
    dead = [service for service in now.services if service.state != "running"]
    assert [(service.name, service.state, service.pid) for service in dead] == [(name, "exited", None)]
    up(lab)
    assert status(lab).state == "up"
    assert _pid(lab, name) != pid
    _admin(lab).request("nova", "GET", "/v2.1/servers")


def test_logs_are_told_by_service_and_an_unknown_one_is_refused(lab: Lab) -> None:
    assert any("nova" in line for line in log_tail(lab, "nova-conductor", 200))
    with pytest.raises(Failure, match="no service 'nova'") as caught:
        log_tail(lab, "nova")
    assert "nova-conductor" in caught.value.mend


def test_ports_that_somebody_else_holds_are_refused_by_name(lab: Lab) -> None:
    with socket.socket() as server:
        server.bind((ports.HOST, 0))
        server.listen(1)
        port = server.getsockname()[1]
        with pytest.raises(Failure, match=f"port {port}.*process {os.getpid()} "):
            up(open_lab("t-taken"), Options(port_base=port))
    wipe(open_lab("t-taken"))


def test_down_leaves_no_process_also_when_supervisord_was_killed(lab: Lab) -> None:
    supervisord = int(Supervisor(State(lab.state_dir)).call("getPID"))
    assert len(processes.of_lab(lab.state_dir)) > len(names())
    os.kill(supervisord, signal.SIGKILL)
    assert down(lab) > len(names())
    assert not processes.of_lab(lab.state_dir)
    known = State(lab.state_dir).record()["ports"]
    assert all(ports.is_free(port) for port in known.values())
    assert status(lab).state == "down"
    assert down(lab) == 0
