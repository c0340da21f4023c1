"""JSON for programs; docs/formats.md describes it."""

from __future__ import annotations

import json

from erisc.cli.lint_formats import Linted
from erisc.cli.lint_formats.fingerprints import fingerprints
from erisc.compiler.render import to_json

FORMAT = 1


def render(files: list[Linted], *, color: bool) -> str:
    """`{"format": 1, "files": [{"path", "diagnostics": […]}]}`."""
    document = {"format": FORMAT, "files": [_file(file) for file in files]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _file(file: Linted) -> dict[str, object]:
    marks = fingerprints(file)
    found = [{**values, "fingerprint": mark} for values, mark in zip(to_json(file.diagnostics), marks, strict=True)]
    return {"path": file.path, "diagnostics": found}
