"""A name for a finding that stays when lines come and go around it, so that CI tells old findings from new ones."""

from __future__ import annotations

import re

from erisc.cli.lint_formats import Linted
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.digest import sha256

_STATEMENT = re.compile(r"[^\W\d]\w*(?:[ \t]+[^\W\d]\w*)?")


def fingerprints(file: Linted) -> list[str]:
    """64 hexadecimal digits a finding: SHA-256 over file, code, the statement around it, its line without superfluous
    white space, and which of several such it is, from the top."""
    lines = {name: text.split("\n") for name, text in file.sources.items()}
    seen: dict[str, int] = {}
    found = []
    for diagnostic in file.diagnostics:
        own = lines.get(diagnostic.span.file, [])
        line = diagnostic.span.line
        text = " ".join(own[line - 1].split()) if 0 < line <= len(own) else ""
        key = "\0".join((diagnostic.span.file, diagnostic.code, _statement(own, diagnostic), text))
        seen[key] = seen.get(key, 0) + 1
        found.append(sha256(f"{key}\0{seen[key]}".encode()).hexdigest())
    return found


def _statement(lines: list[str], diagnostic: Diagnostic) -> str:
    """Keyword and name of the statement a finding stands in: the next line above that begins in column one."""
    for line in reversed(lines[: diagnostic.span.line]):
        match = _STATEMENT.match(line)
        if match:
            return " ".join(match[0].split())
    return ""
