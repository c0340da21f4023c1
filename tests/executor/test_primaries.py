"""Built-in knowledge of primaries, asked of real servers: a cluster of two RabbitMQ nodes, and MariaDB."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.executor.faults.primaries import KNOWN
from tests.executor.site_of_three import free_ports

RABBIT = "/usr/lib/rabbitmq/bin"
pytestmark = pytest.mark.slow


def says(service: str, environment: dict[str, str]) -> str:
    """What the question prints where a server is reached by this environment."""
    done = subprocess.run(["sh", "-c", KNOWN[service]], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="e", dir="/tmp") as folder:  # a socket's path may not be long
        yield Path(folder)


def end(process: subprocess.Popen[bytes]) -> None:
    """It and all that it started: they are a session of their own."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def eventually(text: str, file: Path) -> None:
    deadline = time.monotonic() + 120
    while not file.exists() or text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text() if file.exists() else "nothing was said"
        time.sleep(0.2)


@pytest.fixture
def rabbits(home: Path) -> Iterator[list[dict[str, str]]]:
    """The environments of two nodes of one cluster, on an epmd of their own."""
    if not os.path.exists(f"{RABBIT}/rabbitmq-server"):
        pytest.skip("no RabbitMQ is installed")
    epmd_port, *ports = free_ports(5)
    cookie = home / ".erlang.cookie"
    cookie.write_text("ABCDEFGHIJKLMNOPQRST")
    cookie.chmod(0o400)
    common = {
        "HOME": str(home), "PATH": f"{RABBIT}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
        "ERL_EPMD_PORT": str(epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
    }  # fmt: skip
    epmd = subprocess.Popen(["epmd"], env=common, start_new_session=True, stdout=subprocess.DEVNULL)
    started, made = [epmd], []
    try:
        for name, amqp, dist in zip(("a1", "a2"), ports[:2], ports[2:], strict=True):
            made.append(common | _node(home / name, name, amqp, dist))
            with (home / f"{name}.out").open("wb") as out:
                server = [f"{RABBIT}/rabbitmq-server"]
                started.append(subprocess.Popen(server, env=made[-1], stdout=out, stderr=out, start_new_session=True))
            eventually("completed with", home / f"{name}.out")
        yield made
    finally:
        for process in reversed(started):
            end(process)


def _node(folder: Path, name: str, amqp: int, dist: int) -> dict[str, str]:
    folder.mkdir()
    peers = [f"cluster_formation.classic_config.nodes.{n} = a{n}@localhost\n" for n in (1, 2)]
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\n"
        f"cluster_formation.peer_discovery_backend = classic_config\n{''.join(peers)}"
    )
    return {
        "RABBITMQ_NODENAME": f"{name}@localhost", "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
        "RABBITMQ_MNESIA_BASE": f"{folder}/m", "RABBITMQ_LOG_BASE": f"{folder}/log", "RABBITMQ_DIST_PORT": str(dist),
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins", "RABBITMQ_PID_FILE": f"{folder}/pid",
    }  # fmt: skip


def declare(node: dict[str, str], name: str, arguments: str = "") -> None:
    made = (
        f'rabbit_amqqueue:declare(rabbit_misc:r(<<"/">>, queue, <<"{name}">>), true, false, [{arguments}], none, <<>>)'
    )
    done = subprocess.run(
        ["rabbitmqctl", "-q", "eval", f"element(1, {made})."], env=node, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "new"


def test_the_primary_of_rabbitmq_leads_most_queues_or_runs_longest(rabbits: list[dict[str, str]]) -> None:
    assert [says("rabbitmq", node) for node in rabbits] == ["true", "false"]
    declare(rabbits[1], "classic")
    assert [says("rabbitmq", node) for node in rabbits] == ["false", "true"]
    for name in ("one", "two"):
        declare(rabbits[0], name, '{<<"x-queue-type">>, longstr, <<"quorum">>}')
    assert [says("rabbitmq", node) for node in rabbits] == ["true", "false"]


def test_the_primary_of_mariadb_is_not_read_only(home: Path) -> None:
    if shutil.which("mariadbd") is None:
        pytest.skip("no MariaDB is installed")
    data, socket = home / "data", home / "s"
    own = ["--no-defaults", f"--datadir={data}", "--user=root"]
    install = ["mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True)
    (home / ".my.cnf").write_text(f"[client]\nsocket={socket}\nuser=root\n")
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    with (home / "out").open("wb") as out:
        command = ["mariadbd", *own, f"--socket={socket}", "--skip-networking", f"--pid-file={home}/pid"]
        server = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        eventually("ready for connections", home / "out")
        assert says("mariadb", environment) == "1"
        subprocess.run(["mariadb", "-e", "SET GLOBAL read_only = 1"], env=environment, check=True)
        assert says("mariadb", environment) == "0"
    finally:
        end(server)
    assert says("mariadb", environment) == ""
