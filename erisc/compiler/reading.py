"""Files to text."""

from __future__ import annotations

import errno
import os
import stat
from _collections_abc import Mapping  # not what imports all of `collections`

from erisc.compiler.plan import Span
from erisc.compiler.source import Findings, Source

MAX_BYTES = 2 * 1024 * 1024
"""Of one spec file."""

Texts = Mapping[str, bytes]
"""Absolute path -> what to read there in place of the file: an editor's unsaved text, standard input."""

NO_TEXTS: Texts = {}


def read(path: str, findings: Findings, texts: Texts = NO_TEXTS) -> Source | None:
    """The text of a spec file; None when it cannot be one."""
    name = os.path.basename(path)
    return read_as(name, path, findings, texts)


def read_as(name: str, path: str, findings: Findings, texts: Texts = NO_TEXTS) -> Source | None:
    """The text of a file, under the name that spans carry."""
    data = read_data(name, path, findings, texts)
    return None if data is None else source_of(name, data, findings)


def read_data(name: str, path: str, findings: Findings, texts: Texts = NO_TEXTS) -> bytes | None:
    """The bytes of a file, at most one more than a spec may have; None when it cannot be read."""
    try:
        return _data(path, texts)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        help_ = "name a spec file, e.g. `erisc lint quickstart.eris`"
        findings.add("E0105", f"cannot read {path}: {why}", Span(name, 1, 1, 1, 1), help=help_)
        return None


def source_of(name: str, data: bytes, findings: Findings) -> Source | None:
    """The text in the bytes of a spec file; None when they are no text."""
    if len(data) > MAX_BYTES:
        nowhere, help_ = Span(name, 1, 1, 1, 1), "split the spec, or is this a spec?"
        findings.add("E0106", f"the file is larger than {MAX_BYTES // 1024} KiB", nowhere, help=help_)
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        head = Source(name, data[: error.start].decode("utf-8"))
        span = head.between(len(head.text), len(head.text))
        findings.add("E0107", f"byte {data[error.start]:#04x} is not UTF-8", span, help="save the file as UTF-8")
        return None
    if "\0" in text:
        source = Source(name, text)
        at = text.index("\0")
        findings.add(
            "E0107", "there is a NUL byte in the file", source.between(at, at + 1), help="is this a text file?"
        )
        return None
    return Source(name, normal(text))


def normal(text: str) -> str:
    """The text as it is parsed: without a byte order mark, its lines ended by line feeds."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _data(path: str, texts: Texts) -> bytes:
    """Raises OSError, ValueError."""
    given = texts.get(os.path.abspath(path)) if texts else None
    if given is not None:
        return given[: MAX_BYTES + 1]
    # Opening a pipe nobody writes to would wait for ever.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            raise OSError(code, os.strerror(code) if stat.S_ISDIR(mode) else "it is no regular file")
        return _all(file)
    finally:
        os.close(file)


def _all(file: int) -> bytes:
    parts, room = [], MAX_BYTES + 1
    while room and (part := os.read(file, room)):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)
