"""Diagnostics for people and for machines."""

from __future__ import annotations

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_WIDTH = 160
"""Characters of a source line that are shown."""
_STYLES = {"error": "1;31", "warning": "1;33", "rule": "1;34", "bold": "1", "help": "1;36"}


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, color: bool) -> str:
    """In full: summary, place, source lines with carets, labels, note, help and fix. sources: file name -> text."""
    lines = {name: text.split("\n") for name, text in sources.items()}
    return "\n".join(_block(diagnostic, lines, _painter(color)) for diagnostic in diagnostics)


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """One line each: `file:line:column: CODE summary`."""
    rows = [f"{d.span.file}:{d.span.line}:{d.span.column}: {d.code} {printable(d.summary)}\n" for d in diagnostics]
    return "".join(rows)


def to_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """As plain values, spans as `{file, line, column, end_line, end_column}`."""
    return [
        {
            "code": d.code,
            "severity": severity(d),
            "summary": d.summary,
            "span": _span(d.span),
            "note": d.note,
            "labels": [{"span": _span(label.span), "text": label.text} for label in d.labels],
            "help": d.help,
            "fix": {"span": _span(d.fix.span), "replacement": d.fix.replacement} if d.fix else None,
        }
        for d in diagnostics
    ]


def severity(diagnostic: Diagnostic) -> str:
    """`error` or `warning`."""
    return "error" if diagnostic.is_error else "warning"


def printable(text: str) -> str:
    """Without characters that would steer a terminal."""
    return "".join(c if c.isprintable() else " " if c in "\t\n\r" else "\ufffd" for c in text)


def _span(span: Span) -> dict[str, Any]:
    names = ("file", "line", "column", "end_line", "end_column")
    return {name: getattr(span, name) for name in names}


def _painter(color: bool) -> Any:
    def paint(style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text

    return paint


def _block(diagnostic: Diagnostic, lines: Mapping[str, list[str]], paint: Any) -> str:
    kind = severity(diagnostic)
    span = diagnostic.span
    marks = [(span, "", True), *((label.span, label.text, False) for label in diagnostic.labels)]
    margin = len(str(max(mark.line for mark, _, _ in marks)))
    gutter = " " * margin
    rows = [f"{paint(kind, f'{kind}[{diagnostic.code}]')}{paint('bold', ': ' + printable(diagnostic.summary))}"]
    rows.append(f"{gutter}{paint('rule', '-->')} {span.file}:{span.line}:{span.column}")
    rows += _snippets(marks, lines, margin, kind, paint)
    rows += (
        [f"{gutter} {paint('rule', '=')} {paint('bold', 'note')}: {printable(diagnostic.note)}"]
        if diagnostic.note
        else []
    )
    rows += (
        [f"{gutter} {paint('rule', '=')} {paint('help', 'help')}: {printable(diagnostic.help)}"]
        if diagnostic.help
        else []
    )
    if diagnostic.fix:
        rows += _fix(diagnostic, gutter, paint)
    return "\n".join(rows) + "\n"


def _fix(diagnostic: Diagnostic, gutter: str, paint: Any) -> list[str]:
    fix = diagnostic.fix
    assert fix is not None
    shown = printable(fix.replacement.strip("\n"))
    where = f"{fix.span.line}:{fix.span.column}"
    empty = (fix.span.line, fix.span.column) == (fix.span.end_line, fix.span.end_column)
    what = f"insert `{shown}` at {where}" if empty else f"replace by `{shown}`" if shown else "remove it"
    return [f"{gutter} {paint('rule', '=')} {paint('help', 'fix')}: {what}"]


def _snippets(
    marks: list[tuple[Span, str, bool]], lines: Mapping[str, list[str]], margin: int, kind: str, paint: Any
) -> list[str]:
    """Source lines in order, the primary file first, each with its carets; a gap is `...`."""
    rows: list[str] = []
    primary = marks[0][0].file
    for file in dict.fromkeys([primary, *(span.file for span, _, _ in marks)]):
        if file not in lines:
            continue
        if file != primary:
            first = next(span for span, _, _ in marks if span.file == file)
            rows.append(f"{' ' * margin}{paint('rule', ':::')} {file}:{first.line}:{first.column}")
        rows.append(f"{' ' * margin} {paint('rule', '|')}")
        rows += _file_rows([mark for mark in marks if mark[0].file == file], lines[file], margin, kind, paint)
    return rows


def _file_rows(marks: list[tuple[Span, str, bool]], lines: list[str], margin: int, kind: str, paint: Any) -> list[str]:
    rows: list[str] = []
    previous = 0
    for number in sorted({span.line for span, _, _ in marks}):
        if previous and number > previous + 1:
            rows.append(paint("rule", "..."))
        previous = number
        text = lines[number - 1] if number <= len(lines) else ""
        here = sorted(
            (mark for mark in marks if mark[0].line == number), key=lambda mark: (not mark[2], mark[0].column)
        )
        start = max(0, here[0][0].column - _WIDTH // 2) if len(text) > _WIDTH else 0
        shown = printable(text[start : start + _WIDTH])
        rows.append(f"{paint('rule', f'{number:>{margin}} |')} {shown}".rstrip())
        for span, label, is_primary in here:
            rows.append(_carets(span, label, is_primary, text, start, margin, kind, paint))
    return rows


def _carets(span: Span, label: str, is_primary: bool, text: str, start: int, margin: int, kind: str, paint: Any) -> str:
    end = span.end_column if span.end_line == span.line else len(text) + 1
    column = max(span.column - start, 1)
    width = max(1, min(end - start, _WIDTH + 1) - column)
    signs = ("^" if is_primary else "-") * width
    tail = f"{signs} {printable(label)}".rstrip()
    return f"{' ' * margin} {paint('rule', '|')} {' ' * (column - 1)}{paint(kind if is_primary else 'rule', tail)}"
