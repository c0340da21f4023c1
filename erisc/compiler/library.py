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

_MODULE = re.compile(r"[a-z0-9_]+")
_MODULES = ("faults", "load", "images")
_KINDS = {ast.MetricSource: "source"}


def module(program: Program, words: tuple[str, ...], findings: Findings) -> Parsed | None:
    """A module of the standard library, parsed; None when there is none of the name."""
    if words not in program.modules:
        program.modules[words] = _parsed(program, words, findings)
    return program.modules[words]


def _parsed(program: Program, words: tuple[str, ...], findings: Findings) -> Parsed | None:
    if not all(_MODULE.fullmatch(word) for word in words) or len(words) > 3:
        return None
    path = data_file("stdlib", *words) + ".eris"
    if not os.path.isfile(path):
        return None
    source = read_as(LIBRARY + "/".join(words), path, findings)
    if source is None:
        return None
    program.sources[source.name] = source.text
    return parse(source, findings)


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
    """Declare what a module has and a spec need not import: tables, sources of metrics."""
    parsed = module(program, (name,), findings)
    for statement in parsed.statements if parsed else ():
        if isinstance(statement, ast.Table | ast.MetricSource):
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
