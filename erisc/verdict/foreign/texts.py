"""Files of foreign tools as text: plain, gzip or xz, read piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from erisc.base.failure import WRONG_CALL, Failure

MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7": "lzma"}
"""The first two bytes of a compressed file, and the module that reads it."""


def shown(path: str) -> str:
    """A file's name as losses and notes give it: where it lies is no business of the verdict's."""
    return os.path.basename(path)


@contextmanager
def opened(path: str) -> Iterator[IO[str]]:
    """The text of a file; what is not UTF-8 in it is replaced. Raises Failure when it cannot be opened."""
    try:
        with open(path, "rb") as file:
            kind = MAGIC.get(file.read(2), "")
        text = _packed(kind, path) if kind else open(path, encoding="utf-8-sig", errors="replace")  # noqa: SIM115
    except OSError as error:
        raise Failure(
            f"{path} cannot be read: {error.strerror or error}", mend="name a file that is there", exit_code=WRONG_CALL
        ) from error
    with text:
        yield text


def _packed(module: str, path: str) -> IO[str]:
    from importlib import import_module

    text: IO[str] = import_module(module).open(path, "rt", encoding="utf-8-sig", errors="replace")
    return text


def pieces(text: IO[str], size: int) -> Iterator[str]:
    """The text in pieces. It ends where a compressed file is cut off or damaged, like one that was cut off plainly."""
    while True:
        try:
            piece = text.read(size)
        except (EOFError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            return
        except Exception as error:  # lzma.LZMAError and zlib.error share no base class
            if type(error).__name__ not in ("LZMAError", "error"):
                raise
            return
        if not piece:
            return
        yield piece
