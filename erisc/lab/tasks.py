"""Helpers of a boot: programs that do one thing and end, with their output in a log of the lab."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from erisc.base.failure import Failure
from erisc.lab.processes import TASK_VARIABLE
from erisc.lab.state import State

_LOOK = 0.2
"""Seconds between two looks whether a helper has been given up."""
_BAD_LINE = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b|^Traceback|^\w[\w.]*(Error|Exception)\b|^Error:|\[ERROR\]|error:")


Job = Callable[[], object]


class GivenUp(Exception):  # noqa: N818 - nothing is wrong with what raises it
    """Something else has failed, so that this need not go on."""


class Crew:
    """Jobs that run at the same time; when one fails, the others are given up."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait; what every job does between two looks. Raises GivenUp when the crew has."""
        if self._over.wait(seconds):
            raise GivenUp("given up")

    def together(self, *jobs: Job) -> None:
        """Run the jobs in threads to their end. Raises the first failure of any of them, once all have ended."""
        with ThreadPoolExecutor(len(jobs)) as pool:
            running = [pool.submit(job) for job in jobs]
            try:
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                if any(not future.done() or future.exception() for future in running):
                    self._over.set()
        errors = [error for future in running if (error := future.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, GivenUp)):
            raise error

    def run(
        self, state: State, name: str, command: Sequence[str], variables: dict[str, str], *, stdin: str = ""
    ) -> None:
        """Run a helper to its end. Raises Failure with the last error of its log when it does not end well."""
        log = state.path("log", f"{name}.log")
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen(
                command, env=variables | {TASK_VARIABLE: name}, cwd=state.folder, stdin=subprocess.PIPE, stdout=file,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        try:
            self._attend(process, stdin)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode:
            what = f"{name} failed (exit {process.returncode})"
            raise Failure(what, detail=last_error(log), mend=f"the whole log: {log}")

    def _attend(self, process: subprocess.Popen[str], stdin: str) -> None:
        text: str | None = stdin
        while True:
            try:
                process.communicate(text, timeout=_LOOK)
                return
            except subprocess.TimeoutExpired:
                text = None
                self.sleep(0)


def last_error(path: str) -> str:
    """The last line of a log that tells of an error, with the file's path; its last line when none does."""
    lines = [line for line in tail(path, 400) if line.strip()]
    if not lines:
        return f"{path} is empty"
    bad = [line for line in lines if _BAD_LINE.search(line)]
    return f"{(bad or lines)[-1][:400]}\n({path})"


def tail(path: str, lines: int) -> list[str]:
    """The last lines of a file, as much as its last 256 KiB hold; nothing when it is not there."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - (256 << 10)))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
