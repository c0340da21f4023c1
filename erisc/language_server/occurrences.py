"""Every place in a file where something is named, and what it is that is named there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from erisc.base.record import fields, is_record, record, replace
from erisc.compiler import ast
from erisc.compiler.program import Program
from erisc.compiler.source import Source
from erisc.compiler.syntax import Parsed

Key = tuple[str, ...]
"""What is named: ("top", NAME) for a declaration of any kind; ("stage", WORKLOAD, NAME), ("resource", TOPOLOGY, NAME),
("column", TABLE, NAME), ("variable", LIMIT, NAME); (KIND, NAME) for a fault, host, service, link, function, event,
source, type, module, file, label, selector or image of the library."""


@record
class Occurrence:
    """A name at a place; offsets in characters, the end exclusive. definition: it is declared here."""

    start: int
    end: int
    key: Key
    definition: bool


@record
class Scope:
    """What a bare name may be, beside what is declared at the top.

    of: `value`, `formula`, `fault` or `resource`. table: whose columns; topology, limit: whose parts.
    """

    of: str = "value"
    table: str = ""
    topology: str = ""
    limit: str = ""


def occurrences(program: Program, parsed: Parsed) -> list[Occurrence]:
    """All of a file, in the order of the text."""
    walker = _Walker(program, parsed.source)
    for statement in parsed.statements:
        walker.statement(statement)
    return sorted(walker.found, key=lambda one: one.start)


class _Walker:
    def __init__(self, program: Program, source: Source) -> None:
        self.program = program
        self.source = source
        self.found: list[Occurrence] = []

    def add(self, word: ast.Node, *key: str, definition: bool = False) -> None:
        self.found.append(Occurrence(word.start, word.end, key, definition))

    def top(self, *words: ast.Word | None) -> None:
        for word in words:
            if word is not None:
                self.add(word, "top", word.text)

    def statement(self, node: Any) -> None:
        name = getattr(node, "name", None)
        if isinstance(name, ast.Word):
            self.add(name, "top", name.text, definition=True)
        visit = _STATEMENTS.get(type(node))
        if visit is not None:
            visit(self, node)

    # --- statements ---

    def import_std(self, node: ast.ImportStd) -> None:
        self.add(node.path, "module", node.path.text)
        self.top(*(node.names.words if node.names else ()))

    def import_file(self, node: ast.ImportFile) -> None:
        self.add(node.path, "file", node.path.text.strip('"'))
        self.top(*(node.names.words if node.names else ()))

    def param(self, node: ast.Param) -> None:
        self.add(node.type, "type", node.type.text)
        self.parts((node.default, node.range), Scope())

    def architecture(self, node: ast.Architecture) -> None:
        self.top(node.base)
        for item in node.items:
            kind = {ast.NodeSet: "host", ast.Service: "service"}.get(type(item), "link")
            self.add(item.name, kind, item.name.text, definition=True)
            if isinstance(item, ast.Service):
                self.add(item.on, "host", item.on.text)
            self.parts((getattr(item, "count", None), item.block), Scope())

    def topology(self, node: ast.Topology) -> None:
        self.top(node.on)
        scope = Scope("resource", topology=node.name.text)
        for item in node.items:
            if isinstance(item, ast.Place):
                self.parts(item.what.arguments, scope)
                continue
            self.add(item.name, "resource", node.name.text, item.name.text, definition=True)
            self.parts((getattr(item, "count", None), item.block), scope)

    def workload(self, node: ast.Workload) -> None:
        self.top(node.on, node.beside)
        self.part(node.after, Scope())
        for item in node.items:
            if isinstance(item, ast.Run):
                self.part(item.share, Scope())
                self.top(item.call.function.word)
                self.parts((item.call.arguments, item.block), Scope("resource"))
                if item.name is not None:
                    self.add(item.name, "top", item.name.text, definition=True)
            elif isinstance(item, ast.Think):
                self.part(item.time, Scope())
            elif not isinstance(item, ast.Arrivals):
                self.stage(node, item)

    def stage(self, node: ast.Workload, item: ast.Ramp | ast.Hold | ast.Step) -> None:
        if item.name is not None:
            self.add(item.name, "stage", node.name.text, item.name.text, definition=True)
        self.parts(tuple(getattr(item, name) for name in fields(item) if name != "name"), Scope())

    def faults(self, node: ast.Faults) -> None:
        self.top(node.on)
        for row in node.allowances:
            self.add(row.nodes, "host", row.nodes.text)
            if not (isinstance(row.most, ast.Name) and row.most.word.text == "all"):
                self.part(row.most, Scope())
        for item in node.items:
            self.add(item.name, "fault", item.name.text, definition=True)
            if isinstance(item.trigger, ast.AtIteration):
                self.top(item.trigger.workload)
            self.parts((item.trigger, item.effects), Scope("fault"))

    def kpi(self, node: ast.Kpi) -> None:
        self.add(node.type, "type", node.type.text)
        self.part(node.formula, Scope("formula"))
        table = next(
            (found.key[1] for found in self.found if found.key[0] == "column" and found.start > node.start), ""
        )
        for word in node.by.words if node.by else ():
            self.add(word, "column", table or "iterations", word.text)

    def slo(self, node: ast.Slo) -> None:
        self.parts((node.left, node.right, node.clauses), Scope())

    def experiment(self, node: ast.Experiment) -> None:
        for item in node.items:
            if isinstance(item, ast.Use | ast.Check):
                self.top(*item.names.words)
            elif isinstance(item, ast.SweepList | ast.SweepRange):
                self.top(item.param)
                self.parts(tuple(getattr(item, name) for name in fields(item) if name != "param"), Scope())
            else:
                self.part(item, Scope())

    def limit(self, node: ast.Limit) -> None:
        self.add(node.variable, "variable", node.name.text, node.variable.text, definition=True)
        scope = Scope(limit=f"{node.name.text} {node.variable.text}")
        self.call_of_experiment(node.load, scope)
        self.parts((node.range, node.conditions), scope)

    def suite(self, node: ast.Suite) -> None:
        for item in node.items:
            for run in item.runs if isinstance(item, ast.SuiteRun) else ():
                if isinstance(run, ast.Call):
                    self.call_of_experiment(run, Scope())
                else:
                    self.part(run, Scope())
            if isinstance(item, ast.Budget):
                self.part(item.time, Scope())

    def call_of_experiment(self, node: ast.Call, scope: Scope) -> None:
        """`broker_crash(computes = 10)`: the names of the arguments are parameters."""
        self.top(node.function.word)
        for argument in node.arguments:
            if isinstance(argument, ast.Named):
                self.top(argument.name)
            self.part(argument.value if isinstance(argument, ast.Named) else argument, scope)

    def metric(self, node: ast.Metric) -> None:
        self.add(node.type, "type", node.type.text)
        self.add(node.source.function.word, "source", node.source.function.word.text)
        self.parts((node.source.arguments, node.every), Scope())
        for word in node.by.words if node.by else ():
            self.add(word, "column", node.name.text, word.text, definition=True)

    def image(self, node: ast.Image) -> None:
        self.part(node.block, Scope())

    def table(self, node: ast.Table) -> None:
        for column in node.columns:
            self.add(column.name, "column", node.name.text, column.name.text, definition=True)
            self.add(column.type, "type", column.type.text)

    # --- expressions ---

    def parts(self, nodes: Iterable[Any], scope: Scope) -> None:
        for node in nodes:
            self.part(node, scope)

    def part(self, node: Any, scope: Scope) -> None:
        visit = _PARTS.get(type(node))
        if visit is not None:
            visit(self, node, scope)
        elif isinstance(node, tuple):
            self.parts(node, scope)
        elif is_record(node) and not isinstance(node, ast.Word):
            self.parts((getattr(node, name) for name in fields(node)), scope)

    def name(self, node: ast.Name, scope: Scope) -> None:
        word, text = node.word, node.word.text
        limit, _, variable = scope.limit.partition(" ")
        if scope.table:
            self.add(word, "column", scope.table, text)
        elif variable == text:
            self.add(word, "variable", limit, text)
        elif scope.of == "resource" and (topology := self.topology_of(text, scope)):
            self.add(word, "resource", topology, text)
        elif text in self.program.owners or text in self.program.names["table"]:
            self.add(word, "top", text)
        elif scope.of == "resource" and self.is_link(text):
            self.add(word, "link", text)
        elif scope.of == "fault":
            self.add(word, self.kind_in_fault(text), text)

    def topology_of(self, text: str, scope: Scope) -> str:
        names = self.program.names["topology"]
        having = [
            name
            for name, declared in names.items()
            if any(getattr(item, "name", None) and item.name.text == text for item in declared.node.items)
        ]
        if scope.topology:
            return scope.topology if scope.topology in having else ""
        return having[0] if len(having) == 1 else ""

    def is_link(self, text: str) -> bool:
        names = self.program.names["architecture"].values()
        return any(isinstance(item, ast.Link) and item.name.text == text for one in names for item in one.node.items)

    def kind_in_fault(self, text: str) -> str:
        for declared in self.program.names["faults"].values():
            if any(item.name.text == text for item in declared.node.items):
                return "fault"
        for declared in self.program.names["architecture"].values():
            for item in declared.node.items:
                if item.name.text == text:
                    return "host" if isinstance(item, ast.NodeSet) else "service"
        return "host"

    def attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if isinstance(node.of, ast.Name) and node.of.word.text == "images":
            self.add(node.of.word, "module", "std.images")
            self.add(node.name, "image", node.name.text)
            return
        self.part(node.of, scope)
        table = self.table_of(node.of)
        if table:
            self.add(node.name, "column", table, node.name.text)
        elif isinstance(node.of, ast.Name):
            self.add(node.name, "resource", node.of.word.text, node.name.text)

    def pick(self, node: ast.Pick, scope: Scope) -> None:
        self.part(node.of, scope)
        table = self.table_of(node.of)
        for one in node.filters:
            left = one.left if isinstance(one, ast.Comparison) else one
            if isinstance(left, ast.Name):
                key = ("column", table) if table else ("label",)
                self.add(left.word, *key, left.word.text)
            if isinstance(one, ast.Comparison):
                self.part(one.right, scope)

    def table_of(self, node: ast.Node) -> str:
        """The table behind rows: `boot[ok]` is of `iterations`, `api` of itself."""
        while isinstance(node, ast.Pick | ast.Attribute):
            node = node.of
        if not isinstance(node, ast.Name):
            return ""
        name = node.word.text
        if name in self.program.names["workload"]:
            return "iterations"
        return name if name in self.program.names["table"] or name in self.program.names["metric"] else ""

    def call(self, node: ast.Call, scope: Scope) -> None:
        word = node.function.word
        if word.text in self.program.owners:
            self.add(word, "top", word.text)
        elif scope.of == "fault":
            kind = "event" if word.text in self.program.names["event"] else "selector"
            self.add(word, kind, word.text)
        else:
            self.add(word, "function", word.text)
        self.parts(node.arguments, replace(scope, table=""))

    def named(self, node: ast.Named, scope: Scope) -> None:
        self.part(node.value, scope)

    def field(self, node: ast.Field, scope: Scope) -> None:
        if node.key.text == "labels" and isinstance(node.value, ast.Block):
            return
        self.part(node.value, scope)

    def placed(self, node: ast.Placed, scope: Scope) -> None:
        if isinstance(node.what, ast.Name):
            self.add(node.what.word, "service", node.what.word.text)
        self.part(node.where, scope)

    def mix_of(self, name: str) -> str:
        """The mix whose stages a part has; the name itself when it is no part."""
        declared = self.program.names["workload"].get(name)
        return declared.node.mix.name.text if declared and isinstance(declared.node, ast.Part) else name

    def path(self, node: ast.Path, scope: Scope) -> None:
        """The words of a window: a fault, or a workload and its stage."""
        first, rest = node.words[0], node.words[1:]
        if rest:
            self.add(first, "top", first.text)
            self.add(rest[0], "stage", self.mix_of(first.text), rest[0].text)
        else:
            self.add(first, "fault", first.text)


_STATEMENTS: dict[type, Any] = {
    ast.ImportStd: _Walker.import_std,
    ast.ImportFile: _Walker.import_file,
    ast.Param: _Walker.param,
    ast.Architecture: _Walker.architecture,
    ast.Topology: _Walker.topology,
    ast.Workload: _Walker.workload,
    ast.Faults: _Walker.faults,
    ast.Kpi: _Walker.kpi,
    ast.Slo: _Walker.slo,
    ast.Experiment: _Walker.experiment,
    ast.Limit: _Walker.limit,
    ast.Suite: _Walker.suite,
    ast.Metric: _Walker.metric,
    ast.Image: _Walker.image,
    ast.Table: _Walker.table,
}
_PARTS: dict[type, Any] = {
    ast.Name: _Walker.name,
    ast.Attribute: _Walker.attribute,
    ast.Pick: _Walker.pick,
    ast.Call: _Walker.call,
    ast.Named: _Walker.named,
    ast.Field: _Walker.field,
    ast.Placed: _Walker.placed,
    ast.Path: _Walker.path,
}
