"""Files to text."""

from __future__ import annotations

import os
from collections.abc import Mapping

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
    nowhere = Span(name, 1, 1, 1, 1)
    try:
        data = _data(path, texts)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        findings.add(
            "E0105", f"cannot read {path}: {why}", nowhere, help="name a spec file, e.g. `erisc lint quickstart.eris`"
        )
        return None
    if len(data) > MAX_BYTES:
        findings.add(
            "E0106",
            f"the file is larger than {MAX_BYTES // 1024} KiB",
            nowhere,
            help="split the spec, or is this a spec?",
        )
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
    return Source(name, text.removeprefix("\ufeff").replace("\r\n", "\n"))


def _data(path: str, texts: Texts) -> bytes:
    """At most one byte more than a spec may have. Raises OSError, ValueError."""
    given = texts.get(os.path.abspath(path)) if texts else None
    if given is not None:
        return given[: MAX_BYTES + 1]
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)
