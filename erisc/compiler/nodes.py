"""From a production of the grammar to a node of the tree: one entry for every rule that makes one."""

from __future__ import annotations

from erisc.compiler import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Builder = Callable[[list[Any], int, int], Any]
    """From the children, the start and the end to a node."""

MAX_DEPTH = 100
"""How deep an expression may nest."""


class TooDeepError(Exception):
    """An expression nests deeper than MAX_DEPTH."""


def builders() -> dict[str, Builder]:
    """Rule name -> function of (children, start, end)."""
    made: dict[str, Builder] = {name: _fixed(kind) for name, kind in _FIXED.items()}
    made |= {name: _open(kind, fixed) for name, (kind, fixed) in _OPEN.items()}
    made |= {name: _binary(operator) for name, operator in _BINARY.items()}
    made |= {name: _declared(kind) for name, kind in _DECLARED.items()}
    made |= {"faults": _faults, "key": _first, "neg": _negate, "attribute": _attribute}
    made |= {"call": _call, "pick": _pick, "start": _children}
    return made


def _fixed(kind: Any) -> Builder:
    return lambda children, start, end: kind(start, end, *children)


def _open(kind: Any, fixed: int) -> Builder:
    """The first `fixed` children are fields, the others are gathered in the last field."""

    def build(children: list[Any], start: int, end: int) -> Any:
        return kind(start, end, *children[:fixed], tuple(children[fixed:]))

    return build


def _declared(kind: Any) -> Builder:
    """Name, parameters (a hole when there are none), block."""

    def build(children: list[Any], start: int, end: int) -> Any:
        name, parameters, block = children
        return kind(start, end, name, parameters or (), block)

    return build


def _binary(operator: str) -> Builder:
    def build(children: list[Any], start: int, end: int) -> Any:
        left, right = children
        return ast.Binary(start, end, operator, left, right, _deeper(left, right))

    return build


def _deeper(*nodes: Any) -> int:
    depth = 1 + max(map(_depth, nodes))
    if depth > MAX_DEPTH:
        raise TooDeepError
    return depth


def _depth(node: Any) -> int:
    """Of what carries no depth of its own, that of its parts: lists, blocks, arguments."""
    if isinstance(node, ast.Word):
        return 0
    depth: int | None = getattr(node, "depth", None)
    if depth is None:
        parts = node if isinstance(node, tuple) else _values(node)
        return max(map(_depth, parts), default=0)
    return depth


def _first(children: list[Any], start: int, end: int) -> Any:
    return children[0]


def _children(children: list[Any], start: int, end: int) -> Any:
    return children


def _faults(children: list[Any], start: int, end: int) -> Any:
    """Name, architecture, then faults and allowances in any order."""
    name, on, *rows = children
    faults = tuple(row for row in rows if isinstance(row, ast.Fault))
    return ast.Faults(start, end, name, on, faults, tuple(row for row in rows if isinstance(row, ast.Allowance)))


def _negate(children: list[Any], start: int, end: int) -> Any:
    return ast.Negate(start, end, children[0], _deeper(children[0]))


def _attribute(children: list[Any], start: int, end: int) -> Any:
    return ast.Attribute(start, end, children[0], children[1], _deeper(children[0]))


def _call(children: list[Any], start: int, end: int) -> Any:
    return ast.Call(start, end, children[0], tuple(children[1:]), _deeper(*children))


def _pick(children: list[Any], start: int, end: int) -> Any:
    of, filters = children
    return ast.Pick(start, end, of, filters, _deeper(of, filters))


def _values(node: Any) -> list[Any]:
    return [part for name in _PARTS.get(type(node), ()) if (part := getattr(node, name)) is not None]


def _tuple(start: int, end: int, *items: Any) -> Any:
    return items


_PARTS: dict[type, tuple[str, ...]] = {
    ast.Comparison: ("left", "right"),
    ast.Named: ("value",),
    ast.Placed: ("what", "where"),
    ast.Windowed: ("of", "window"),
    ast.Rolling: ("of", "width"),
    ast.Before: ("length",),
    ast.After: ("length",),
    ast.ListOf: ("items",),
    ast.Block: ("fields",),
    ast.Field: ("value",),
}
"""The fields of nodes without a depth that hold expressions."""

_DECLARED = {"action": ast.Action, "load": ast.Load, "event": ast.Event, "source": ast.MetricSource}

_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^"}

_FIXED: dict[str, Any] = {
    "edition": ast.Edition,
    "import_std": ast.ImportStd,
    "import_file": ast.ImportFile,
    "param": ast.Param,
    "seed": ast.Seed,
    "span": ast.Range,
    "node": ast.NodeSet,
    "service": ast.Service,
    "link": ast.Link,
    "network": ast.Network,
    "router": ast.Router,
    "server": ast.Server,
    "place": ast.Place,
    "run": ast.Run,
    "arrivals": ast.Arrivals,
    "think": ast.Think,
    "ramp": ast.Ramp,
    "hold": ast.Hold,
    "step": ast.Step,
    "allowance": ast.Allowance,
    "fault": ast.Fault,
    "at": ast.At,
    "at_iteration": ast.AtIteration,
    "every": ast.Every,
    "random": ast.Random,
    "when": ast.When,
    "effect": ast.Effect,
    "kpi": ast.Kpi,
    "severity": ast.Severity,
    "confidence": ast.Confidence,
    "over": ast.Over,
    "use": ast.Use,
    "sweep_list": ast.SweepList,
    "sweep_range": ast.SweepRange,
    "repeat": ast.Repeat,
    "check": ast.Check,
    "image": ast.Image,
    "metric": ast.Metric,
    "condition": ast.Condition,
    "budget": ast.Budget,
    "column": ast.Column,
    "parameter": ast.Parameter,
    "field": ast.Field,
    "group": ast.Field,
    "named": ast.Named,
    "placed": ast.Placed,
    "windowed": ast.Windowed,
    "rolling": ast.Rolling,
    "during": ast.During,
    "before": ast.Before,
    "after": ast.After,
    "between": ast.Between,
    "comparison": ast.Comparison,
    "number": ast.Number,
    "quantity": ast.Quantity,
    "string": ast.String,
    "name": ast.Name,
    "filters": _tuple,
    "parameters": _tuple,
}

_OPEN: dict[str, tuple[Any, int]] = {
    "path": (ast.Path, 0),
    "names": (ast.Names, 0),
    "architecture": (ast.Architecture, 2),
    "topology": (ast.Topology, 2),
    "workload": (ast.Workload, 4),
    "effects": (ast.Effects, 0),
    "together": (ast.Together, 0),
    "slo": (ast.Slo, 4),
    "experiment": (ast.Experiment, 1),
    "limit": (ast.Limit, 4),
    "suite": (ast.Suite, 1),
    "suite_run": (ast.SuiteRun, 0),
    "table": (ast.Table, 1),
    "list": (ast.ListOf, 0),
    "block": (ast.Block, 0),
}
