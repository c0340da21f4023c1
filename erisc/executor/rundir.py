"""The run directory: made empty, locked while an executor works on it, with a reserve for a full disk."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure

NEEDED = 64 << 20
"""Bytes that must be free before a run starts: event log, iterations and Rally's own output of a long run."""
_RESERVE = 256 << 10


class RunDir:
    """Paths in a run directory. Nothing is created by the constructor."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.events = os.path.join(self.path, "events.jsonl")
        self.bundle = os.path.join(self.path, "bundle")
        self.description = os.path.join(self.path, "run.json")
        self.private = os.path.join(self.path, "private")
        self._lock_fd = -1

    def raw(self, cell: str, workload: str) -> str:
        """Folder of what the load driver of a workload recorded; made when it is not there."""
        path = os.path.join(self.path, "cells", cell, "raw", workload)
        os.makedirs(path, exist_ok=True)
        return path

    def lock(self) -> None:
        """Hold the run until `unlock` or the end of the process. Raises Failure when another executor holds it."""
        path = os.path.join(self.path, "lock")
        self._lock_fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._lock_fd, 32).decode(errors="replace").strip()
            os.close(self._lock_fd)
            raise Failure(
                f"the run is still worked on, by process {holder}: {self.path}",
                mend=f"wait for it, or stop it with `kill -INT {holder}`: it heals before it ends",
                exit_code=WRONG_CALL,
            ) from error
        self._note_holder()

    def unlock(self) -> None:
        """Let go of the run."""
        os.close(self._lock_fd)

    def _note_holder(self) -> None:
        try:
            os.ftruncate(self._lock_fd, 0)
            os.pwrite(self._lock_fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            return  # a full disk: the lock holds without the number in it

    def reserve(self) -> None:
        """Set some space aside, given back by `release`: a full disk must not keep us from recording the heal."""
        fd = os.open(os.path.join(self.path, "reserve"), os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.posix_fallocate(fd, 0, _RESERVE)
        finally:
            os.close(fd)

    def release(self) -> None:
        """Give the reserve back."""
        try:
            os.unlink(os.path.join(self.path, "reserve"))
        except FileNotFoundError:
            return

    def make_private(self) -> str:
        """The folder of what must not travel with the run: databases with passwords, sockets."""
        os.makedirs(self.private, mode=0o700, exist_ok=True)
        return self.private

    def write_description(self, values: dict[str, Any]) -> None:
        """Write run.json."""
        with open(self.description, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=2)
            file.write("\n")

    def read_description(self) -> dict[str, Any]:
        """What run.json says. Raises Failure when the directory is not that of a run."""
        try:
            with open(self.description, encoding="utf-8") as file:
                values: dict[str, Any] = json.load(file)
        except (OSError, ValueError) as error:
            raise Failure(
                f"{self.path} is not the directory of a run: run.json cannot be read: {error}",
                mend="give the directory that `erisc run` printed",
                exit_code=WRONG_CALL,
            ) from error
        return values


def new_run_id() -> str:
    """Sorts by time, and two runs of one second differ: `20261121t031500-1f2e`."""
    return time.strftime("%Y%m%dt%H%M%S", time.gmtime()) + "-" + secrets.token_hex(2)


def create(path: str) -> RunDir:
    """Make the directory and lock it. Raises Failure when it holds something, or the disk has too little room."""
    run_dir = RunDir(path)
    existed = os.path.isdir(run_dir.path)
    _must_be_free(run_dir.path)
    try:
        os.makedirs(run_dir.path, exist_ok=True)
    except OSError as error:
        raise Failure(f"the run directory cannot be made: {error.strerror}: {run_dir.path}", exit_code=2) from error
    try:
        _must_have_room(run_dir.path)
        run_dir.lock()
        run_dir.reserve()
    except (OSError, Failure) as error:
        discard(run_dir, keep_folder=existed)
        if isinstance(error, Failure):
            raise
        raise Failure(f"the run directory cannot be written: {error.strerror}: {run_dir.path}") from error
    return run_dir


def discard(run_dir: RunDir, *, keep_folder: bool = False) -> None:
    """Remove a run directory in which nothing has happened yet."""
    for name in os.listdir(run_dir.path) if keep_folder else ():
        whole = os.path.join(run_dir.path, name)
        shutil.rmtree(whole) if os.path.isdir(whole) else os.unlink(whole)
    if not keep_folder:
        shutil.rmtree(run_dir.path, ignore_errors=True)


def _must_be_free(path: str) -> None:
    if os.path.lexists(path) and (not os.path.isdir(path) or os.listdir(path)):
        raise Failure(
            f"the run directory holds something already: {path}",
            mend="choose another with --run-dir; a run never writes over an older one",
            exit_code=WRONG_CALL,
        )


def _must_have_room(path: str) -> None:
    free = shutil.disk_usage(path).free
    if free < NEEDED:
        raise Failure(
            f"{free >> 20} MiB are free at {path}; a run needs {NEEDED >> 20} MiB",
            mend="free some space or choose another place with --run-dir",
        )
