"""The standard library as something to read: what it declares, with the comments beside it."""

from __future__ import annotations

import os

from erisc.base.home import data_file
from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.library import kind_of, modules
from erisc.compiler.reading import read_as
from erisc.compiler.source import Findings, Source
from erisc.compiler.syntax import parse
from erisc.reference.comments import above, behind

_WITHOUT_IMPORT = ("tables", "events", "sources")


@record
class Part:
    """A column, node set or service of an entry. type: of a column; what it says in the text for others."""

    name: str
    type: str
    doc: str


@record
class Entry:
    """A declaration. module: `std.faults`. head: the declaration up to its block. parts: columns, nodes, services."""

    name: str
    kind: str
    module: str
    head: str
    doc: str
    parts: tuple[Part, ...]


def module_names() -> list[str]:
    """All modules, also those that a spec need not import."""
    names = [f"std.{name}" for name in _WITHOUT_IMPORT if os.path.isfile(_path(f"std.{name}"))]
    return [name for name in modules() if os.path.isfile(_path(name))] + names


def entries(module: str) -> tuple[Entry, ...]:
    """What a module declares, in its order."""
    source = source_of(module)
    parsed = parse(source, Findings())
    found = [s for s in parsed.statements if not isinstance(s, ast.Edition | ast.Seed | ast.ImportStd | ast.ImportFile)]
    return tuple(_entry(statement, module, source) for statement in found)


def about(module: str) -> str:
    """The comment at the top of a module."""
    return above(source_of(module).text, source_of(module).text.find("edition "))


def source_of(module: str) -> Source:
    """A module's text under the name that spans carry, `std:arch/single`. Raises OSError when there is none."""
    name = "std:" + "/".join(module.split(".")[1:])
    found = read_as(name, _path(module), Findings())
    if found is None:
        raise OSError(f"there is no module {module}")
    return found


def _path(module: str) -> str:
    return data_file("stdlib", *module.split(".")[1:]) + ".eris"


def _entry(statement: ast.Statement, module: str, source: Source) -> Entry:
    text = source.text
    head = text[statement.start : _head_end(statement, text)]
    name = statement.name.text  # type: ignore[union-attr]
    return Entry(
        name,
        kind_of(statement),
        module,
        " ".join(head.split()),
        above(text, statement.start),
        _parts(statement, source),
    )


def _head_end(statement: ast.Statement, text: str) -> int:
    block = text.find("{", statement.start, statement.end)
    return statement.end if block < 0 else block


def _parts(statement: ast.Statement, source: Source) -> tuple[Part, ...]:
    text = source.text
    if isinstance(statement, ast.Table):
        return tuple(Part(one.name.text, one.type.text, behind(text, one.end)) for one in statement.columns)
    items = statement.items if isinstance(statement, ast.Architecture) else ()
    return tuple(Part(item.name.text, source.quote(item), behind(text, item.end)) for item in items)
