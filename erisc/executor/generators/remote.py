"""The executor's end of one generator: an agent over ssh, or on this machine, that tells how its load goes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import subprocess
import threading
import time
from typing import IO, Any

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.faults.shell import ssh_target, ssh_words
from erisc.executor.generators.clocks import MOST_UNCERTAIN, Reading, best
from erisc.executor.zones import Host

AGENT = "erisc.executor.generators.agent"
_QUESTIONS = 12
"""Readings of the clock before anything begins."""
_MOST_QUESTIONS = 100
"""Where a busy host or network answers none of them fast."""
_QUICK = 0.05
_BEAT = 1.0
"""s between later ones, which also tell the agent that somebody is there."""


@record
class Place:
    """Where a host has erisc: its Python, and what goes on PYTHONPATH, the folder with `erisc` first."""

    python: str
    path: str


class Remote:
    """One agent. files: what it leaves is written to `iterations`, what it prints to `log`."""

    def __init__(self, host: Host, place: Place, log: str, iterations: str = "", mark: str = "") -> None:
        self.host = host
        self.hello: dict[str, Any] = {}
        self.states: set[str] = set()
        self.code: int | None = None
        """The exit code of its driver; None until it has told, or when it never does."""
        self.error = ""
        """Why its records are not whole."""
        self._readings: list[Reading] = []
        self._asked: dict[int, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._iterations = iterations
        self._log = open(log, "wb")  # noqa: SIM115 - as long as the process
        words = ["env", f"PYTHONPATH={place.path}", f"ERISC_MARK={mark}", place.python, "-P", "-m", AGENT]
        self._process = self._start(words, mark)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._ask)]
        for thread in self._threads:
            thread.start()

    def _start(self, words: list[str], mark: str) -> subprocess.Popen[bytes]:
        if self.host.connection != "local":
            words = [*ssh_words(self.host, "", direct=True), "--", ssh_target(self.host), shlex.join(words)]
        try:
            return subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True,
                env=dict(os.environ) | {"ERISC_MARK": mark},
            )  # fmt: skip
        except OSError as error:
            self._log.close()
            raise Failure(f"generator {self.host.name}: {words[0]} cannot be run: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """Of the process on this machine."""
        return self._process.pid

    def reading(self) -> Reading | None:
        """What is known of its clock."""
        with self._lock:
            return best(self._readings)

    def settled(self) -> bool:
        """Its clock has been asked often enough: until it is known well, or will not be."""
        with self._lock:
            found = best(self._readings)
            enough = _QUESTIONS if found and found.uncertainty <= MOST_UNCERTAIN / 2 else _MOST_QUESTIONS
            return len(self._readings) >= enough

    def send(self, what: dict[str, Any]) -> None:
        """Tell it something; what does not arrive shows by its end."""
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError), self._lock:
            pipe.write(json.dumps(what).encode() + b"\n")
            pipe.flush()

    def poll(self) -> int | None:
        """None while it works. 0 when its load went well and its records are whole."""
        if self._threads[0].is_alive():
            return None
        if self.code is None:
            return self._process.wait() or 4
        return self.code or (4 if self.error else 0)

    def stop(self) -> None:
        """End it now; the agent ends what it started when its input ends."""
        self._over.set()
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):
            pipe.close()
        try:
            self._process.wait(timeout=3.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._threads[0].join(timeout=5.0)
        self._log.close()

    def _ask(self) -> None:
        number = 0
        while not self._over.wait(_BEAT if self.settled() else _QUICK):
            number += 1
            with self._lock:
                self._asked[number] = (time.monotonic(), time.time())
            self.send({"ping": number})

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        with contextlib.ExitStack() as stack:
            kept = stack.enter_context(open(self._iterations or os.devnull, "ab"))
            digest, size = hashlib.sha256(), 0
            while line := pipe.readline():
                heard = time.monotonic()
                try:
                    said = json.loads(line)
                except ValueError:
                    self.error = f"it said {line[:200]!r}"
                    return
                if "data" in said:
                    data = _exactly(pipe, said["data"])
                    digest.update(data)
                    size += len(data)
                    kept.write(data)
                    kept.flush()
                elif "exit" in said:
                    self._end(said, size, digest.hexdigest())
                    return
                else:
                    self._take(said, heard)

    def _take(self, said: dict[str, Any], heard: float) -> None:
        if "hello" in said:
            self.hello = said["hello"]
        elif "state" in said:
            self.states.add(said["state"])
        elif "pong" in said:
            with self._lock:
                sent, wall = self._asked.pop(said["pong"])
                middle = wall + (heard - sent) / 2
                self._readings.append(Reading(sent, heard, said["mono"], said["wall"] - middle))

    def _end(self, said: dict[str, Any], size: int, digest: str) -> None:
        self.code = said["exit"]
        if (said["size"], said["sha256"]) != (size, digest):
            self.error = f"{said['size']} bytes of iterations were recorded, {size} arrived whole"
        self._over.set()


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    """What is there of `size` bytes: fewer only at the end."""
    parts = []
    while size and (part := pipe.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
