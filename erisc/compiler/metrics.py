"""Metrics: series that are recorded beside the load."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.plan import Architecture, Argument, Mapping, Metric
from erisc.compiler.program import Declared
from erisc.compiler.quantities import a
from erisc.compiler.source import Source, did_you_mean, nearest

EVERY = 10.0
"""s between samples, unless the author says."""
_ENDS = (0.1, 86400.0)
_COLUMNS = ("at", "value")
"""What every row of a metric has; `by` names others."""


def build_metric(context: Context, declared: Declared) -> Metric | None:
    """The metric in the Plan; None when it was refused."""
    node, source = declared.node, declared.source
    type_ = _type(context, node, source)
    by = _columns(context, node, source)
    every: float | None = EVERY
    if node.every is not None:
        low, high = _ENDS
        what = "the time between samples"
        every = context.constants(source).number(node.every, "duration", what=what, low=low, high=high)
    arguments = _arguments(context, node, source)
    if not type_ or every is None or arguments is None:
        return None
    unit, name = context.units.base(type_), node.source.function.word.text
    return Metric(node.name.text, type_, unit, name, arguments, by, float(every), source.span(node))


def _type(context: Context, node: ast.Metric, source: Source) -> str:
    types = [name for name in context.units.types if context.units.dimension(name) is not None]
    if node.type.text in types:
        return node.type.text
    span, guess = source.span(node.type), nearest(node.type.text, types)
    fix = (span, guess) if guess else None
    help_ = did_you_mean(node.type.text, types)
    context.findings.add("E0301", f"a metric cannot be {a(node.type.text[:30])}", span, help=help_, fix=fix)
    return ""


def _columns(context: Context, node: ast.Metric, source: Source) -> tuple[str, ...]:
    found: dict[str, ast.Word] = {}
    for word in node.by.words if node.by else ():
        if word.text in _COLUMNS or found.setdefault(word.text, word) is not word:
            labels = [(source.span(found[word.text]), "the first")] if word.text in found else []
            note = "" if labels else "every metric has it"
            context.findings.add(
                "E0204", f"column `{word.text}` is there already", source.span(word), labels=labels, note=note
            )
    return tuple(found)


def _arguments(context: Context, node: ast.Metric, source: Source) -> Mapping | None:
    call = node.source
    declared = context.program.names["source"].get(call.function.word.text)
    if declared is None:
        known, word = context.program.names["source"], call.function.word
        span, guess = source.span(word), nearest(word.text, known)
        fix = (span, guess) if guess else None
        summary = f"there is no source of metrics `{word.text}`"
        context.findings.add("E0201", summary, span, help=did_you_mean(word.text, known), fix=fix)
        return None
    return _bind(context, call, declared, source)


def _bind(context: Context, call: ast.Call, declared: Declared, source: Source) -> Mapping | None:
    """The source takes one value, by position or by name, and hosts."""
    parameter, hosts = declared.node.parameters[0], _hosts(declared)
    given = call.arguments[0] if len(call.arguments) == 1 else None
    on = given.where if isinstance(given, ast.Placed) else None
    value = given.what if isinstance(given, ast.Placed) else given
    if isinstance(value, ast.Named) and value.name.text == parameter.name.text:
        value = value.value
    fits = hosts != "none" if on is not None else hosts != "due"
    if value is None or not fits or not isinstance(on, ast.Name | None):
        name = declared.node.name.text
        where = {"due": " on controller", "free": " [on controller]", "none": ""}[hosts]
        help_ = f'write {name}("…"{where})'
        what = f"`{name}` takes its {parameter.name.text}{', and a node set' if hosts == 'due' else ''}"
        context.findings.add("E0309", what, source.span(call), help=help_)
        return None
    constant = context.constants(source).due(value, parameter.type.text, what=f"the {parameter.name.text}")
    if constant is None:
        return None
    made: list[tuple[str, Argument]] = [(parameter.name.text, constant.data)]
    return Mapping((*made, ("on", on.word.text)) if on is not None else tuple(made))


def _hosts(declared: Declared) -> str:
    for field in declared.node.block.fields:
        if field.key.text == "hosts" and isinstance(field.value, ast.String):
            return str(field.value.word.text[1:-1])
    return "none"


def metric_fits(context: Context, declared: Declared, architecture: Architecture) -> None:
    """The hosts that a metric names are a node set of the architecture in use."""
    call, sets = declared.node.source, [node.name for node in architecture.nodes]
    for argument in call.arguments:
        on = argument.where if isinstance(argument, ast.Placed) else None
        if isinstance(on, ast.Name) and on.word.text not in sets and on.word.text not in context.program.lost:
            summary = f"architecture `{architecture.name}` has no node set `{on.word.text}`"
            help_ = did_you_mean(on.word.text, sets)
            context.findings.add("E0201", summary, declared.source.span(on), help=help_)
