"""Recorded catalogues: what an installed set of plug-ins adds to a load driver, as a `load` of a file beside the spec.

`erisc catalogue` writes them. Loaded where a spec declares one.
"""

from __future__ import annotations

import re

from erisc.compiler import ast
from erisc.compiler.constants import unquote
from erisc.compiler.context import Context, field_key
from erisc.compiler.library import offered_by_library
from erisc.compiler.program import Declared
from erisc.compiler.source import did_you_mean, nearest

FIELDS = ("driver", "models", "scenarios")
MODELS = ("open", "closed")
_TAKES = re.compile(r"(\w+!?(:\w+)?|\*\*)( (\w+!?(:\w+)?|\*\*))*|")
"""`image!:glance_image retries **`: names, `!` after a required one, the type of what is looked up, `**` for more."""


def driver_of(node: ast.Load, word: str) -> str:
    """The driver behind a load: its own name, unless it says otherwise."""
    for field in node.block.fields:
        if field.key.text == "driver" and isinstance(field.value, ast.String):
            return unquote(field.value.word.text)
    return word


def takes(node: ast.Load, scenario: str) -> str | None:
    """The parameters of a scenario of a catalogue; None when it has none of the name."""
    for field in node.block.fields:
        if field.key.text == "scenarios" and isinstance(field.value, ast.Block):
            for one in field.value.fields:
                if field_key(one) == scenario and isinstance(one.value, ast.String):
                    return unquote(one.value.word.text)
    return None


def check_catalogue(context: Context, declared: Declared) -> None:
    """What is wrong with a recorded catalogue."""
    node, source = declared.node, declared.source
    fields = context.fields(node.block, source, FIELDS, f"load `{node.name.text}`")
    driver, known = driver_of(node, ""), ("rally",)
    if driver not in known and "driver" in fields:
        span, guess = source.span(fields["driver"].value), nearest(driver, known)
        fix = (span, f'"{guess}"') if guess else None
        help_ = did_you_mean(driver, offered_by_library("load")) if not guess else f"did you mean `{guess}`?"
        summary = "scenarios are recorded of the driver `rally`"
        context.findings.add("E0437", summary, span, help=help_ or 'write driver = "rally"', fix=fix)
    _check_models(context, declared, fields.get("models"))
    scenarios = fields.get("scenarios")
    if scenarios is None or not isinstance(scenarios.value, ast.Block):
        place = source.span(node.name if scenarios is None else scenarios.value)
        help_ = 'write scenarios { "Class.method" = "argument other! **" }'
        context.findings.add("E0437", f"load `{node.name.text}` lists no scenarios", place, help=help_)
        return
    for name, one in context.fields(scenarios.value, source, (), "the scenarios").items():
        if not isinstance(one.value, ast.String) or not _TAKES.fullmatch(unquote(one.value.word.text)):
            help_ = "names, `!` after a required one, `:TYPE` after what is looked up, `**` for any further"
            summary = f"these are no parameters of {name[:60]}"
            context.findings.add("E0437", summary, source.span(one.value), help=help_)


def _check_models(context: Context, declared: Declared, field: ast.Field | None) -> None:
    """Without them, both."""
    if field is None:
        return
    items = field.value.items if isinstance(field.value, ast.ListOf) else ()
    words = [unquote(one.word.text) for one in items if isinstance(one, ast.String)]
    if len(words) < max(len(items), 1) or not set(words) <= set(MODELS):
        help_ = 'write models = ["open", "closed"]'
        context.findings.add("E0437", "these are no load models", declared.source.span(field.value), help=help_)
