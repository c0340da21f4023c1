"""An experiment named with settings, `broker_crash(computes = 10)`: in a suite, and in a limit."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.parameters import fits
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Settings = dict[str, Value]
"""Value by parameter."""


def read_settings(context: Context, arguments: Iterable[ast.Node], source: Source) -> Settings | None:
    """The parameters that `name = value, …` gives; None when one was refused."""
    found: Settings = {}
    places: dict[str, ast.Node] = {}
    sound = True
    for argument in arguments:
        if not isinstance(argument, ast.Named):
            help_ = "give parameters by name: broker_crash(computes = 10)"
            context.findings.add("E0309", "this gives no parameter", source.span(argument), help=help_)
            sound = False
            continue
        name = argument.name.text
        if places.setdefault(name, argument) is not argument:
            labels = [(source.span(places[name]), "the first")]
            context.findings.add("E0204", f"`{name}` is given twice", source.span(argument), labels=labels)
            sound = False
            continue
        value = setting(context, argument.name, argument.value, source)
        sound = sound and value is not None
        if value is not None:
            found[name] = value
    return found if sound else None


def setting(context: Context, word: ast.Word, node: ast.Node, source: Source) -> Value | None:
    """A value for a parameter, of its type and within its range."""
    declared: Declared | None = context.find("param", word, source)
    if declared is None:
        return None
    value = context.constants(source).due(node, declared.node.type.text, what=f"`{word.text}`")
    return value if value is not None and fits(context, declared, value, source.span(node)) else None
