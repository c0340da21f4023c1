"""A small HTTP/1.1 client for load: kept connections, one request at a time on each, no redirects, no cookies.

RFC 9110 and 9112; httptools (llhttp) parses.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import httptools

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.loads.engine import AgainError, OperationError
from erisc.executor.loads.recording import Action

REPEATABLE = frozenset((b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"))
"""Idempotent methods (RFC 9110, 9.2.2): sent again when a kept connection turns out to be closed (RFC 9112, 9.3.1)."""

_FRAMED = re.compile(rb"\n(content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
SWEEP = 0.02
"""s that a time-out may come late."""


class Response:
    """An answer."""

    __slots__ = ("body", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


Answered = Callable[["Response | Exception"], None]
"""Told of the answer, or of what came in its place: OperationError, TimeoutError or StaleError."""


class StaleError(Exception):
    """A kept connection was closed by the server before it answered anything."""


class Connection(asyncio.Protocol):
    """One connection; a request is answered before the next is sent."""

    __slots__ = (
        "_answer", "_answered", "_body", "_closed", "_head", "_parser", "_said", "_status", "_transport",
    )  # fmt: skip

    def __init__(self) -> None:
        self._answered: Answered | None = None
        self._answer: Response | None = None
        self._transport: Any = None
        self._closed = False
        self._parser = httptools.HttpResponseParser(self)

    @property
    def usable(self) -> bool:
        """It may carry another request."""
        return not self._closed

    def send(self, data: bytes, head: bool, answered: Answered) -> None:
        """Send a request. head: it is a HEAD, whose answer has no body. answered: called once."""
        self._answered = answered
        self._head = head
        self._status = 0
        self._said = b""
        self._body: list[bytes] = []
        self._transport.write(data)

    def give_up(self) -> None:
        """The answer took too long: it is a TimeoutError."""
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
        if self._answered is None:
            self.abort()  # it speaks without being asked
            return
        if not self._status:
            self._said += data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if self._answer is None:
                self._fail(OperationError("protocol", f"the answer is not HTTP: {error}"))
            self.abort()
        if self._answer is not None:
            self._tell(self._answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """As in asyncio.Protocol."""
        self._closed = True
        if self._answered is None:
            return
        if self._status and exc is None and not _FRAMED.search(self._said.partition(b"\r\n\r\n")[0]):
            self._tell(Response(self._status, b"".join(self._body)))  # it ends with the connection (RFC 9112, 6.3)
        elif not self._said:
            self._fail(StaleError())
        else:
            self._fail(OperationError("closed", "the connection was closed in the middle of the answer"))

    def _fail(self, error: Exception) -> None:
        self.abort()
        self._tell(error)

    def _tell(self, answer: Response | Exception) -> None:
        """The last that is done for a request: who is told may send the next one."""
        answered, self._answered, self._answer = self._answered, None, None
        if answered is not None:
            answered(answer)

    # --- httptools ---

    def on_headers_complete(self) -> None:
        """As in httptools."""
        if self._answer is not None:
            self._closed = True  # an answer that nobody asked for comes with it
            return
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
            self._status = 0
            self._said = self._said.partition(b"\r\n\r\n")[2]

    def _complete(self) -> None:
        if self._answer is None:
            if not self._parser.should_keep_alive():
                self.abort()
            self._answer = Response(self._status, b"".join(self._body))


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
            raise self._late(timeout) from error
        finally:
            actions.append(Action(name, begin, time.monotonic(), ok))

    async def _request(self, data: bytes, deadline: float, actions: list[Action]) -> Response:
        method = data[: data.index(b" ")]
        while connection := self._kept():
            try:
                return await self._on(connection, data, method, deadline)
            except StaleError as error:
                if method not in REPEATABLE:
                    raise _closed() from error
        async with asyncio.timeout(deadline - time.monotonic()):
            connection = await self._connect(actions)
        try:
            return await self._on(connection, data, method, deadline)
        except StaleError as error:
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
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def answered(found: Response | Exception) -> None:
            if answer.done():
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        self._begin(connection, deadline)
        connection.send(data, method == b"HEAD", answered)
        try:
            return await answer
        except BaseException:
            connection.abort()
            raise
        finally:
            self._end(connection)

    def _begin(self, connection: Connection, deadline: float) -> None:
        self._busy[connection] = deadline
        if not self._sweeping:
            self._sweep_at(deadline)

    def _end(self, connection: Connection) -> None:
        del self._busy[connection]
        if connection.usable:
            self._free.append(connection)

    def launch(
        self, data: bytes, timeout: float, name: str, answered: Callable[[Response | Exception, list[Action]], None]
    ) -> bool:
        """As `request`, without a task for it, which costs as much as the rest. False when no kept connection is free.

        answered: called once, with an OperationError where `request` raises it, or AgainError where it sends again.
        """
        connection = self._kept()
        if connection is None:
            return False
        begin = time.monotonic()

        def ended(found: Response | Exception) -> None:
            now = time.monotonic()
            self._end(connection)
            ok = type(found) is Response
            answered(found if ok else self._named(found, data, timeout), [Action(name, begin, now, ok)])

        self._begin(connection, begin + timeout)
        connection.send(data, data.startswith(b"HEAD "), ended)
        return True

    def _named(self, error: Response | Exception, data: bytes, timeout: float) -> Response | Exception:
        if isinstance(error, StaleError):
            return AgainError() if data[: data.index(b" ")] in REPEATABLE else _closed()
        return self._late(timeout) if isinstance(error, TimeoutError) else error

    def _late(self, timeout: float) -> OperationError:
        return OperationError("timeout", f"no answer from {self.authority} within {timeout:g} s")

    def _kept(self) -> Connection | None:
        while self._free:
            connection = self._free.pop()
            if connection.usable:
                return connection
        return None

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


def _closed() -> OperationError:
    return OperationError("closed", "a kept connection was closed by the server")


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
