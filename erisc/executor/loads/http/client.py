"""A small HTTP/1.1 client for load: kept connections, one request at a time on each, no redirects, no cookies.

RFC 9110 and 9112; httptools (llhttp) parses.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any

import httptools

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.loads.engine import OperationError
from erisc.executor.loads.recording import Action

REPEATABLE = frozenset((b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"))
"""Idempotent methods (RFC 9110, 9.2.2): sent again when a kept connection turns out to be closed (RFC 9112, 9.3.1)."""

SWEEP = 0.02
"""s that a time-out may come late."""


class Response:
    """headers: by their names in lower case."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[bytes, bytes], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class _StaleError(Exception):
    """A kept connection was closed by the server before it answered anything."""


class Connection(asyncio.Protocol):
    """One connection; a request is answered before the next is sent."""

    __slots__ = (
        "_answer", "_body", "_closed", "_framed", "_head", "_headers", "_parser", "_seen", "_status", "_transport",
    )  # fmt: skip

    def __init__(self) -> None:
        self._answer: asyncio.Future[Response] | None = None
        self._transport: Any = None
        self._closed = False
        self._parser = httptools.HttpResponseParser(self)

    @property
    def usable(self) -> bool:
        """It may carry another request."""
        return not self._closed

    def send(self, data: bytes, head: bool) -> asyncio.Future[Response]:
        """Send a request. head: it is a HEAD, whose answer has no body. The answer raises OperationError."""
        self._answer = asyncio.get_running_loop().create_future()
        self._head = head
        self._seen = self._framed = False
        self._status = 0
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._transport.write(data)
        return self._answer

    def give_up(self) -> None:
        """The answer took too long: it raises TimeoutError."""
        self._fail(TimeoutError())

    def abort(self) -> None:
        """Close it at once."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: Any) -> None:
        """As in asyncio.Protocol."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """As in asyncio.Protocol."""
        if self._answer is None or self._answer.done():
            self.abort()  # it speaks without being asked
            return
        self._seen = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(OperationError("protocol", f"the answer is not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """As in asyncio.Protocol."""
        self._closed = True
        if self._answer is None or self._answer.done():
            return
        if self._status and not self._framed and exc is None:
            self._complete()  # a body that ends with the connection (RFC 9112, 6.3)
        elif not self._seen:
            self._fail(_StaleError())
        else:
            self._fail(OperationError("closed", "the connection was closed in the middle of the answer"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.abort()

    # --- httptools ---

    def on_header(self, name: bytes, value: bytes) -> None:
        """As in httptools."""
        key = name.lower()
        self._headers[key] = value
        if key in (b"content-length", b"transfer-encoding"):
            self._framed = True

    def on_headers_complete(self) -> None:
        """As in httptools."""
        self._status = self._parser.get_status_code()
        if self._head and self._status >= 200:
            self._complete()
            self._parser = httptools.HttpResponseParser(self)  # the old one waits for a body

    def on_body(self, body: bytes) -> None:
        """As in httptools."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """As in httptools."""
        if self._status >= 200:
            self._complete()
        else:  # 1xx: the answer proper is still to come
            self._headers = {}
            self._framed = False

    def _complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            if not self._parser.should_keep_alive():
                self.abort()
            self._answer.set_result(Response(self._status, self._headers, b"".join(self._body)))


class Endpoint:
    """Kept connections to one address. tls: None for plain HTTP. name: the server's in TLS."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, name: str = "") -> None:
        self.host = host
        self.port = port
        self._tls = tls
        self._name = name or host
        self._free: list[Connection] = []
        self._busy: dict[Connection, float] = {}
        self._sweeping = False

    @property
    def authority(self) -> str:
        """For the Host field."""
        host = f"[{self._name}]" if ":" in self._name else self._name
        return host if self.port == (443 if self._tls else 80) else f"{host}:{self.port}"

    async def request(self, data: bytes, timeout: float, actions: list[Action], name: str) -> Response:
        """Send a whole request. Appends a timed action `name`, and `http.connect` where a connection was made.

        timeout: s for all of it. Raises OperationError of kind refused, unreachable, resolve, tls, timeout, closed or
        protocol.
        """
        begin = time.monotonic()
        ok = False
        try:
            answer = await self._request(data, begin + timeout, actions)
            ok = True
            return answer
        except TimeoutError as error:
            raise OperationError("timeout", f"no answer from {self.authority} within {timeout:g} s") from error
        finally:
            actions.append(Action(name, begin, time.monotonic(), ok))

    async def _request(self, data: bytes, deadline: float, actions: list[Action]) -> Response:
        method = data[: data.index(b" ")]
        while self._free:
            connection = self._free.pop()
            if connection.usable:
                try:
                    return await self._on(connection, data, method, deadline)
                except _StaleError as error:
                    if method not in REPEATABLE:
                        raise OperationError("closed", "a kept connection was closed by the server") from error
        async with asyncio.timeout(deadline - time.monotonic()):
            connection = await self._connect(actions)
        try:
            return await self._on(connection, data, method, deadline)
        except _StaleError as error:
            raise OperationError("closed", "the connection was closed before any answer") from error

    async def _connect(self, actions: list[Action]) -> Connection:
        begin = time.monotonic()
        ok = False
        name = self._name if self._tls else None
        try:
            loop = asyncio.get_running_loop()
            _, made = await loop.create_connection(
                Connection, self.host, self.port, ssl=self._tls, server_hostname=name
            )
            ok = True
            return made
        except OSError as error:
            raise OperationError(_kind(error), f"{self.host} port {self.port}: {error}") from error
        finally:
            actions.append(Action("http.connect", begin, time.monotonic(), ok))

    async def _on(self, connection: Connection, data: bytes, method: bytes, deadline: float) -> Response:
        self._busy[connection] = deadline
        if not self._sweeping:
            self._sweep_at(deadline)
        try:
            answer = await connection.send(data, method == b"HEAD")
        except BaseException:
            connection.abort()
            raise
        finally:
            del self._busy[connection]
        if connection.usable:
            self._free.append(connection)
        return answer

    def _sweep_at(self, deadline: float) -> None:
        """One timer for all that is under way: a timer a request would cost a tenth of it."""
        self._sweeping = True
        asyncio.get_running_loop().call_later(max(deadline - time.monotonic(), SWEEP), self._sweep)

    def _sweep(self) -> None:
        self._sweeping = False
        now = time.monotonic()
        for connection in [one for one, deadline in self._busy.items() if deadline <= now]:
            connection.give_up()
        left = [deadline for deadline in self._busy.values() if deadline > now]
        if left:
            self._sweep_at(min(left))

    def close(self) -> None:
        """Close all connections."""
        for connection in (*self._free, *self._busy):
            connection.abort()
        self._free.clear()


def _kind(error: OSError) -> str:
    """What an error of connecting is called in the record."""
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, socket.gaierror):
        return "resolve"
    return "refused" if isinstance(error, ConnectionRefusedError) else "unreachable"


def tls_context(verify: bool, cacert: str | None) -> ssl.SSLContext:
    """How servers' certificates are checked. cacert: a file of certificates to trust. Raises Failure."""
    try:
        context = ssl.create_default_context(cafile=cacert)
    except OSError as error:
        raise Failure(f"the certificates {cacert} cannot be read: {error}", exit_code=WRONG_CALL) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
