"""Certificates and tokens: the worker against a TLS server, and an identity service that takes its tokens back."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from erisc.base import environments
from tests.executor.loads.test_pacing import stage
from tests.executor.loads.test_worker import Iterations, Server, answer, finish, start


class TlsServer(Server):
    """The server of the other tests, behind TLS."""

    def __init__(self, folder: Path, name: str) -> None:
        self.cert = _certificate(folder, name)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.cert, folder / "key.pem")
        super().__init__(answer(200))

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection; an OSError when the client does not like us, as socketserver expects it."""
        made, address = super().get_request()
        return self._context.wrap_socket(made, server_side=True), address


def _certificate(folder: Path, name: str) -> str:
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=erisc test"]
    paths = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command = ["openssl", *words, *paths, "-addext", f"subjectAltName={name}"]
    subprocess.run(command, check=True, capture_output=True)
    return str(folder / "cert.pem")


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl to make a certificate with")
@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("IP:127.0.0.1", {"verify": False}, None),
        ("IP:127.0.0.1", {"cacert": "@CERT@"}, None),
        ("IP:127.0.0.1", {}, "tls"),
        ("DNS:other.example", {"cacert": "@CERT@"}, "tls"),
        ("DNS:other.example", {"verify": False}, None),
    ],
)
def test_a_certificate_is_checked_as_the_arguments_say(
    drivers_python: str, tmp_path: Path, name: str, arguments: dict[str, Any], kind: str | None
) -> None:
    server = TlsServer(tmp_path, name)
    try:
        given = {key: server.cert if value == "@CERT@" else value for key, value in arguments.items()}
        task = {"scenario": "GET https://{web}/", "arguments": given, "stages": [stage(20, 20, 0.4)]}
        found = finish(start(drivers_python, tmp_path, task, f"--service=web={server.place}"), tmp_path)
    finally:
        server.shutdown()
        server.server_close()
    assert [each["error"] and each["error"]["type"] for each in found.values()] == [kind] * 8
    assert len(server.seen) == (0 if kind else 8)


