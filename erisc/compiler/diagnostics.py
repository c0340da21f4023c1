"""Diagnostics as data; `erisc.compiler.render` draws them."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler.plan import Span


@record
class Label:
    """A secondary span and what it has to do with the matter."""

    span: Span
    text: str


@record
class Fix:
    """A replacement for the text of `span` that mends the matter."""

    span: Span
    replacement: str


@record
class Diagnostic:
    """One finding.

    code: `E0301`, `W0102`: family E1 syntax, E2 names, E3 units and types, E4 timeline, E5 a target cannot express
    this, E6 statistics; W lint. summary: one line. span: the primary place. help: what to do, "" when the summary says.
    """

    code: str
    summary: str
    span: Span
    note: str = ""
    labels: tuple[Label, ...] = ()
    help: str = ""
    fix: Fix | None = None

    @property
    def is_error(self) -> bool:
        """Errors stop the compilation; warnings do not."""
        return self.code.startswith("E")
