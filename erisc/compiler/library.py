"""The standard library: its modules, each read once, and what they declare.

A module whose declarations stand for themselves is parsed as far as it is asked for: a spec pays for the tables that it
reads and the actions that it imports.
"""

from __future__ import annotations

import os

from erisc.base.failure import Failure
from erisc.base.home import data_file
from erisc.compiler import ast
from erisc.compiler.program import LIBRARY, Declared, Program
from erisc.compiler.reading import read_as
from erisc.compiler.source import Findings, Source
from erisc.compiler.syntax import Parsed, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

IMPORTED = (ast.Architecture, ast.Action, ast.Load, ast.Image)
"""What a spec imports. Tables, events and sources of metrics are there without."""

_LOOSE = (("faults",), ("load",))
"""Modules of which only what is imported is parsed: without references between declarations."""
_BUILTIN = ("table", "event", "source")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_MODULES = ("faults", "load", "images")
_KINDS = {ast.MetricSource: "source", ast.Part: "workload"}


def module(program: Program, words: tuple[str, ...], findings: Findings, names: tuple[str, ...] = ()) -> Parsed | None:
    """A module of the standard library, parsed; None when there is none of the name.

    names: what is wanted of it; of a module whose declarations stand for themselves, only these are parsed.
    """
    wanted = names if words in _LOOSE else ()
    key = (*words, ":", *wanted)
    if key not in program.modules:
        program.modules[key] = _parsed(program, words, findings, wanted)
    return program.modules[key]


class Shelved(Declared):
    """A declaration of the standard library that is parsed when its node is asked for."""

    def __init__(self, source: Source, name: str) -> None:
        vars(self).update(source=source, name=name)

    def __getattr__(self, name: str) -> Any:
        if name != "node":
            raise AttributeError(name)
        found = parse(Source(self.source.name, _only(self.source.text, (self.name,))), Findings()).statements
        if not found:
            raise Failure(f"this installation of erisc is damaged: {self.source.name}", mend="install erisc again")
        vars(self)["node"] = found[-1]
        return found[-1]


def _parsed(program: Program, words: tuple[str, ...], findings: Findings, names: tuple[str, ...]) -> Parsed | None:
    source = _read(program, words, findings)
    if source is None:
        return None
    found = parse(Source(source.name, _only(source.text, names)), findings)
    return Parsed(source, found.statements, found.lost)


def _read(program: Program, words: tuple[str, ...], findings: Findings) -> Source | None:
    """The text of a module; None when there is none of the name."""
    if len(words) > 3 or not all(word and _LETTERS.issuperset(word) for word in words):
        return None
    path = data_file("stdlib", *words) + ".eris"
    if not os.path.isfile(path):
        return None
    source = read_as(LIBRARY + "/".join(words), path, findings)
    if source is not None:
        program.sources[source.name] = source.text
    return source


def _only(text: str, names: tuple[str, ...]) -> str:
    """The text with blanks in place of all declarations but these; whole when one of them is missing."""
    starts = [(start, name) for start, _, name in _declarations(text)]
    if not names or not {name for _, name in starts}.issuperset(names):
        return text
    kept, end = [text[: starts[0][0]]], [start for start, _ in starts[1:]] + [len(text)]
    for (start, name), stop in zip(starts, end, strict=True):
        kept.append(text[start:stop] if name in names else _blank(text[start:stop]))
    return "".join(kept)


def _declarations(text: str) -> list[tuple[int, str, str]]:
    """Start, keyword and name of all declarations: what begins in column one, as the library is written."""
    found, start = [], 0
    for line in text.split("\n"):
        keyword, _, rest = line.partition(" ")
        if keyword.isidentifier() and keyword != "edition":
            found.append((start, keyword, rest.partition("(")[0].partition(" ")[0]))
        start += len(line) + 1
    return found


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def modules() -> list[str]:
    """The modules that a spec can import, `std.faults`, `std.arch.single`, …"""
    return [*(f"std.{name}" for name in _MODULES), *(f"std.arch.{name}" for name in _architectures())]


def offered_by_library(kind: str) -> dict[str, str]:
    """Name -> module of everything of a kind in the standard library, e.g. {"kill": "std.faults"}."""
    quiet, reader = Findings(), Program(Source("", ""))
    found: dict[str, str] = {}
    for name in modules():
        parsed = module(reader, tuple(name.split(".")[1:]), quiet)
        for statement in parsed.statements if parsed else ():
            if isinstance(statement, IMPORTED) and kind_of(statement) == kind:
                found[statement.name.text] = name
    return found


def builtin(program: Program, name: str, findings: Findings) -> None:
    """Declare what a module has and a spec need not import: tables, events, sources of metrics."""
    source = _read(program, (name,), findings)
    for _, kind, declared in _declarations(source.text) if source else ():
        if source and kind in _BUILTIN:
            program.names[kind][declared] = Shelved(source, declared)


def kind_of(statement: Any) -> str:
    """The kind of a declaration, its keyword."""
    return _KINDS.get(type(statement)) or type(statement).__name__.lower()


def _architectures() -> list[str]:
    try:
        names = os.listdir(data_file("stdlib", "arch"))
    except OSError:
        return []
    return sorted(name.removesuffix(".eris") for name in names if name.endswith(".eris"))
