"""A lab's folder: where its files are, what is done, and who works on it.

Everything of one zone is under one folder, readable by its owner alone. A step that was done to the end leaves a marker
in `done/`, written after the step's last effect; a step without its marker is done again from its beginning.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure

MARKER = ".erisc-lab"
"""The file that says a folder is a lab's: only such a folder is ever removed."""
_LONGEST = 80
"""Socket names are limited to 107 bytes on Linux (unix(7)); the longest of ours adds some twenty."""
_SECRETS = (
    "admin", "cinder", "cookie", "database", "glance", "heat", "heat_domain", "heat_key", "neutron", "nova",
    "placement", "rabbitmq",
)  # fmt: skip


class State:
    """The folder of one lab."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, *parts: str) -> str:
        """A path inside the folder."""
        return os.path.join(self.folder, *parts)

    def exists(self) -> bool:
        """Whether this is a lab's folder."""
        return os.path.isfile(self.path(MARKER))

    def make(self) -> None:
        """Make the folder with its marker. Raises Failure when something else is there or it cannot be written."""
        if len(os.fsencode(self.folder)) > _LONGEST:
            raise Failure(
                f"the path {self.folder} is too long: sockets inside it would pass the limit of 107 bytes",
                mend="choose a shorter --state-dir or ERISC_HOME",
                exit_code=WRONG_CALL,
            )
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            if not self.exists() and os.listdir(self.folder):
                raise Failure(
                    f"{self.folder} is not empty and not a lab's folder",
                    mend="choose another --state-dir",
                    exit_code=WRONG_CALL,
                )
            os.chmod(self.folder, 0o700)
            if not self.exists():
                # Never replaced: its lock is held on this very file.
                with open(self.path(MARKER), "w", encoding="utf-8") as file:
                    file.write("This folder belongs to an emulated zone of erisc; `erisc lab wipe` removes it.\n")
            for inside in ("done", "etc", "home", "lock", "log"):
                os.makedirs(self.path(inside), exist_ok=True)
        except OSError as error:
            raise Failure(
                f"{self.folder} cannot be made: {error.strerror}", mend="choose another --state-dir"
            ) from error

    def remove(self) -> None:
        """Remove the folder, if it is a lab's; its marker goes last, so that an interrupted removal can be repeated."""
        for name in os.listdir(self.folder):
            path = self.path(name)
            if name == MARKER:
                continue
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        os.unlink(self.path(MARKER))
        os.rmdir(self.folder)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lab: no other up, down or wipe works on it meanwhile. Raises Failure when one does."""
        descriptor = os.open(self.path(MARKER), os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise Failure(
                f"another command is working on the lab in {self.folder}", mend="wait for it to end, then try again"
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def is_done(self, step: str, what: str = "") -> bool:
        """Whether `step` was done to the end, for exactly `what` (a digest of what it depends on)."""
        return read(self.path("done", step)) == f"{what}\n"

    def mark_done(self, step: str, what: str = "") -> None:
        """Note that `step` is done for `what`."""
        write(self.path("done", step), f"{what}\n")

    def undo(self, step: str) -> None:
        """Note that `step` is to be done again."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("done", step))

    def record(self) -> dict[str, Any]:
        """What `lab.json` says; empty when there is none."""
        text = read(self.path("lab.json"))
        return dict(json.loads(text)) if text else {}

    def passwords(self) -> dict[str, str]:
        """This lab's own passwords, made at random once and kept for its owner alone."""
        known: dict[str, str] = json.loads(read(self.path("passwords.json")) or "{}")
        missing = [name for name in _SECRETS if name not in known]
        if missing:
            known |= {name: secrets.token_hex(16) for name in missing}
            write(self.path("passwords.json"), json.dumps(known, indent=2) + "\n", mode=0o600)
        return known


def read(path: str) -> str:
    """The text of a file, empty when it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def write(path: str, text: str, *, mode: int = 0o600) -> None:
    """Replace a file at once: a reader sees the old text or the new, also after a crash. Makes its folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = f"{path}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
