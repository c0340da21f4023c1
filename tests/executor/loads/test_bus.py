"""The driver `rpc` against a RabbitMQ of its own on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.executor.loads.test_pacing import stage
from tests.executor.loads.test_worker import finish, start

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
pytestmark = pytest.mark.slow


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    """The transport URL of a broker that is there for one test."""
    epmd = shutil.which("epmd")
    if not os.access(SERVER, os.X_OK) or not epmd:
        pytest.skip("RabbitMQ is not installed")
    home = tmp_path / "mq"
    home.mkdir()
    port, distribution, mapper = free_ports(3)
    environment = {
        **os.environ, "HOME": str(home), "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_DIST_PORT": str(distribution), "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_MNESIA_BASE": str(home / "db"),
        "RABBITMQ_LOGS": str(home / "log"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_NODENAME": "erisc-test@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
    }  # fmt: skip
    (home / "plugins").write_text("[].\n")
    (home / "rabbitmq.conf").write_text("")
    started = [
        subprocess.Popen(
            words, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        for words in ([epmd, "-address", "127.0.0.1", "-port", str(mapper)], [SERVER])
    ]  # fmt: skip
    try:
        wait_for(port, started[1], home)
        yield f"rabbit://guest:guest@127.0.0.1:{port}/"
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(port: int, server: subprocess.Popen[bytes], home: Path) -> None:
    """Until the broker speaks AMQP."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, (home / "log").read_text()[-2000:]
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("RabbitMQ does not answer")


def test_messages_go_over_a_real_broker(drivers_python: str, tmp_path: Path, bus: str) -> None:
    for operation, names in (
        ("call", ["rpc.call"]),
        ("cast", ["rpc.cast", "rpc.deliver"]),
        ("fanout", ["rpc.fanout", "rpc.deliver"]),
    ):
        folder = tmp_path / operation
        folder.mkdir()
        arguments = {"servers": 3, "clients": 2, "size": 2000}
        task = {"driver": "rpc", "scenario": operation, "arguments": arguments, "stages": [stage(20, 20, 1.0)]}
        found = finish(start(drivers_python, folder, task, f"--transport-url={bus}"), folder)
        assert len(found) == 20
        assert [each["error"] for each in found.values()] == [None] * 20
        assert [action["name"] for action in found[19]["actions"]] == names
