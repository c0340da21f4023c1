"""Arguments of a scenario: scalars, lists, mappings, and references to what a topology deploys."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context, field_key
from erisc.compiler.infrastructure import links_of
from erisc.compiler.plan import Argument, Mapping, OutputRef
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source, did_you_mean


class Arguments:
    """The arguments of a scenario: scalars, lists, mappings, and references to what a topology deploys."""

    def __init__(self, context: Context, source: Source, architecture: str) -> None:
        self.context = context
        self.constants = _ArgumentConstants(context, source, architecture)
        self.source = source

    def mapping(self, block: ast.Block) -> Mapping:
        """A block of arguments."""
        fields = self.context.fields(block, self.source, (), "the arguments")
        return Mapping(
            tuple(
                (field_key(field), value) for field in fields.values() if (value := self.value(field.value)) is not None
            )
        )

    def value(self, node: ast.Node) -> Argument | None:
        """One argument; None when it was refused."""
        if isinstance(node, ast.Block):
            return self.mapping(node)
        if isinstance(node, ast.ListOf):
            return tuple(value for item in node.items if (value := self.value(item)) is not None)
        found = self.constants.value(node)
        if found is None:
            return None
        data: Argument = found.data
        return data


class _ArgumentConstants(Constants):
    """Constants that also know what the topologies on the same architecture deploy, and the architecture's networks.

    A network of the architecture is there before the run: its name is handed over.
    """

    def __init__(self, context: Context, source: Source, architecture: str) -> None:
        super().__init__(source, context.units, context.values, context.findings, context.program.lost)
        self.read = context.program.used
        self.context = context
        self.outputs = outputs(context, architecture)
        self.links = links_of(context, architecture)

    def unknown(self, node: ast.Name) -> Value | None:
        name = node.word.text
        owners = sorted(topology for topology, things in self.outputs.items() if name in things)
        if not owners and name in self.links:
            return Value(name, "string")
        if len(owners) == 1:
            self.context.program.used.add(owners[0])
            return Value(OutputRef(owners[0], name), "reference")
        span = self.source.span(node)
        if owners:
            shown = " or ".join(f"`{owner}.{name}`" for owner in owners)
            self.findings.add("E0205", f"`{name}` is in several topologies", span, help=f"write {shown}")
            return None
        known = {*self.values, *self.links, *(f"{t}.{n}" for t, things in self.outputs.items() for n in things)}
        self.findings.add(
            "E0201", f"there is no `{name}`", span, help=did_you_mean(name, known) or f'text stands in quotes: "{name}"'
        )
        return None

    def other(self, node: ast.Node) -> Value | None:
        if not isinstance(node, ast.Attribute) or not isinstance(node.of, ast.Name):
            return super().other(node)
        topology, name = node.of.word, node.name
        if topology.text not in self.outputs:
            self.context.find("topology", topology, self.source)
            if topology.text in self.context.program.names["topology"]:
                self.findings.add(
                    "E0211", f"topology `{topology.text}` is on another architecture", self.source.span(node)
                )
            return None
        self.context.program.used.add(topology.text)
        if name.text not in self.outputs[topology.text]:
            help_ = did_you_mean(name.text, self.outputs[topology.text])
            if name.text not in self.lost:
                self.findings.add(
                    "E0201", f"topology `{topology.text}` has no `{name.text}`", self.source.span(name), help=help_
                )
            return None
        return Value(OutputRef(topology.text, name.text), "reference")


def outputs(context: Context, architecture: str) -> dict[str, list[str]]:
    """Per topology on the architecture, the names of its networks and single servers."""
    found: dict[str, list[str]] = {}
    for name, declared in context.program.names["topology"].items():
        if declared.node.on.text == architecture:
            items = declared.node.items
            found[name] = [i.name.text for i in items if isinstance(i, ast.Network | ast.Server)]
    return found
