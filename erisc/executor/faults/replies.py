"""What shells answer: one thread reads all of them, so that the moment of every answer is known."""

from __future__ import annotations

import contextlib
import os
import re
import select
import threading
import time
from concurrent.futures import Future

from erisc.base.record import record

_KEPT = 1 << 20
"""Bytes of an answer that are kept, the last ones."""


@record
class Reply:
    """How a script ended. code: 0 when it worked. at: CLOCK_MONOTONIC s at which the answer was here."""

    code: int
    out: str
    err: str
    at: float


class LostError(Exception):
    """The shell went away before it answered. Its argument: the last words on its standard error."""


class Answer:
    """One answer on its way. The frame is a number of 128 random bits that a script cannot know, said before and after
    its output on both streams.
    """

    def __init__(self, nonce: str) -> None:
        self.future: Future[Reply] = Future()
        self.begun: Future[None] = Future()
        self._begin = f"{nonce}-begin\n".encode()
        self._end = re.compile(rb"\n" + nonce.encode() + rb"-end (\d+)\n")
        self._ended: dict[str, tuple[bytes, int]] = {}
        self._at = 0.0

    def look(self, stream: str, text: bytearray) -> None:
        """Take the end of the answer out of what `stream` has said so far."""
        if stream == "out" and not self.begun.done() and self._begin in text:
            self.begun.set_result(None)
        found = self._end.search(text)
        if not found or stream in self._ended:
            return
        begin = text.find(self._begin)
        inside = bytes(text[begin + len(self._begin) if begin >= 0 else 0 : found.start()])
        self._ended[stream] = (inside, int(found[1]))
        del text[: found.end()]
        if stream == "out":
            self._at = time.monotonic()
        if len(self._ended) == 2 and not self.future.done():
            (out, code), (err, _) = self._ended["out"], self._ended["err"]
            self.future.set_result(Reply(code, out.decode(errors="replace"), err.decode(errors="replace"), self._at))

    def lose(self, words: str) -> None:
        """It will never come."""
        for future in (self.begun, self.future):
            if not future.done():
                future.set_exception(LostError(words))


class Streams:
    """The two streams of one shell and the answer that is awaited."""

    def __init__(self, out: int, err: int) -> None:
        self.answer: Answer | None = None
        self.lost = False
        self.texts = {"out": bytearray(), "err": bytearray()}
        self.names = {out: "out", err: "err"}

    def take(self, fd: int, more: bytes) -> None:
        """More was read from `fd`."""
        text = self.texts[self.names[fd]]
        text += more
        if self.answer:
            self.answer.look(self.names[fd], text)
        if len(text) > 2 * _KEPT:
            del text[:-_KEPT]

    def end(self) -> None:
        """One of the streams is closed: the shell is gone."""
        self.lost = True
        if self.answer:
            self.answer.lose(self.words())

    def words(self) -> str:
        """The last words on standard error, outside of any frame."""
        return self.texts["err"].decode(errors="replace").strip()[-500:]


class Replies:
    """Reads the streams of many shells. One for the process is enough: `REPLIES`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._poll: select.epoll | None = None
        self._by_fd: dict[int, Streams] = {}

    def add(self, out: int, err: int) -> Streams:
        """Read both from now on. The descriptors are the reader's: it closes them when they end."""
        streams = Streams(out, err)
        with self._lock:
            if self._poll is None:
                self._poll = select.epoll()
                threading.Thread(target=self._read, args=(self._poll,), name="replies", daemon=True).start()
            for fd in (out, err):
                os.set_blocking(fd, False)
                self._by_fd[fd] = streams
                self._poll.register(fd, select.EPOLLIN)
        return streams

    def _read(self, poll: select.epoll) -> None:
        while True:
            for fd, _ in poll.poll():
                self._drain(poll, fd)

    def _drain(self, poll: select.epoll, fd: int) -> None:
        streams = self._by_fd[fd]
        more = b""
        with contextlib.suppress(OSError):
            more = os.read(fd, 1 << 16)
        if more:
            streams.take(fd, more)
            return
        with self._lock:
            poll.unregister(fd)
            del self._by_fd[fd]
            os.close(fd)
            others = any(each is streams for each in self._by_fd.values())
        if not others:
            streams.end()
        streams.lost = True


REPLIES = Replies()
