"""A shell of a host that is kept open: scripts in, exit code and output out, without a new process on the way."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import subprocess
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

from erisc.base.failure import Failure
from erisc.executor.faults.replies import REPLIES, Answer, Reply
from erisc.executor.zones import Host

TIMEOUT = 30.0
"""s a script has, unless said otherwise."""
CONNECT = 10.0
"""s a connection has to come about."""


class Shell:
    """`sh -s` on a host. One script at a time; whoever holds the shell sees to that."""

    def __init__(self, host: Host, argv: list[str]) -> None:
        self.host = host
        try:
            # A session of its own: Ctrl-C on the terminal must not kill the shell that heals.
            self._process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            raise Failure(
                f"host {host.name}: {argv[0]!r} cannot be run: {error.strerror}", mend="install it"
            ) from error
        stdin, *outputs = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin
        self._stdin = stdin.fileno()
        out, err = [os.dup(pipe.fileno()) for pipe in outputs if pipe]
        for pipe in outputs:
            pipe.close() if pipe else None
        self._streams = REPLIES.add(out, err)
        self._lock = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked, as far as is known here."""
        return not self._streams.lost and self._process.poll() is None

    def send(self, script: str) -> Future[Reply]:
        """Hand a script over and return at once. The future's exception is LostError when the shell goes away."""
        return self._hand_over(script, "").future

    def _hand_over(self, script: str, first: str) -> Answer:
        nonce = secrets.token_hex(16)
        answer = Answer(nonce)
        frame = _framed(script, nonce, first)
        with self._lock:
            self._streams.answer = answer
            try:
                if self._streams.lost:
                    raise OSError
                while frame:
                    frame = frame[os.write(self._stdin, frame) :]
            except OSError:
                answer.lose(self._streams.words())
        return answer

    def load(self, script: str, timeout: float = TIMEOUT) -> Future[Reply]:
        """As `send`, but the script is read and forked for, and waits for `go`; returns when `go` may come. Without it
        the script never runs: it ends with the shell. Raises Failure when there is no sign of it in time (s), and
        LostError.
        """
        answer = self._hand_over(script, _WAIT)
        try:
            answer.begun.result(timeout)
        except NotInTime as error:
            self.close()
            raise Failure(f"host {self.host.name} did not answer within {timeout:g} s") from error
        return answer.future

    def go(self) -> None:
        """Let the loaded script run; returns at once. A shell that is lost says so in the future of `load`."""
        with contextlib.suppress(OSError):
            os.write(self._stdin, _GO)

    def run(self, script: str, timeout: float = TIMEOUT) -> Reply:
        """Raises Failure when no answer comes in time (s); the shell is of no use afterwards. Raises LostError."""
        return self.wait(self.send(script), timeout)

    def wait(self, future: Future[Reply], timeout: float) -> Reply:
        """The answer to `send`, as `run` has it."""
        try:
            return future.result(timeout)
        except NotInTime as error:
            self.close()
            raise Failure(f"host {self.host.name} did not answer within {timeout:g} s") from error

    def close(self) -> None:
        """End it; a script that still runs on the host is left to itself. Idempotent."""
        with contextlib.suppress(OSError):
            self._process.stdin.close() if self._process.stdin else None
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._streams.end()


_GO = b":\n"
"""A line that does nothing, should the shell itself read it."""
_WAIT = "read -r erisc_go || exit 1\n"


def _framed(script: str, nonce: str, first: str) -> bytes:
    """In a shell of its own, so that nothing it sets or leaves lasts; quoted, so that no text of it ends the frame. One
    command in all: the shell has read everything of it before `first`, which may read what comes after it.
    """
    begin = f"echo {nonce}-begin; echo {nonce}-begin >&2"
    end = f"erisc_code=$?; printf '\\n{nonce}-end %d\\n' $erisc_code; printf '\\n{nonce}-end %d\\n' $erisc_code >&2"
    return f"{{ {begin}\n( {first}exec </dev/null; eval {shlex.quote(script)} )\n{end}\n}}\n".encode()


def argv_of(host: Host, sockets: str, *, direct: bool = False) -> list[str]:
    """The command whose standard input is a shell on the host. sockets: the folder of ssh's control sockets. direct:
    over a connection of its own, where the kept one may hang.
    """
    shell = ["sudo", "-n", "sh", "-s"] if host.become else ["sh", "-s"]
    if host.connection == "local":
        return shell
    return [*ssh_words(host, sockets, direct=direct), "--", ssh_target(host), shlex.join(["exec", *shell])]


def ssh_words(host: Host, sockets: str, *, direct: bool = False) -> list[str]:
    """`ssh` with its options (ssh_config(5)). A socket's path may have 108 bytes at most: %C is 40 of them."""
    kept = ["-o", "ControlMaster=auto", "-o", f"ControlPath={sockets}/%C", "-o", "ControlPersist=60"]
    alone = ["-o", "ControlMaster=no", "-o", "ControlPath=none"]
    return [
        "ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT:g}", "-o", "ServerAliveInterval=5",
        "-o", "LogLevel=ERROR", *(alone if direct else kept), "-p", str(host.port), *shlex.split(host.ssh_args),
        *(["-i", host.key, "-o", "IdentitiesOnly=yes"] if host.key else []),
    ]  # fmt: skip


def ssh_target(host: Host) -> str:
    """`user@address`."""
    return f"{host.user}@{host.address}" if host.user else host.address


def unreachable(host: Host, words: str) -> Failure:
    """What is said of a host that gives no shell."""
    if host.connection == "local" or words.startswith("sudo:"):
        return Failure(f"host {host.name} gives no shell", detail=words, mend="check ansible_become in the inventory")
    return Failure(
        f"host {host.name} cannot be reached over ssh as {ssh_target(host)}, port {host.port}",
        detail=words,
        mend="check ansible_host, ansible_user and ansible_ssh_private_key_file in the inventory",
    )
