"""GitLab's code quality report (docs.gitlab.com, "Code Quality report format"): a subset of Code Climate's."""

from __future__ import annotations

import json

from erisc.cli.lint_formats import Linted
from erisc.cli.lint_formats.fingerprints import fingerprints
from erisc.compiler.diagnostics import Diagnostic


def render(files: list[Linted], *, color: bool) -> str:
    """A list of findings; errors are critical, warnings minor."""
    found = [
        _issue(diagnostic, mark)
        for file in files
        for diagnostic, mark in zip(file.diagnostics, fingerprints(file), strict=True)
    ]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _issue(diagnostic: Diagnostic, mark: str) -> dict[str, object]:
    help_ = f" ({diagnostic.help})" if diagnostic.help else ""
    return {
        "description": f"{diagnostic.code}: {diagnostic.summary}{help_}",
        "check_name": diagnostic.code,
        "fingerprint": mark,
        "severity": "critical" if diagnostic.is_error else "minor",
        "location": {
            "path": diagnostic.span.file.removeprefix("./"),
            "lines": {"begin": diagnostic.span.line, "end": diagnostic.span.end_line},
        },
    }
