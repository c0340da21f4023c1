"""A name for a finding that stays when lines come and go around it, so that CI tells old findings from new ones."""

from __future__ import annotations

import re
from bisect import bisect_right

from erisc.cli.lint_formats import Linted
from erisc.compiler.digest import sha256

_STATEMENT = re.compile(r"[^\W\d]\w*(?:[ \t]+[^\W\d]\w*)?")


_LONGEST = 1000
"""Characters of a line that count."""


def fingerprints(file: Linted) -> list[str]:
    """64 hexadecimal digits a finding: SHA-256 over file, code, the statement around it, its line without superfluous
    white space, and which of several such it is, from the top."""
    pages = {name: _Page(file.sources.get(name, "")) for name in {found.span.file for found in file.diagnostics}}
    seen: dict[str, int] = {}
    found = []
    for diagnostic in file.diagnostics:
        page, line = pages[diagnostic.span.file], diagnostic.span.line
        key = "\0".join((diagnostic.span.file, diagnostic.code, page.statement(line), page.line(line)))
        seen[key] = seen.get(key, 0) + 1
        found.append(sha256(f"{key}\0{seen[key]}".encode()).hexdigest())
    return found


class _Page:
    """A text by its lines; what stands in column one is found once."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        heads = [(number, _STATEMENT.match(line)) for number, line in enumerate(self._lines, 1)]
        self._heads = [(number, " ".join(match[0].split())) for number, match in heads if match]

    def line(self, number: int) -> str:
        """The line's words."""
        return " ".join(self._lines[number - 1][:_LONGEST].split()) if 0 < number <= len(self._lines) else ""

    def statement(self, number: int) -> str:
        """Keyword and name of the statement a line stands in: the next line above that begins in column one."""
        place = bisect_right(self._heads, number, key=lambda head: head[0])
        return self._heads[place - 1][1] if place else ""
