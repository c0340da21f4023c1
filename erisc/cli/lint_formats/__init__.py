"""What `erisc lint` prints: one format a file, each a function of what was found."""

from __future__ import annotations

from importlib import import_module

from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Format(Protocol):
        """What a module of this package offers."""

        def render(self, files: list[Linted], *, color: bool) -> str:
            """All of the output."""


FORMATS = ("full", "concise", "json", "sarif", "junit", "gitlab")


@record
class Linted:
    """One spec. path: as the call names it; spans name files likewise. sources: texts by those names."""

    path: str
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def render(name: str, files: list[Linted], *, color: bool) -> str:
    """The output of a format by its name."""
    chosen: Format = import_module(f"erisc.cli.lint_formats.{name}_format")
    return chosen.render(files, color=color)
