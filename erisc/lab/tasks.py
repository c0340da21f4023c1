"""Helpers of a boot: programs that do one thing and end, with their output in a log of the lab."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from erisc.base.failure import Failure
from erisc.lab.processes import TASK_VARIABLE
from erisc.lab.state import State

_BAD_LINE = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b|^Traceback|^\w[\w.]*(Error|Exception)\b|^Error:|\[ERROR\]|error:")


class Job(Protocol):
    """What `together` runs."""

    def __call__(self) -> object:
        """Do it."""


def run(
    state: State,
    name: str,
    command: Sequence[str],
    variables: dict[str, str],
    *,
    stdin: str = "",
    timeout: float = 600.0,
) -> None:
    """Run a helper to its end. Raises Failure with the last error of its log when it does not end well."""
    log = state.path("log", f"{name}.log")
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command, env=variables | {TASK_VARIABLE: name}, cwd=state.folder, stdin=subprocess.PIPE, stdout=file,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise Failure(f"{name} did not end within {timeout:.0f} s", mend=f"see {log}") from error
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise Failure(
            f"{name} failed (exit {process.returncode})", detail=last_error(log), mend=f"the whole log: {log}"
        )


def together(*jobs: Job) -> None:
    """Run the jobs in threads; the first exception passes through once the others have ended or been given up."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        running: list[Future[Any]] = [pool.submit(job) for job in jobs]
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()


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
