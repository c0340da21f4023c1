"""Who listens at the broker: just enough of AMQP 0-9-1 to ask for a queue's consumers.

Source of the frames: the AMQP 0-9-1 specification (amqp-specification-0-9-1, sections 1.4, 1.5, 2.3.5, 4.2).
"""

from __future__ import annotations

import socket
import struct

from erisc.lab.ports import HOST

_METHOD_FRAME = 1
_FRAME_END = b"\xce"
_START, _START_OK, _TUNE, _TUNE_OK, _OPEN, _OPEN_OK = (10, 10), (10, 11), (10, 30), (10, 31), (10, 40), (10, 41)
_CHANNEL_OPEN, _CHANNEL_OPEN_OK, _CHANNEL_CLOSE, _CHANNEL_CLOSE_OK = (20, 10), (20, 11), (20, 40), (20, 41)
_DECLARE, _DECLARE_OK = (50, 10), (50, 11)
_PASSIVE = 1
_PLACES = struct.Struct(">HH")

Method = tuple[int, int]


def consumers(port: int, user: str, password: str, queues: list[str], *, timeout: float = 5.0) -> list[int]:
    """How many consumers each queue has, 0 if it is not there. Raises OSError when the broker does not answer."""
    with socket.create_connection((HOST, port), timeout=timeout) as connection:
        talk = _Talk(connection)
        talk.log_in(user, password)
        return [talk.consumers(queue) for queue in queues]


class _Talk:
    """One connection with one channel."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._open = False

    def log_in(self, user: str, password: str) -> None:
        self._socket.sendall(b"AMQP\x00\x00\x09\x01")
        self._receive(_START)
        secret = f"\0{user}\0{password}".encode()
        self._send(0, _START_OK, _long(b"") + _short(b"PLAIN") + _long(secret) + _short(b"en_US"))
        limits = self._receive(_TUNE)
        self._send(0, _TUNE_OK, limits[:6] + b"\0\0")  # no heartbeat
        self._send(0, _OPEN, _short(b"/") + _short(b"") + b"\0")
        self._receive(_OPEN_OK)

    def consumers(self, queue: str) -> int:
        if not self._open:
            self._send(1, _CHANNEL_OPEN, _short(b""))
            self._receive(_CHANNEL_OPEN_OK)
            self._open = True
        self._send(1, _DECLARE, b"\0\0" + _short(queue.encode()) + bytes([_PASSIVE]) + _long(b""))
        answer = self._receive(_DECLARE_OK, _CHANNEL_CLOSE)
        if not self._open:
            return 0
        return int(struct.unpack(">I", answer[-4:])[0])

    def _send(self, channel: int, method: Method, arguments: bytes) -> None:
        payload = _PLACES.pack(*method) + arguments
        self._socket.sendall(struct.pack(">BHI", _METHOD_FRAME, channel, len(payload)) + payload + _FRAME_END)

    def _receive(self, *expected: Method) -> bytes:
        """The arguments of the next method; the broker closes the channel over a queue that is not there."""
        kind, _, size = struct.unpack(">BHI", self._exactly(7))
        payload = self._exactly(size + 1)[:-1]
        method = _PLACES.unpack(payload[:4]) if kind == _METHOD_FRAME else (0, 0)
        if method not in expected:
            raise OSError(f"the broker answered with method {method}")
        if method == _CHANNEL_CLOSE:
            self._send(1, _CHANNEL_CLOSE_OK, b"")
            self._open = False
        return payload[4:]

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = self._socket.recv(size - len(found))
            if not part:
                raise OSError("the broker closed the connection")
            found += part
        return found


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text
