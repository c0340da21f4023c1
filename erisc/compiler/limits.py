"""Limits: searches for the largest value of a parameter at which an experiment still meets conditions."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.parameters import fits
from erisc.compiler.plan import Kpi, Search
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.settings import Settings, read_settings, setting
from erisc.compiler.slos import build_condition
from erisc.compiler.source import Source


@record
class Limit:
    """What a limit searches. settings: of its experiment, the searched parameter at the low end included."""

    experiment: Declared
    variable: str
    low: Value
    high: Value
    settings: Settings


def build_limit(context: Context, declared: Declared) -> Limit | None:
    """What the search is over; None when it was refused. Its conditions are read when its KPIs are known."""
    node, source = declared.node, declared.source
    experiment = context.find("experiment", node.load.function.word, source)
    variable = _variable(context, node, source)
    given = read_settings(context, [one for one in node.load.arguments if not _is_variable(one, node)], source)
    ends = _ends(context, node, variable, source) if variable is not None else None
    if experiment is None or variable is None or ends is None or given is None:
        return None
    if variable.text in given:
        span = source.span(node.load)
        context.findings.add("E0204", f"`{variable.text}` is given and searched", span, help="leave one out")
        return None
    low, high = ends
    return Limit(experiment, variable.text, low, high, {**given, variable.text: low})


def _is_variable(argument: ast.Node, node: ast.Limit) -> bool:
    value = argument.value if isinstance(argument, ast.Named) else argument
    return isinstance(value, ast.Name) and value.word.text == node.variable.text


def _variable(context: Context, node: ast.Limit, source: Source) -> ast.Word | None:
    """The parameter that is searched: `n` of `create(n)`, `size` of `create(size = n)`."""
    places = [one for one in node.load.arguments if _is_variable(one, node)]
    if len(places) != 1:
        name = node.load.function.word.text
        help_ = f"write {name}({node.variable.text}): the experiment's parameter of this name is searched"
        summary = f"`{node.variable.text}` stands once in what is searched"
        context.findings.add("E0309", summary, source.span(node.load), help=help_)
        return None
    place = places[0]
    word = place.name if isinstance(place, ast.Named) else place.word  # type: ignore[attr-defined]
    return word if context.find("param", word, source) is not None else None


def _ends(context: Context, node: ast.Limit, variable: ast.Word, source: Source) -> tuple[Value, Value] | None:
    declared = context.program.names["param"][variable.text]
    low, high = (setting(context, variable, end, source) for end in (node.range.low, node.range.high))
    if low is None or high is None:
        return None
    if low.dimension is None:
        summary = f"`{variable.text}` is a {declared.node.type.text}: there is no largest"
        context.findings.add("E0301", summary, source.span(node.range))
        return None
    if not low.data < high.data:
        context.findings.add("E0306", "the range of a limit goes up", source.span(node.range))
        return None
    return (low, high) if fits(context, declared, low, source.span(node.range)) else None


def build_search(context: Context, declared: Declared, limit: Limit, kpis: dict[str, Kpi]) -> Search | None:
    """The search in the Plan; None when a condition was refused. kpis: all of the program."""
    node, source = declared.node, declared.source
    made = [build_condition(context, source, one, kpis) for one in node.conditions]
    conditions = tuple(one for one in made if one is not None)
    if len(conditions) < len(made):
        return None
    low, high = float(limit.low.data), float(limit.high.data)
    return Search(node.name.text, limit.variable, low, high, conditions, source.span(node))
