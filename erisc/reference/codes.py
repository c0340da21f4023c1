"""Every code of erisc by one lookup: the compiler's, lint's, the targets'."""

from __future__ import annotations

from erisc.compiler.codes import Code, catalogue
from erisc.targets.codes import CATALOGUE

FAMILIES = {
    "E01": ("syntax", "Syntax"),
    "E02": ("names", "Names"),
    "E03": ("types", "Units and types"),
    "E04": ("timeline", "The timeline"),
    "E05": ("targets", "What a target cannot express"),
    "E06": ("statistics", "Statistics"),
    "W": ("lint", "Lint: allowed, but it looks like a slip"),
}
"""First characters of a code -> name of its page, title."""


def every_code() -> dict[str, Code]:
    """All codes, families in their order."""
    known = catalogue() | CATALOGUE
    return {code: known[code] for code in sorted(known)}


def family(code: str) -> str:
    """The key in FAMILIES."""
    return next(key for key in FAMILIES if code.startswith(key))
