"""Diagnostics and fixes as the protocol has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types
from pygls import uris

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Span
from erisc.compiler.program import LIBRARY
from erisc.language_server.analysis import Analysis
from erisc.language_server.positions import Positions

Place = Callable[[Span], tuple[str, types.Range]]
"""The URI and range of a span."""


def placer(analysis: Analysis, encoding: str) -> Place:
    """For the spans of an analysis."""
    texts = dict(analysis.compilation.sources)
    texts.setdefault(analysis.name, analysis.source.text)
    made: dict[str, Positions] = {}

    def place(span: Span) -> tuple[str, types.Range]:
        positions = made.setdefault(span.file, Positions(texts.get(span.file, ""), encoding))
        start = positions.of_span(span.line, span.column)
        end = positions.of_span(span.end_line, span.end_column)
        return uri_of(analysis.path_of(span.file)), positions.range(start, max(start, end))

    return place


def uri_of(path: str) -> str:
    """A file's URI."""
    return uris.from_fs_path(path) or ""


def by_file(analysis: Analysis, encoding: str) -> dict[str, list[types.Diagnostic]]:
    """URI -> what is to be said there. The spec itself is always there. The library's own text is never blamed."""
    place = placer(analysis, encoding)
    found: dict[str, list[types.Diagnostic]] = {uri_of(analysis.path): []}
    for diagnostic in analysis.compilation.diagnostics:
        if not diagnostic.span.file.startswith(LIBRARY):
            uri, range_ = place(diagnostic.span)
            found.setdefault(uri, []).append(_diagnostic(diagnostic, range_, place))
    return found


def _diagnostic(diagnostic: Diagnostic, range_: types.Range, place: Place) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(types.Location(*place(label.span)), label.text or "see here")
        for label in diagnostic.labels
    ]
    parts = (diagnostic.summary, diagnostic.note, diagnostic.help)
    severity = types.DiagnosticSeverity.Error if diagnostic.is_error else types.DiagnosticSeverity.Warning
    return types.Diagnostic(
        range=range_,
        message="\n".join(part for part in parts if part),
        severity=severity,
        code=diagnostic.code,
        source="erisc",
        related_information=related or None,
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.code == "W0201" else None,
    )


def actions(analysis: Analysis, uri: str, wanted: types.Range, encoding: str) -> Iterator[types.CodeAction]:
    """Quick fixes for what is wrong within a range: a finding's own, and for a warning the word that it is meant."""
    place = placer(analysis, encoding)
    for diagnostic in analysis.compilation.diagnostics:
        if diagnostic.span.file.startswith(LIBRARY):
            continue
        there, range_ = place(diagnostic.span)
        if there != uri or not _meet(range_, wanted):
            continue
        shown = _diagnostic(diagnostic, range_, place)
        if diagnostic.fix is not None:
            file, stretch = place(diagnostic.fix.span)
            yield _action(
                _title(diagnostic), shown, {file: [types.TextEdit(stretch, diagnostic.fix.replacement)]}, True
            )
        if not diagnostic.is_error:
            yield _action(f"Allow {diagnostic.code} here", shown, {uri: [_allow(analysis, diagnostic, range_)]}, False)


def _allow(analysis: Analysis, diagnostic: Diagnostic, range_: types.Range) -> types.TextEdit:
    lines = analysis.compilation.sources.get(diagnostic.span.file, "").split("\n")
    line = lines[diagnostic.span.line - 1] if diagnostic.span.line <= len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    start = types.Position(range_.start.line, 0)
    return types.TextEdit(types.Range(start, start), f"{indent}// erisc: allow {diagnostic.code}\n")


def _title(diagnostic: Diagnostic) -> str:
    fix = diagnostic.fix
    assert fix is not None
    shown = fix.replacement.strip()
    empty = (fix.span.line, fix.span.column) == (fix.span.end_line, fix.span.end_column)
    return f"Insert `{shown}`" if empty else f"Replace by `{shown}`" if shown else "Remove it"


def _action(
    title: str, shown: types.Diagnostic, changes: dict[str, list[types.TextEdit]], best: bool
) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown],
        is_preferred=best,
        edit=types.WorkspaceEdit(changes=dict(changes)),
    )


def _meet(one: types.Range, other: types.Range) -> bool:
    return _key(one.start) <= _key(other.end) and _key(other.start) <= _key(one.end)


def _key(position: types.Position) -> tuple[int, int]:
    return position.line, position.character
