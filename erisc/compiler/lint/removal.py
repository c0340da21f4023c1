"""How an import is taken out of a text. Loaded when there is one to take out."""

from __future__ import annotations

import re

from erisc.compiler.plan import Span
from erisc.compiler.source import Source

_COMMA = re.compile(r"\s*,\s*")
_BEFORE = re.compile(r",\s*\Z")
_REST = re.compile(r"[ \t]*\n?")


def without_import(source: Source, span: Span) -> tuple[Span, str]:
    """The stretch to remove so that the name at `span` is not imported: with its comma, or the whole statement."""
    text = source.text
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    start, end = starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1
    begin = text.rfind("import", 0, start)
    if "{" in text[begin:start]:
        after, before = _COMMA.match(text, end), _BEFORE.search(text[:start])
        if after:
            return source.between(start, after.end()), ""
        if before:
            return source.between(before.start(), end), ""
        end = text.find("}", end) + 1
    rest = _REST.match(text, end)
    return source.between(begin, rest.end() if rest else end), ""
