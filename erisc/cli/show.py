"""Diagnostics and colours on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.render import render


def show(diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> None:
    """Print the diagnostics in full on stderr."""
    if diagnostics:
        text = render(diagnostics, sources, color=colored(sys.stderr))
        print(text, file=sys.stderr, end="" if text.endswith("\n") else "\n")


def colored(stream: object) -> bool:
    """Colours only on a terminal, and never with NO_COLOR (no-color.org)."""
    return not os.environ.get("NO_COLOR") and bool(getattr(stream, "isatty", bool)())
