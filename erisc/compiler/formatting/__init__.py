"""The canonical form of a spec.

One statement or clause a line, two spaces deeper in every block, at most one blank line, a space around operators and
between a number and its unit. Blocks and lists stay on a line when they fit in 100 columns and had no line break or
comment inside. Comments stay where they are.
"""

from __future__ import annotations

from functools import partial

from erisc.base.failure import Failure
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.formatting.layout import LINE, render
from erisc.compiler.formatting.proof import same_tree
from erisc.compiler.formatting.statements import write_node
from erisc.compiler.formatting.tokens import comments, tokenise
from erisc.compiler.formatting.writer import Writer
from erisc.compiler.reading import normal
from erisc.compiler.source import Findings, Source, TooManyError
from erisc.compiler.syntax import Parsed, parse

Spans = list[tuple[int, int]]


class UnformattableError(Exception):
    """The text has errors of syntax. diagnostics: which. text: what their spans point into."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], text: str) -> None:
        super().__init__(f"{len(diagnostics)} errors of syntax")
        self.diagnostics = diagnostics
        self.text = text


def format_source(text: str, name: str) -> str:
    """The canonical form of a spec. name: of the file, for spans.

    Raises UnformattableError when the text has errors of syntax, and Failure when the result would not mean the same,
    which is a fault of erisc itself.
    """
    text = normal(text)
    parsed, spans = _parse(text, name)
    formatted = _layout(parsed, text, spans)
    _prove(parsed, spans, formatted, name)
    return formatted


def _parse(text: str, name: str) -> tuple[Parsed, Spans]:
    findings, spans = Findings(), Spans()
    try:
        parsed = parse(Source(name, text), findings, spans)
    except TooManyError as error:
        raise UnformattableError(error.findings.sorted(), text) from None
    if findings.broken:
        raise UnformattableError(findings.sorted(), text)
    return parsed, spans


def _layout(parsed: Parsed, text: str, spans: Spans) -> str:
    writer = Writer(text, tokenise(text, spans), write_node)
    rows = [
        writer.row(partial(writer.write, statement), LINE, first=not number)
        for number, statement in enumerate(parsed.statements)
    ]
    return render([*rows, writer.row(writer.take, LINE, first=not rows)])


def _prove(parsed: Parsed, spans: Spans, formatted: str, name: str) -> None:
    try:
        again, after = _parse(formatted, name)
    except UnformattableError:
        again = None
    text = parsed.source.text
    if again and same_tree(parsed.statements, again.statements) and comments(text, spans) == comments(formatted, after):
        return
    what = f"a fault of erisc itself: {name}, formatted, would not mean the same; it is left as it is"
    raise Failure(what, mend="please report it with the file")
