"""Which hosts a lab has and where they are, worked out without making any."""

from __future__ import annotations

import ipaddress
import os
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.base.failure import Failure
from erisc.base.steps import Silent
from erisc.executor.faults.actions.power import wrong_keys
from erisc.executor.zones.inventory import parse_inventory
from erisc.lab import Options, inventories, open_lab, packages, start, up
from erisc.lab.hosts import needs, render, subnets
from erisc.lab.hosts.layout import MOST, Network, hosts_of, layout_text, parse_layout
from erisc.lab.hosts.services import plain_services
from erisc.lab.state import State, read

NETWORK = Network("a1b2c3", "10.77.4.0")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["controller", "compute", "generators", "db"]), st.integers(1, 50), min_size=1))
def test_every_host_has_a_name_and_addresses_of_its_own(groups: dict[str, int]) -> None:
    layout = tuple(groups.items())
    hosts = hosts_of(layout, NETWORK)
    assert parse_layout(layout_text(layout), with_cloud=False) == layout
    for of in ("name", "data", "management", "number"):
        assert len({getattr(host, of) for host in hosts}) == len(hosts) == sum(groups.values()) <= MOST
    data, management = ipaddress.ip_network(NETWORK.data_prefix), ipaddress.ip_network(NETWORK.management_prefix)
    assert all(ipaddress.ip_address(host.data) in data for host in hosts)
    assert all(ipaddress.ip_address(host.management) in management for host in hosts)
    own = {address.partition("/")[0] for _, _, address in NETWORK.uplinks()}
    assert not own & {address for host in hosts for address in (host.data, host.management)}


@pytest.mark.parametrize("count", [2, 5, 9])
def test_groups_of_more_than_one_host_are_in_both_racks(count: int) -> None:
    hosts = hosts_of((("controller", count),), NETWORK)
    assert {host.rack for host in hosts} == {1, 2}


@pytest.mark.parametrize(
    ("text", "with_cloud", "expected"),
    [
        ("1", False, (("controller", 1),)),
        ("4", False, (("controller", 1), ("compute", 3))),
        ("5", False, (("controller", 3), ("compute", 2))),
        ("3", True, (("hosts", 3),)),
        ("web=2,generators=4", False, (("web", 2), ("generators", 4))),
    ],
)
def test_layouts(text: str, with_cloud: bool, expected: Any) -> None:
    assert parse_layout(text, with_cloud=with_cloud) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0", "a lab has 1 to 200 hosts, not 0"),
        ("201", "a lab has 1 to 200 hosts, not 201"),
        ("controller", "'controller' does not say which hosts"),
        ("a=1,a=2", "'a=1,a=2' names a group twice"),
        ("host=1,hosts=1", "'host=1,hosts=1' names a group twice"),
        ("Ctl=1", "'Ctl=1' does not say which hosts"),
    ],
)
def test_wrong_layouts_are_refused(text: str, says: str) -> None:
    with pytest.raises(Failure) as caught:
        parse_layout(text, with_cloud=False)
    assert caught.value.what == says
    assert caught.value.exit_code == 2


def test_the_first_subnet_that_nothing_overlaps_is_taken() -> None:
    taken = [ipaddress.IPv4Network(text) for text in ("0.0.0.0/0", "10.77.0.0/23", "10.77.5.7/32", "192.0.2.0/24")]
    free = next(net for net in subnets.candidates() if not subnets.collides(net, taken))
    assert str(free) == "10.77.8.0/22"


def test_the_inventory_of_hosts_is_read_as_the_formats_say(tmp_path: Any) -> None:
    hosts = hosts_of((("controller", 2), ("generators", 1)), NETWORK)
    services = {host.name: plain_services(host.name) for host in hosts}
    groups: dict[str, Any] = render.inventory("/lab", hosts, services)
    known, members = parse_inventory({"all": {"children": groups}}, "inventory.yaml")
    assert members["controller"] == ("controller-1", "controller-2")
    assert members["generators"] == ("generator-1",)
    second = known["controller-2"]
    assert (second.connection, second.address, second.port, second.user) == ("ssh", "10.77.4.12", 22, "root")
    assert (second.addresses, second.interfaces) == (("10.77.7.12",), ("data0",))
    assert dict(second.labels) == {"rack": "r2", "az": "az2"}
    assert set(second.services) == {"web", "memcached"}
    assert wrong_keys(second) == ""
    assert second.power["off"] == ["sh", "/lab/hosts/power", "controller-2", "off"]


def test_cloud_and_hosts_share_an_inventory(tmp_path: Any) -> None:
    state = State(str(tmp_path / "lab"))
    state.make()
    inventories.write_part(state, "hosts", {"hosts": {"hosts": {"host-1": {}}}})
    inventories.write_part(state, "cloud", {"controller": {"hosts": {"ctl": {}}}})
    text = read(state.path("inventory.yaml"))
    assert "ctl" in text
    assert "host-1" in text


def test_without_root_hosts_are_refused_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Failure, match="emulated hosts need root") as caught:
        needs.ensure("/tmp", Silent())
    assert "as root" in caught.value.mend


def test_a_kernel_without_namespaces_is_refused_with_its_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    false = tmp_path / "unshare"
    false.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    false.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "ensure", lambda report, wanted: None)
    with pytest.raises(Failure, match="does not let erisc make emulated hosts") as caught:
        needs.ensure("/tmp", Silent())
    assert "Operation not permitted" in caught.value.detail
    assert "privileged" in caught.value.mend


@pytest.mark.parametrize("option", [{"computes": 2}, {"port_base": 20000}])
def test_what_is_about_the_cloud_is_refused_for_hosts_alone(option: dict[str, int], tmp_path: Any) -> None:
    lab = open_lab("x", str(tmp_path / "lab"))
    with pytest.raises(Failure, match="one of hosts alone"):
        up(lab, Options(hosts="2", **option))  # type: ignore[arg-type]
    assert not os.path.exists(lab.state_dir)


def test_a_disk_has_a_size(tmp_path: Any) -> None:
    with pytest.raises(Failure, match="8 to 4096 MiB"):
        start.up("x", str(tmp_path / "lab"), Options(hosts="2", disk=random.choice((7, 4097))), Silent())
