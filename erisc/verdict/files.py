"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from erisc.base.failure import Failure


@contextmanager
def replacing(path: str) -> Iterator[str]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends well, else it is removed.

    Raises Failure when the disk or the rights do not allow it.
    """
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        yield beside
        os.replace(beside, path)
    except OSError as error:
        raise Failure(
            f"{path} cannot be written: {error.strerror}", mend="free some space or choose another directory"
        ) from error
    finally:
        with suppress(OSError):
            os.unlink(beside)


def write(path: str, content: bytes) -> None:
    """Put `content` at `path`, durably."""
    with replacing(path) as beside, open(beside, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
