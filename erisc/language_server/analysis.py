"""All that is known about a text: what the compiler found, its names, and where each of them stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property

from erisc.base.home import data_file
from erisc.compiler import ast, lint_spec
from erisc.compiler.imports import resolve
from erisc.compiler.library import builtin
from erisc.compiler.pipeline import Compilation
from erisc.compiler.program import LIBRARY, Declared, Program
from erisc.compiler.reading import read
from erisc.compiler.source import Findings, Source, TooManyError
from erisc.compiler.syntax import Parsed, parse
from erisc.language_server.occurrences import Key, Occurrence, occurrences
from erisc.reference.library import module_names, source_of


class Place:
    """A stretch of a file. path: absolute. start, end: characters."""

    def __init__(self, path: str, text: str, start: int, end: int) -> None:
        self.path = path
        self.text = text
        self.start = start
        self.end = end


class Analysis:
    """A spec as a root. texts: unsaved ones by absolute path, its own included."""

    def __init__(self, path: str, texts: Mapping[str, bytes]) -> None:
        self.path = path
        self.texts = texts
        self.folder = os.path.dirname(path)
        self.name = os.path.basename(path)

    @cached_property
    def compilation(self) -> Compilation:
        """What `erisc lint` would say."""
        return lint_spec(self.path, texts=self.texts)

    @cached_property
    def source(self) -> Source:
        """The spec's own text, as the compiler reads it; empty when it cannot be read."""
        return read(self.path, Findings(), self.texts) or Source(self.name, "")

    @cached_property
    def program(self) -> Program:
        """All names, those of imports included."""
        try:
            program = resolve(self.source, self.folder, Findings(), self.texts)
        except TooManyError:
            program = Program(self.source, self.folder, self.texts)
        # What is there without an import, also before the text mentions any of it.
        for name in ("tables", "events", "sources"):
            builtin(program, name, Findings())
        return program

    @cached_property
    def trees(self) -> dict[str, Parsed]:
        """The files of the spec by name, without the standard library's."""
        own = {name: text for name, text in self.program.sources.items() if not name.startswith(LIBRARY)}
        own.setdefault(self.name, self.source.text)
        return {name: parse(Source(name, text), Findings()) for name, text in own.items()}

    @cached_property
    def found(self) -> dict[str, list[Occurrence]]:
        """File -> its occurrences."""
        return {name: occurrences(self.program, parsed) for name, parsed in self.trees.items()}

    def at(self, offset: int) -> Occurrence | None:
        """What is named at a place of the spec's own text; also right behind its last character."""
        own = self.found[self.name]
        return next((one for one in own if one.start <= offset <= one.end), None)

    def path_of(self, file: str) -> str:
        """The absolute path of a file by its name in spans."""
        if file.startswith(LIBRARY):
            return data_file("stdlib", *file.removeprefix(LIBRARY).split("/")) + ".eris"
        return os.path.normpath(os.path.join(self.folder, file))

    def references(self, key: Key) -> list[Place]:
        """Every place that names a thing, its declaration included, in the spec and the files beside it."""
        return [
            Place(self.path_of(file), self.trees[file].source.text, one.start, one.end)
            for file, found in self.found.items()
            for one in found
            if one.key == key
        ]

    def definitions(self, key: Key) -> list[Place]:
        """Where a thing is declared, also in the standard library."""
        own = [
            Place(self.path_of(file), self.trees[file].source.text, one.start, one.end)
            for file, found in self.found.items()
            for one in found
            if one.key == key and one.definition
        ]
        return own or [self._place(source, node) for source, node in self._library(key)]

    def declared(self, name: str) -> tuple[str, Declared] | None:
        """The kind and declaration of a name at the top."""
        for kind, names in self.program.names.items():
            if name in names:
                return kind, names[name]
        return None

    def inherited(self, name: str) -> bool:
        """Whether an architecture of the library has a host set, service or network of the name."""
        texts = [declared for declared in self._architectures() if declared.source.name.startswith(LIBRARY)]
        return any(item.name.text == name for declared in texts for item in declared.node.items)

    def _place(self, source: Source, node: ast.Node) -> Place:
        return Place(self.path_of(source.name), source.text, node.start, node.end)

    def _library(self, key: Key) -> list[tuple[Source, ast.Node]]:
        kind, name = key[0], key[-1]
        names = self.program.names
        if kind in ("top", "event", "source"):
            found = self.declared(name) if kind == "top" else None
            declared = found[1] if found else names[kind].get(name) if kind != "top" else None
            return [(declared.source, declared.node.name)] if declared else []
        if kind == "column" and key[1] in names["table"]:
            table = names["table"][key[1]]
            return [(table.source, column.name) for column in table.node.columns if column.name.text == name]
        if kind in ("host", "service", "link"):
            return [
                (declared.source, item.name)
                for declared in self._architectures()
                for item in declared.node.items
                if item.name.text == name
            ][:1]
        if kind == "image":
            return _image(name)
        if kind == "module":
            return self._module(name)
        return self._file(name) if kind == "file" else []

    def _architectures(self) -> list[Declared]:
        """Those of the program, and those that they extend."""
        return list(self.program.names["architecture"].values())

    def _module(self, name: str) -> list[tuple[Source, ast.Node]]:
        file = LIBRARY + "/".join(name.split(".")[1:])
        known = self.program.sources.get(file)
        source = Source(file, known) if known is not None else source_of(name) if name in module_names() else None
        return [(source, ast.Node(0, 0))] if source else []

    def _file(self, name: str) -> list[tuple[Source, ast.Node]]:
        text = self.program.sources.get(name)
        return [(Source(name, text), ast.Node(0, 0))] if text is not None else []


def _image(name: str) -> list[tuple[Source, ast.Node]]:
    source = source_of("std.images")
    statements = parse(source, Findings()).statements
    return [(source, one.name) for one in statements if isinstance(one, ast.Image) and one.name.text == name]