class Cloud(ThreadingHTTPServer):
    """As much of an identity service (API v3) and of a network service as `network.list` needs.

    life: s that a token is good for. after: answers after which all tokens are taken back, once. closed: no more are
    given from then on.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, life: float, after: int = 0, closed: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.life, self.after, self.closed = life, after, closed
        self.given = self.answered = self.refused = 0
        self.good: set[str] = set()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def token(self) -> str:
        """A new one, "" when there are no more."""
        with self.lock:
            if self.closed and self.given and not self.good:
                return ""
            self.given += 1
            self.good.add(f"token-{self.given}")
            return f"token-{self.given}"

    def admits(self, token: str) -> bool:
        """Whether a token is good; counts."""
        with self.lock:
            fine = token in self.good
            self.answered += fine
            self.refused += not fine
            if self.after and self.answered == self.after:
                self.good.clear()
                self.after = 0
            return fine

    def body(self) -> dict[str, Any]:
        """What comes with a token."""
        now = datetime.now(UTC)
        place = {"id": "e", "interface": "public", "region": "R", "region_id": "R", "url": f"{self.base}/network"}
        return {
            "token": {
                "methods": ["password"], "issued_at": _date(now),
                "expires_at": _date(now + timedelta(seconds=self.life)),
                "user": {"id": "u", "name": "user", "domain": {"id": "d", "name": "d"}},
                "project": {"id": "p", "name": "project", "domain": {"id": "d", "name": "d"}}, "roles": [],
                "catalog": [{"id": "c", "type": "network", "name": "neutron", "endpoints": [place]}],
            }
        }  # fmt: skip


def _date(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cloud

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = self.server.token()
        if token:
            self._say(201, self.server.body(), {"X-Subject-Token": token})
        else:
            self._say(401, {"error": {"code": 401, "title": "Unauthorized", "message": "no more tokens"}})

    def do_GET(self) -> None:
        path = self.path.rstrip("/")
        if path == "/v3":
            self._say(200, {"version": self._version("v3.14", "stable", "/v3/")})
        elif path in ("/network", "/network/v2.0"):
            self._say(200, {"versions": [self._version("v2.0", "CURRENT", "/network/v2.0")]})
        elif self.server.admits(self.headers.get("X-Auth-Token", "")):
            self._say(200, {"networks": []})
        else:
            self._say(401, {"error": "the token is none"})

    def _version(self, number: str, status: str, path: str) -> dict[str, Any]:
        return {"id": number, "status": status, "links": [{"rel": "self", "href": self.server.base + path}]}

    def _say(self, status: int, what: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """It says nothing."""


@pytest.fixture
def clouds() -> Iterator[list[Cloud]]:
    made: list[Cloud] = []
    yield made
    for cloud in made:
        cloud.shutdown()
        cloud.server_close()


def load(python: str, folder: Path, cloud: Cloud, seconds: float) -> Iterations:
    """20 lists of networks a second, by the worker as `erisc run` starts it."""
    task = {
        "format": 1, "driver": "openstack", "scenario": "network.list", "arguments": {}, "model": "open",
        "stages": [stage(20, 20, seconds)],
    }  # fmt: skip
    (folder / "task.json").write_text(json.dumps(task))
    auth = {
        "auth_url": f"{cloud.base}/v3", "username": "user", "password": "secret", "project_name": "project",
        "user_domain_name": "d", "project_domain_name": "d",
    }  # fmt: skip
    settings = {"auth": auth, "region_name": "R", "interface": "public", "verify": True, "cacert": None}
    order = {
        "task": str(folder / "task.json"), "iterations": str(folder / "iterations.jsonl"), "run": "r", "services": {},
        "values": {}, "cloud": {"user": settings}, "transport_url": "",
    }  # fmt: skip
    process = subprocess.Popen(
        [python, "-P", "-m", "erisc.executor.loads.worker", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": environments.import_path(), "HOME": str(folder)},
    )  # fmt: skip
    assert process.stdin is not None
    with process.stdin as pipe:
        json.dump(order, pipe)
    process.stdin = None
    return finish(process, folder)


def renewals(found: Iterations) -> list[bool]:
    """Whether each of them came about."""
    return [
        action["ok"]
        for each in found.values()
        for action in each["actions"]
        if action["name"] == "keystone.renew_token"
    ]


def test_tokens_that_are_taken_back_are_renewed_at_once_and_once(
    drivers_python: str, tmp_path: Path, clouds: list[Cloud]
) -> None:
    clouds.append(Cloud(life=3600, after=10))
    found = load(drivers_python, tmp_path, clouds[0], 1.5)
    assert [each["error"] for each in found.values()] == [None] * 30
    assert clouds[0].given == 2
    assert clouds[0].refused >= 1
    assert renewals(found)
    assert all(renewals(found))


@pytest.mark.slow
def test_a_token_is_renewed_before_it_ends(drivers_python: str, tmp_path: Path, clouds: list[Cloud]) -> None:
    clouds.append(Cloud(life=61.0))
    found = load(drivers_python, tmp_path, clouds[0], 2.5)
    assert [each["error"] for each in found.values()] == [None] * 50
    assert clouds[0].given >= 2
    assert clouds[0].refused == 0


@pytest.mark.slow
def test_who_gets_no_new_token_fails_by_name_and_goes_on(
    drivers_python: str, tmp_path: Path, clouds: list[Cloud]
) -> None:
    clouds.append(Cloud(life=3600, after=10, closed=True))
    found = load(drivers_python, tmp_path, clouds[0], 1.0)
    kinds = [each["error"] and each["error"]["type"] for each in found.values()]
    assert kinds.count(None) == 10
    assert kinds.count("token") == 10
    assert not any(renewals(found))
