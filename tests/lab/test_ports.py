"""The zone's ports: a block that nobody else has, or a refusal that says who has it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.base.failure import Failure
from erisc.lab import ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this very process listens."""
    with socket.socket() as server:
        server.bind((ports.HOST, 0))
        server.listen(1)
        yield server.getsockname()[1]


@given(st.integers(1024, 65536 - len(ports.ROLES)))
def test_a_block_gives_every_role_a_port_of_its_own(base: int) -> None:
    block = ports.block(base)
    assert tuple(block) == ports.ROLES
    assert sorted(block.values()) == list(range(base, base + len(ports.ROLES)))


@pytest.mark.parametrize("base", [-1, 0, 1023, 65525, 70000])
def test_a_block_outside_the_ports_is_refused(base: int) -> None:
    with pytest.raises(Failure, match="port base") as caught:
        ports.block(base)
    assert caught.value.exit_code == 2


def test_a_taken_port_is_told_with_its_role_and_its_process(taken: int) -> None:
    with pytest.raises(Failure) as caught:
        ports.check(taken, frozenset())
    assert f"port {taken}" in caught.value.what
    assert "keystone" in caught.value.what
    assert f"process {os.getpid()} " in caught.value.what
    assert "--port-base" in caught.value.mend


def test_a_port_that_the_lab_itself_holds_is_fine(taken: int) -> None:
    others = [port for port in ports.block(taken).values() if port != taken and not ports.is_free(port)]
    if others:
        pytest.skip("a neighbouring port is taken by somebody else")
    ports.check(taken, frozenset({os.getpid()}))


def test_choosing_passes_over_ports_in_use_and_ports_of_other_labs() -> None:
    first = ports.choose()
    assert ports.choose(frozenset({first + 3})) > first
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((ports.HOST, first + 5))
        server.listen(1)
        assert ports.choose() != first


def test_no_port_is_one_that_clients_get_by_chance() -> None:
    assert ports.FIRST + len(ports.ROLES) < 32768
