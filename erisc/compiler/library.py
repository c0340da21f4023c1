"""The standard library: its modules, each parsed once, and what they declare."""

from __future__ import annotations

import os
import re
from typing import Any

from erisc.base.home import data_file
from erisc.compiler import ast
from erisc.compiler.program import LIBRARY, Declared, Program
from erisc.compiler.reading import read_as
from erisc.compiler.source import Findings, Source
from erisc.compiler.syntax import Parsed, parse

IMPORTED = (ast.Architecture, ast.Action, ast.Load, ast.Image)
"""What a spec imports. Tables, events and sources of metrics are there without."""

_LOOSE = (("faults",),)
"""Modules so long that a spec should not pay for what it does not import, without references between declarations."""
_DECLARED = re.compile(r"^(?!edition)\w+ (\w+)", re.MULTILINE)
_INK = re.compile(r"[^\n]+")
_MODULE = re.compile(r"[a-z0-9_]+")
_MODULES = ("faults", "load", "images")
_KINDS = {ast.MetricSource: "source"}


def module(program: Program, words: tuple[str, ...], findings: Findings, names: tuple[str, ...] = ()) -> Parsed | None:
    """A module of the standard library, parsed; None when there is none of the name.

    names: what is wanted of it; of a module whose declarations stand for themselves, only these are parsed.
    """
    wanted = names if words in _LOOSE else ()
    key = (*words, ":", *wanted)
    if key not in program.modules:
        program.modules[key] = _parsed(program, words, findings, wanted)
    return program.modules[key]


def _parsed(program: Program, words: tuple[str, ...], findings: Findings, names: tuple[str, ...]) -> Parsed | None:
    if not all(_MODULE.fullmatch(word) for word in words) or len(words) > 3:
        return None
    path = data_file("stdlib", *words) + ".eris"
    if not os.path.isfile(path):
        return None
    source = read_as(LIBRARY + "/".join(words), path, findings)
    if source is None:
        return None
    program.sources[source.name] = source.text
    found = parse(Source(source.name, _only(source.text, names)), findings)
    return Parsed(source, found.statements, found.lost)


def _only(text: str, names: tuple[str, ...]) -> str:
    """The text with blanks in place of all declarations but these; whole when one of them is missing."""
    starts = [(match.start(), match[1]) for match in _DECLARED.finditer(text)]
    if not names or not {name for _, name in starts}.issuperset(names):
        return text
    kept, end = [text[: starts[0][0]]], [start for start, _ in starts[1:]] + [len(text)]
    for (start, name), stop in zip(starts, end, strict=True):
        chunk = text[start:stop]
        kept.append(chunk if name in names else _INK.sub(lambda line: " " * len(line[0]), chunk))
    return "".join(kept)


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
    parsed = module(program, (name,), findings)
    for statement in parsed.statements if parsed else ():
        if isinstance(statement, ast.Table | ast.Event | ast.MetricSource):
            program.names[kind_of(statement)][statement.name.text] = Declared(statement, parsed.source)  # type: ignore[union-attr]


def kind_of(statement: Any) -> str:
    """The kind of a declaration, its keyword."""
    return _KINDS.get(type(statement)) or type(statement).__name__.lower()


def _architectures() -> list[str]:
    try:
        names = os.listdir(data_file("stdlib", "arch"))
    except OSError:
        return []
    return sorted(name.removesuffix(".eris") for name in names if name.endswith(".eris"))
