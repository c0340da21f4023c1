"""The symbols of a document: its statements, and what they hold."""

from __future__ import annotations

from lsprotocol import types

from erisc.compiler import ast
from erisc.language_server.analysis import Analysis
from erisc.language_server.positions import Positions

_KINDS = {
    "Param": types.SymbolKind.Variable,
    "Architecture": types.SymbolKind.Package,
    "Topology": types.SymbolKind.Namespace,
    "Workload": types.SymbolKind.Class,
    "Faults": types.SymbolKind.Namespace,
    "Fault": types.SymbolKind.Event,
    "Kpi": types.SymbolKind.Function,
    "Slo": types.SymbolKind.Boolean,
    "Experiment": types.SymbolKind.Module,
    "Limit": types.SymbolKind.Module,
    "Suite": types.SymbolKind.Module,
    "Table": types.SymbolKind.Struct,
    "NodeSet": types.SymbolKind.Object,
    "Service": types.SymbolKind.Interface,
}


def outline(analysis: Analysis, positions: Positions) -> list[types.DocumentSymbol]:
    """In the order of the text."""
    statements = analysis.trees[analysis.name].statements
    return [symbol for one in statements if (symbol := _symbol(one, positions)) is not None]


def _symbol(node: object, positions: Positions) -> types.DocumentSymbol | None:
    name = getattr(node, "name", None)
    if not isinstance(name, ast.Word) or not isinstance(node, ast.Node):
        return None
    items = (*getattr(node, "items", ()), *getattr(node, "columns", ()))
    children = [symbol for item in items if (symbol := _symbol(item, positions)) is not None]
    return types.DocumentSymbol(
        name=name.text,
        detail=type(node).__name__.lower(),
        kind=_KINDS.get(type(node).__name__, types.SymbolKind.Field),
        range=positions.range(node.start, node.end),
        selection_range=positions.range(name.start, name.end),
        children=children,
    )
