"""Faults of the network between two hosts on a wire: the effect is seen by paced packets, not by what was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.executor.faults.actions.cutting import BLOCK_PORT, DROP, INTERFACE_DOWN, PARTITION
from erisc.executor.faults.actions.degrading import DELAY, DUPLICATE, LOSS, REORDER, THROTTLE
from erisc.executor.faults.protocol import HostAction
from erisc.executor.zones import Host
from tests.executor.actions.hosts import Place, RefusedError, Struck, strike

PROBE = os.path.join(os.path.dirname(__file__), "probe.py")


@pytest.fixture(scope="module", autouse=True)
def echo(pair: list[Place]) -> Iterator[None]:
    """Both hosts echo."""
    servers = [subprocess.Popen([*place.enter, sys.executable, PROBE, "server"]) for place in pair]
    yield
    for server in servers:
        server.kill()
        server.wait()


def probe(pair: list[Place], count: int = 20, gap: float = 0.01) -> dict[str, Any]:
    """What comes back of so many packets from the first host to the second."""
    place, other = pair
    out = place.run(sys.executable, PROBE, "client", other.address, str(count), str(gap))
    found: dict[str, Any] = json.loads(out)
    return found


def struck(pair: list[Place], action: HostAction, shell: list[str], **arguments: Any) -> Struck:
    """An action on the first host, with the second one on the other side where there is one."""
    others = (pair[1].host(),) if action in (PARTITION, DROP) else ()
    return Struck(pair[0], action, strike(pair[0], others=others, **arguments), shell)


def rest(pair: list[Place]) -> str:
    """All that a fault could leave behind."""
    return pair[0].sh("nft list ruleset; tc qdisc show; ip -o link show | grep -c .; ip route show; ip -6 route show")


def test_partition_is_silent_both_ways_and_gone_after_heal(pair: list[Place], each_shell: list[str]) -> None:
    before = rest(pair)
    cut = struck(pair, PARTITION, each_shell)
    cut.strike()
    for one, other in (pair, pair[::-1]):
        assert probe([one, other]) == {"got": 0, "distinct": 0, "rtt": None, "swaps": 0, "errors": 0}
    assert cut.run("left") != ""
    cut.heal()
    assert probe(pair)["got"] == 20
    assert rest(pair) == before


def test_drop_takes_what_comes_in_and_nothing_else(pair: list[Place], shell: list[str]) -> None:
    cut = struck(pair, DROP, shell)
    sent = "nstat -az UdpInDatagrams | awk '/UdpIn/ { print $2 }'"
    cut.strike()
    there = int(pair[1].sh("awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp"))
    assert probe(pair)["got"] == 0, sent
    assert int(pair[1].sh("awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp")) == there + 20
    cut.heal()
    assert probe(pair)["got"] == 20


def test_loss_loses_that_share(pair: list[Place], shell: list[str]) -> None:
    lossy = struck(pair, LOSS, shell, share=0.3)
    lossy.strike()
    got = probe(pair, count=1000, gap=0.0005)
    assert 620 < got["got"] < 780  # 5.5 standard deviations
    assert got["errors"] == 0
    lossy.heal()
    assert probe(pair)["got"] == 20


def test_duplicate_sends_that_share_twice(pair: list[Place], each_shell: list[str]) -> None:
    double = struck(pair, DUPLICATE, each_shell, share=0.5)
    double.strike()
    got = probe(pair, count=400, gap=0.001)
    assert got["distinct"] == 400
    assert 545 < got["got"] < 655
    double.heal()
    assert probe(pair)["got"] == 20


def test_delay_makes_it_later(pair: list[Place], shell: list[str]) -> None:
    late = struck(pair, DELAY, shell, by=0.05)
    late.strike()
    assert 0.05 <= probe(pair)["rtt"] < 0.06
    late.heal()
    assert probe(pair)["rtt"] < 0.01


def test_reorder_lets_some_overtake(pair: list[Place], shell: list[str]) -> None:
    assert probe(pair, count=200, gap=0.001)["swaps"] == 0
    mixed = struck(pair, REORDER, shell, share=0.3)
    mixed.strike()
    got = probe(pair, count=200, gap=0.001)
    assert got["got"] == 200
    assert got["swaps"] > 20
    mixed.heal()
    assert probe(pair, count=200, gap=0.001)["swaps"] == 0


def test_throttle_holds_the_rate(pair: list[Place], shell: list[str]) -> None:
    slow = struck(pair, THROTTLE, shell, to=8_000_000.0)
    before = rest(pair)
    slow.strike()
    send = "import socket,time; s=socket.socket(2,2); s.connect(('10.77.0.2',9)); e=time.time()+1\n"
    send += "while time.time()<e:\n try: s.send(bytes(1400))\n except OSError: pass"
    count = "cat /sys/class/net/data0/statistics/tx_bytes 2>/dev/null || ip -s link show data0"
    stats = "ip -s -o link show data0 | sed 's/.*TX:[^\\\\]*\\\\ *//; s/ .*//'"
    first = int(pair[0].sh(stats))
    pair[0].run(sys.executable, "-c", send)
    assert 0.8e6 < int(pair[0].sh(stats)) - first < 1.4e6, count
    slow.heal()
    assert rest(pair) == before


def test_block_port_blocks_that_port_only(pair: list[Place], shell: list[str]) -> None:
    cut = struck(pair[::-1], BLOCK_PORT, shell, port=7777)
    cut.strike()
    assert probe(pair)["got"] == 0
    cut.heal()
    other = struck(pair[::-1], BLOCK_PORT, shell, port=7778)
    other.strike()
    assert probe(pair)["got"] == 20
    other.heal()


def test_interface_down_and_up_with_its_routes(pair: list[Place], shell: list[str]) -> None:
    pair[0].sh("ip route replace 10.99.0.0/24 via 10.77.0.2; ip -6 addr replace fd77::1/64 dev data0 nodad")
    before = pair[0].sh("ip route show; ip -6 addr show dev data0 scope global; ip -6 route show dev data0 | sort")
    cut = struck(pair, INTERFACE_DOWN, shell, name="data0")
    cut.strike()
    assert probe(pair)["got"] == 0
    cut.heal()
    assert probe(pair)["got"] == 20
    assert (
        pair[0].sh("ip route show; ip -6 addr show dev data0 scope global; ip -6 route show dev data0 | sort") == before
    )
    pair[0].sh("ip route del 10.99.0.0/24; ip -6 addr del fd77::1/64 dev data0")


TELLING = (PARTITION, DELAY, INTERFACE_DOWN)
ALL = [
    (PARTITION, {}), (DROP, {}), (LOSS, {"share": 1.0}), (DUPLICATE, {"share": 1.0}), (DELAY, {"by": 0.01}),
    (REORDER, {"share": 0.5}), (THROTTLE, {"to": 1e6}), (BLOCK_PORT, {"port": 7777}),
    (INTERFACE_DOWN, {"name": "data0"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "arguments"),
    [pytest.param(*each, marks=[] if each[0] in TELLING else [pytest.mark.slow]) for each in ALL],
    ids=lambda each: getattr(each, "name", ""),
)
def test_heal_before_inject_after_a_reboot_and_after_a_broken_inject(
    pair: list[Place], action: HostAction, arguments: dict[str, Any]
) -> None:
    before = rest(pair)
    early = struck(pair, action, ["dash"], **arguments)
    early.heal()
    early.run("arm")
    early.heal()
    assert rest(pair) == before
    for after in (0.0, 0.002, 0.005, 0.01):
        broken = struck(pair, action, ["dash"], **arguments)
        broken.run("arm")
        broken.broken_inject(after)
        broken.heal()
        assert rest(pair) == before
    assert probe(pair)["got"] == 20


def test_the_qdisc_that_was_there_comes_back(pair: list[Place], shell: list[str]) -> None:
    pair[0].sh("tc qdisc add dev data0 root handle 77: tbf rate 900mbit burst 1mb latency 20ms")
    slow = struck(pair, THROTTLE, shell, to=1e6)
    slow.strike()
    assert "900Mbit" not in rest(pair)
    slow.heal()
    assert "qdisc tbf 77: dev data0 root" in rest(pair)
    assert "rate 900Mbit" in rest(pair)
    pair[0].sh("tc qdisc del dev data0 root; tc qdisc add dev data0 root handle 77: htb default 1")
    with pytest.raises(RefusedError, match="could not be put back"):
        struck(pair, THROTTLE, shell, to=1e6).run("arm")
    pair[0].sh("tc qdisc del dev data0 root")


def test_two_shapes_of_one_interface_do_not_meet(pair: list[Place], shell: list[str]) -> None:
    before = rest(pair)
    first, second, third = (struck(pair, THROTTLE, shell, to=1e6) for _ in range(3))
    first.run("arm")
    second.run("arm")
    first.run("inject")
    with pytest.raises(RefusedError):
        second.run("inject")
    with pytest.raises(RefusedError, match="shaped by another fault"):
        third.run("arm")
    second.run("heal")
    third.run("heal")
    assert "tbf" in rest(pair)
    first.heal()
    assert rest(pair) == before


def test_what_lacks_is_said_before(pair: list[Place]) -> None:
    near = pair[0].host(interfaces=("nowhere",))
    other = Struck(pair[0], LOSS, strike(pair[0], interfaces=("nowhere",), share=0.5))
    assert other.needs() == "there is no interface nowhere"
    with pytest.raises(RefusedError, match="there is no interface nowhere"):
        other.run("arm")
    same = Struck(pair[0], PARTITION, strike(pair[0], others=(near,)))
    assert same.needs() == "10.77.0.1 of another host is an address of this very host: state erisc_addresses"
    far = Host("far", "ssh", "no-such-host.invalid", 22, "", "", {})
    assert "cannot be resolved" in Struck(pair[0], PARTITION, strike(pair[0], others=(far,))).needs()


@pytest.mark.parametrize(
    ("action", "arguments"),
    [(LOSS, {"share": 0}), (LOSS, {"share": 1.1}), (LOSS, {"share": "1; reboot"}), (DELAY, {"by": 0}),
     (THROTTLE, {"to": -1}),
     (BLOCK_PORT, {"port": "22; reboot"}), (INTERFACE_DOWN, {"name": "../x"}), (PARTITION, {})],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(action: HostAction, arguments: dict[str, Any]) -> None:
    with pytest.raises(Failure):
        action.recipe(strike(Place("h", (), "/nowhere", "10.0.0.1"), **arguments))
