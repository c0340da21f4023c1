"""Which file an import means. It is beside the spec or below it, whatever links say."""

from __future__ import annotations

import os

from erisc.compiler.constants import unquote
from erisc.compiler.plan import Span
from erisc.compiler.reading import Texts, read_as
from erisc.compiler.source import Findings, Source

MAX_FILES = 64
MAX_DEPTH = 16
MAX_LENGTH = 200
"""Characters of a path."""


class Chain:
    """Who imports whom, from the spec on: names as spans carry them."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def longer(self, name: str) -> Chain:
        """With one more at its end."""
        return Chain(*self.names, name)

    def note(self, name: str = "") -> str:
        """For a message: `spec.eris -> common.eris`; "" when the spec itself imports."""
        names = (*self.names, name) if name else self.names
        return " -> ".join(names) if len(names) > 1 else ""

    def circle(self, name: str, span: Span, findings: Findings) -> None:
        """Report a file that imports itself, over others or not."""
        around = Chain(*self.names[self.names.index(name) :]).longer(name)
        note = " -> ".join(around.names)
        findings.add("E0215", f"`{name}` imports itself", span, note=note, help="move what both need to a third file")


def find_file(folder: str, importer: str, literal: str, span: Span, chain: Chain, findings: Findings) -> str | None:
    """The name of the file, relative to the spec's folder; None when the path may not be taken."""
    path = unquote(literal)
    why = _bad_path(path)
    if why:
        help_ = 'an import names a file beside the spec or below it: import "common.eris"'
        findings.add("E0206", f"this path cannot be imported: {why}", span, help=help_, note=chain.note())
        return None
    name = f"{importer.rpartition('/')[0]}/{path}".removeprefix("/")
    if name.startswith("std/"):
        help_ = "rename the folder; the library is imported as `import std.faults`"
        findings.add("E0206", "the folder `std` is the standard library's", span, help=help_)
        return None
    real, base = os.path.realpath(os.path.join(folder, name)), os.path.realpath(folder)
    if os.path.commonpath((real, base)) != base:
        help_ = "put the file itself beside the spec"
        findings.add("E0206", f"`{name}` is a link that leaves the spec's folder", span, help=help_, note=chain.note())
        return None
    return name


def _bad_path(path: str) -> str:
    parts = path.split("/")
    if path.startswith(("/", "~")) or ".." in parts or "\\" in path or path[1:2] == ":":
        return "an import cannot leave the spec's folder"
    if not path.endswith(".eris"):
        return "its name does not end in `.eris`"
    if any(part in ("", ".") for part in parts) or not path.isprintable() or len(path) > MAX_LENGTH:
        return "it is no plain path"
    return ""


def read_import(
    folder: str, name: str, span: Span, chain: Chain, count: int, texts: Texts, findings: Findings
) -> Source | None:
    """The text of an imported file; None when there is none. count: files so far."""
    if len(chain.names) > MAX_DEPTH or count >= MAX_FILES:
        what = f"imports go deeper than {MAX_DEPTH} files" if count < MAX_FILES else f"more than {MAX_FILES} files"
        findings.add("E0216", what, span, note=chain.note() if count < MAX_FILES else "", help="put some together")
        return None
    path = os.path.join(folder, name)
    if os.path.abspath(path) not in texts and not os.path.isfile(path):
        why = "it is a folder" if os.path.isdir(path) else "it is no file" if os.path.lexists(path) else "no such file"
        findings.add("E0216", f"cannot import {name}: {why}", span, note=chain.note(name), help=_nearby(folder, name))
        return None
    quiet = Findings()
    source = read_as(name, path, quiet, texts)
    for found in quiet.sorted():
        code = "E0216" if found.code == "E0105" else found.code
        labels = [] if code == "E0216" else [(found.span, "here")]
        findings.add(code, f"cannot import {name}: {found.summary}", span, note=chain.note(name), labels=labels)
    return source


def _nearby(folder: str, name: str) -> str:
    from erisc.compiler.source import did_you_mean

    where, _, last = name.rpartition("/")
    try:
        there = [one for one in os.listdir(os.path.join(folder, where)) if one.endswith(".eris")]
    except OSError:
        return ""
    return did_you_mean(last, there[:1000])
