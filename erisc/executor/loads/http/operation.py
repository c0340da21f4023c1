"""The driver `http`: one request over and over, e.g. `GET http://{web}/index.html`.

`{web}` stands for the hosts of the service `web`: `erisc_addresses` and the service's `port` in the inventory.
Its arguments are in stdlib/operations.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.loads import catalogue
from erisc.executor.loads.engine import OperationError, Over
from erisc.executor.loads.http.client import Endpoint, Response, tls_context
from erisc.executor.loads.http.scenario import Url, parse_scenario
from erisc.executor.loads.order import Order
from erisc.executor.loads.recording import Action
from erisc.executor.loads.task import Task


class HttpOperation:
    """Requests to the endpoints in turn."""

    def __init__(self, order: Order, task: Task) -> None:
        url = parse_scenario(task.scenario)
        arguments = catalogue.arguments("http", "", task.arguments)
        expect = arguments["expect"]
        self._expected = frozenset(expect if isinstance(expect, list) else [expect])
        self._timeout = float(arguments["timeout"])
        self._name = f"http.{url.method.lower()}"
        endpoints = _endpoints(order, url, arguments)
        self._targets = [(one, _request(url, one, arguments)) for one in endpoints]
        self._turns: Iterator[tuple[Endpoint, bytes]] = cycle(self._targets)
        self._due: tuple[Endpoint, bytes] | None = None  # whose turn it is, where a launch did not come about

    async def prepare(self) -> None:
        """As in Operation: connections are made when they are needed."""

    async def run(self, i: int, actions: list[Action]) -> None:
        """As in Operation."""
        endpoint, data = self._due or next(self._turns)
        self._due = None
        answer = await endpoint.request(data, self._timeout, actions, self._name)
        if answer.status not in self._expected:
            raise self._other(answer, endpoint)

    def launch(self, i: int, over: Over) -> bool:
        """As in Launching."""
        endpoint, data = self._due or next(self._turns)

        def answered(found: Response | Exception, actions: list[Action]) -> None:
            if isinstance(found, Exception):
                over(i, found, actions)
            else:
                over(i, None if found.status in self._expected else self._other(found, endpoint), actions)

        launched = endpoint.launch(data, self._timeout, self._name, answered)
        self._due = None if launched else (endpoint, data)
        return launched

    def _other(self, answer: Response, endpoint: Endpoint) -> OperationError:
        wanted = ", ".join(map(str, sorted(self._expected)))
        return OperationError("status", f"{answer.status} from {endpoint.authority}, {wanted} was expected")

    async def close(self) -> None:
        """As in Operation."""
        for endpoint, _ in self._targets:
            endpoint.close()


def _endpoints(order: Order, url: Url, arguments: dict[str, Any]) -> list[Endpoint]:
    tls = tls_context(arguments["verify"], arguments["cacert"]) if url.scheme == "https" else None
    usual = 443 if tls else 80
    if not url.service:
        return [Endpoint(url.host, url.port or usual, tls)]
    places = order.service(url.service)
    if arguments["hosts"] == "one":
        places = places[:1]
    return [Endpoint(host, url.port or port or usual, tls) for host, port in places]


def _request(url: Url, endpoint: Endpoint, arguments: dict[str, Any]) -> bytes:
    """The request as it goes over the wire; made once."""
    body = str(arguments["body"]).encode()
    fields = {"Host": endpoint.authority, "User-Agent": "erisc", "Accept": "*/*"}
    given = {str(name): str(value) for name, value in arguments["headers"].items()}
    fields = {
        name: value for name, value in fields.items() if name.lower() not in {one.lower() for one in given}
    } | given
    if body or url.method in ("POST", "PUT", "PATCH"):
        fields["Content-Length"] = str(len(body))
    wrong = [name for name, value in fields.items() if re.search(r"[\r\n\0]", name + value)]
    if wrong:
        raise Failure(f"the header field {wrong[0]!r} has a line break in it", exit_code=WRONG_CALL)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{url.method} {url.path} HTTP/1.1\r\n{head}\r\n".encode() + body
