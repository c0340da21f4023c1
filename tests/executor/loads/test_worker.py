"""The worker as a process, against servers of its own on loopback: what it records, and what it does not hide."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base import environments
from tests.executor.loads.test_pacing import stage

Iterations = dict[int, dict[str, Any]]


class Server(socketserver.ThreadingTCPServer):
    """Answers every request with `answer`, once `open` is set; None: closes the connection without one."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, answer: bytes | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.open = threading.Event()
        self.open.set()
        self.seen: list[bytes] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def place(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self._answer_all()

    def _answer_all(self) -> None:
        waiting = b""
        while part := self.request.recv(65536):
            waiting += part
            while b"\r\n\r\n" in waiting:
                one, _, waiting = waiting.partition(b"\r\n\r\n")
                self.server.seen.append(one)
                self.server.open.wait(30)
                if self.server.answer is None:
                    return
                self.request.sendall(self.server.answer)


def answer(status: int, body: bytes = b"ok") -> bytes:
    """A response with a length."""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def serve() -> Iterator[Callable[[bytes | None], Server]]:
    servers: list[Server] = []

    def make(content: bytes | None) -> Server:
        servers.append(Server(content))
        return servers[-1]

    yield make
    for server in servers:
        server.open.set()
        server.shutdown()
        server.server_close()


def start(python: str, folder: Path, task: dict[str, Any], *words: str, **variables: str) -> subprocess.Popen[str]:
    """The worker on a task."""
    whole = {"format": 1, "driver": "http", "scenario": "GET http://{web}/", "arguments": {}, "model": "open", **task}
    (folder / "task.json").write_text(json.dumps(whole))
    command = [python, "-P", "-m", "erisc.executor.loads.worker", str(folder / "task.json")]
    return subprocess.Popen(
        [*command, "--iterations", str(folder / "iterations.jsonl"), *words], text=True, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": environments.import_path(), **variables},
    )  # fmt: skip


def finish(process: subprocess.Popen[str], folder: Path) -> Iterations:
    """Begin and end of every iteration in one, once the worker has ended well."""
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return iterations(folder)


def iterations(folder: Path) -> Iterations:
    """What is on record."""
    found: Iterations = {}
    for line in (folder / "iterations.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] != "stage":
            found.setdefault(event["i"], {}).update(event)
    return found


def test_requests_go_to_all_hosts_in_turn_and_meet_at_the_barrier(
    drivers_python: str, tmp_path: Path, serve: Callable[[bytes | None], Server]
) -> None:
    one, two = serve(answer(200)), serve(answer(200))
    task = {"scenario": "POST http://{web}/a", "arguments": {"body": "x", "headers": {"X-Own": "1"}}}
    variables = {"ERISC_RENDEZVOUS": str(tmp_path), "ERISC_WORKLOAD": "w"}
    process = start(
        drivers_python, tmp_path, {**task, "stages": [stage(40, 40, 0.5)]}, f"--service=web={one.place},{two.place}",
        **variables,
    )  # fmt: skip
    while not (tmp_path / "ready-w").exists():
        assert process.poll() is None
        time.sleep(0.02)
    t0 = time.monotonic() + 0.2
    (tmp_path / "new").write_text(json.dumps({"t0_mono": t0, "t0_wall": 0.0}))
    (tmp_path / "new").rename(tmp_path / "t0")
    found = finish(process, tmp_path)
    assert (tmp_path / "done-w").exists()
    assert [found[i]["intended_mono"] for i in range(20)] == pytest.approx([t0 + (i + 0.5) / 40 for i in range(20)])
    assert all(each["error"] is None for each in found.values())
    assert {action["name"] for each in found.values() for action in each["actions"]} == {"http.connect", "http.post"}
    assert len(one.seen) == len(two.seen) == 10
    assert one.seen[0].startswith(b"POST /a HTTP/1.1\r\nHost: " + one.place.encode())
    assert b"X-Own: 1" in one.seen[0]
    assert b"Content-Length: 1" in one.seen[0]


def test_a_stalled_server_is_in_the_latencies_of_the_open_model(
    drivers_python: str, tmp_path: Path, serve: Callable[[bytes | None], Server]
) -> None:
    server = serve(answer(200))
    process = start(drivers_python, tmp_path, {"stages": [stage(50, 50, 2.0)]}, f"--service=web={server.place}")
    while len(server.seen) < 20:
        assert process.poll() is None
        time.sleep(0.005)
    server.open.clear()
    time.sleep(1.0)
    server.open.set()
    found = finish(process, tmp_path)
    took = sorted(each["finished_mono"] - each["intended_mono"] for each in found.values())
    assert len(took) == 100
    assert 0.9 <= took[-1] < 3
    assert sum(one > 0.4 for one in took) >= 25  # 50 arrivals a second found it stalled; half of them for over 0.5 s


@pytest.mark.parametrize(
    ("content", "arguments", "kind"),
    [
        (answer(503), {}, "status"),
        (answer(404), {"expect": [200, 404]}, None),
        (b"no http at all\r\n\r\n", {}, "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", {}, None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200), {}, None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", {}, None),
        (None, {}, "closed"),
    ],
)
def test_failures_are_told_apart(
    drivers_python: str, tmp_path: Path, serve: Callable[[bytes | None], Server], content: bytes | None,
    arguments: dict[str, Any], kind: str | None,
) -> None:  # fmt: skip
    server = serve(content)
    task = {"arguments": arguments, "stages": [stage(20, 20, 0.25)]}
    found = finish(start(drivers_python, tmp_path, task, f"--service=web={server.place}"), tmp_path)
    assert [each["error"] and each["error"]["type"] for each in found.values()] == [kind] * 5


def test_who_is_not_there_refuses_and_who_does_not_answer_times_out(
    drivers_python: str, tmp_path: Path, serve: Callable[[bytes | None], Server]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        found = finish(
            start(drivers_python, tmp_path, {"stages": [stage(20, 20, 0.1)]}, f"--service=web={place}"), tmp_path
        )
    assert {each["error"]["type"] for each in found.values()} == {"refused"}
    (tmp_path / "iterations.jsonl").unlink()
    server = serve(answer(200))
    server.open.clear()
    task = {"arguments": {"timeout": 0.3}, "stages": [stage(20, 20, 0.1)]}
    found = finish(start(drivers_python, tmp_path, task, f"--service=web={server.place}"), tmp_path)
    assert {each["error"]["type"] for each in found.values()} == {"timeout"}
    assert not any(
        action["ok"] for each in found.values() for action in each["actions"] if action["name"] == "http.get"
    )


def test_what_was_recorded_outlives_a_sigkill(
    drivers_python: str, tmp_path: Path, serve: Callable[[bytes | None], Server]
) -> None:
    server = serve(answer(200))
    process = start(drivers_python, tmp_path, {"stages": [stage(100, 100, 30.0)]}, f"--service=web={server.place}")
    while len(server.seen) < 50:
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    lines = (tmp_path / "iterations.jsonl").read_bytes()
    assert lines.endswith(b"\n")
    assert len(iterations(tmp_path)) >= 50


@pytest.mark.parametrize(
    ("task", "words", "said"),
    [
        ({"driver": "other"}, [], "there is no load driver 'other'"),
        ({"scenario": "fetch it"}, [], "'fetch it' is no request"),
        ({"arguments": {"verfy": True}}, [], "http has no argument 'verfy'"),
        ({}, [], "no host of the zone runs the service 'web'"),
        ({"stages": []}, [], "there is no load"),
        ({}, ["--service=web=nowhere"], "NAME=HOST:PORT"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    drivers_python: str, tmp_path: Path, task: dict[str, Any], words: list[str], said: str
) -> None:
    process = start(drivers_python, tmp_path, {"stages": [stage(1, 1, 1.0)], **task}, *words)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert stderr.startswith("erisc: ")
    assert said in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize("operation", ["call", "cast", "fanout"])
@pytest.mark.slow
def test_messages_arrive_over_the_bus_of_the_library_itself(
    drivers_python: str, tmp_path: Path, operation: str
) -> None:
    task = {
        "driver": "rpc", "scenario": operation, "arguments": {"servers": 2, "size": 100},
        "stages": [stage(20, 20, 0.5)],
    }  # fmt: skip
    found = finish(start(drivers_python, tmp_path, task, "--transport-url=fake://"), tmp_path)
    assert len(found) == 10
    assert all(each["error"] is None for each in found.values())
    names = [action["name"] for action in found[9]["actions"]]
    assert names == (["rpc.call"] if operation == "call" else [f"rpc.{operation}", "rpc.deliver"])
