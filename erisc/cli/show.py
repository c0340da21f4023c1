"""Diagnostics and colours on a terminal."""

from __future__ import annotations

import os
import sys

from erisc.base.record import replace
from erisc.compiler.diagnostics import Diagnostic, Fix, Label
from erisc.compiler.plan import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def show(diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> None:
    """Print the diagnostics in full on stderr."""
    if diagnostics:
        from erisc.compiler.render import render

        text = render(diagnostics, sources, color=colored(sys.stderr))
        print(text, file=sys.stderr, end="" if text.endswith("\n") else "\n")


def colored(stream: object) -> bool:
    """Colours only on a terminal, and never with NO_COLOR (no-color.org)."""
    return not os.environ.get("NO_COLOR") and bool(getattr(stream, "isatty", bool)())


def located(
    path: str, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str]
) -> tuple[tuple[Diagnostic, ...], Mapping[str, str]]:
    """Diagnostics and sources by the names that the reader of the call knows: `specs/a.eris`, not `a.eris`."""
    folder = os.path.dirname(path)
    if not folder or not diagnostics:
        return diagnostics, sources

    def name(file: str) -> str:
        return file if file.startswith("std:") else os.path.join(folder, file)

    def moved(span: Span) -> Span:
        return replace(span, file=name(span.file))

    shown = tuple(
        replace(
            one,
            span=moved(one.span),
            labels=tuple(Label(moved(label.span), label.text) for label in one.labels),
            fix=Fix(moved(one.fix.span), one.fix.replacement) if one.fix else None,
        )
        for one in diagnostics
    )
    return shown, {name(file): text for file, text in sources.items()}
