"""One line a finding, as editors and grep like it; nothing for a clean file."""

from __future__ import annotations

from erisc.cli.lint_formats import Linted
from erisc.compiler.render import render_concise


def render(files: list[Linted], *, color: bool) -> str:
    """`FILE:LINE:COLUMN: CODE summary`."""
    return "".join(render_concise(file.diagnostics) for file in files)
