"""On a generator: runs one driver's command as told on standard input, and tells on standard output how it goes.

    python -P -m erisc.executor.generators.agent

Both ways lines of JSON. In: `{"ping": n}`; `{"order": {…}}`, see `_begin`; `{"t0_mono": s}` of this host's clock. Out:
`{"hello": {…}}`; `{"pong": n, "mono": s, "wall": s}`; `{"state": "ready" | "done"}`; `{"data": n}`, which n bytes of
iterations follow; `{"exit": code, "size": n, "sha256": hex}` of all iterations, which is the last.
Standard error is the driver's log. When standard input ends or is silent for long, the driver is killed: load must not
outlive who asked for it. All that it wrote goes with the agent.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from erisc import __version__
from erisc.executor.generators.code import digest_of_code

SILENCE = 30.0
"""s without a word from the executor after which it counts as gone."""
_LOOK = 0.02
_CHUNK = 1 << 20


class Agent:
    """One load process. Standard output is shared by the thread that answers and the one that watches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix="erisc-load-")
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = time.monotonic()
        self._digest = hashlib.sha256()
        self._sent = 0

    def main(self) -> int:
        """Until the load is over, or nobody listens."""
        self._say({"hello": {"erisc": __version__, "code": digest_of_code(), "python": sys.version.split()[0]}})
        threading.Thread(target=self._listen_for_silence, daemon=True).start()
        try:
            for line in sys.stdin.buffer:
                mono, wall = time.monotonic(), time.time()
                self._heard = mono
                self._take(json.loads(line), mono, wall)
        finally:
            self.end()
        return 0

    def _take(self, said: dict[str, Any], mono: float, wall: float) -> None:
        if "ping" in said:
            self._say({"pong": said["ping"], "mono": mono, "wall": wall})
        elif "order" in said:
            self._begin(said["order"])
        elif "t0_mono" in said:
            path = os.path.join(self._folder, "rendezvous", "t0")
            with open(path + ".new", "w", encoding="utf-8") as file:
                json.dump(said, file)
            os.rename(path + ".new", path)

    def _begin(self, order: dict[str, Any]) -> None:
        """order: `files`, path in the folder to text; `words`, arguments for this Python; `stdin`, a text;
        `environment`. `@FOLDER@` in any of them is the agent's folder.
        """

        def own(text: str) -> str:
            return text.replace("@FOLDER@", self._folder)

        for name in ("raw", "private", "rendezvous", "bundle"):
            os.mkdir(os.path.join(self._folder, name), 0o700)
        for path, text in order["files"].items():
            place = os.path.join(self._folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8") as file:
                file.write(own(text))
        self._process = subprocess.Popen(
            [sys.executable, "-P", *map(own, order["words"])],
            stdin=subprocess.PIPE, stdout=sys.stderr.fileno(), cwd=os.path.join(self._folder, "private"),
            env=dict(os.environ) | {name: own(value) for name, value in order["environment"].items()},
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        with self._process.stdin as pipe:
            pipe.write(own(order["stdin"]).encode())
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        told: set[str] = set()
        while (code := process.poll()) is None:
            self._tell_states(told)
            self._tell_iterations()
            time.sleep(_LOOK)
        self._tell_states(told)
        self._tell_iterations()
        self._say({"exit": code, "size": self._sent, "sha256": self._digest.hexdigest()})

    def _tell_states(self, told: set[str]) -> None:
        """A file of the rendezvous may be named after the workload alone, or after the shard, too."""
        names = os.listdir(os.path.join(self._folder, "rendezvous"))
        for state in ("ready", "done"):
            if state not in told and any(name.startswith(f"{state}-") for name in names):
                told.add(state)
                self._say({"state": state})

    def _tell_iterations(self) -> None:
        path = os.path.join(self._folder, "raw", "iterations.jsonl")
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            file.seek(self._sent)
            while data := file.read(_CHUNK):
                self._digest.update(data)
                self._sent += len(data)
                self._say({"data": len(data)}, data)

    def _say(self, what: dict[str, Any], data: bytes = b"") -> None:
        with self._lock:
            sys.stdout.buffer.write(json.dumps(what).encode() + b"\n" + data)
            sys.stdout.buffer.flush()

    def _listen_for_silence(self) -> None:
        while time.monotonic() - self._heard < SILENCE:
            time.sleep(1.0)
        self.end()
        os._exit(4)

    def end(self) -> None:
        """Nothing of it is left."""
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG (prctl(2)): where the host is this machine, nobody closes our standard input for sure."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    _die_with_parent()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(4))
    with contextlib.suppress(BrokenPipeError):
        sys.exit(Agent().main())
