"""SARIF 2.1.0 (OASIS, errata 01) for code scanning: results with rules, related places, fixes and fingerprints."""

from __future__ import annotations

import json
from urllib.parse import quote

from erisc import __version__
from erisc.cli.lint_formats import Linted
from erisc.cli.lint_formats.fingerprints import fingerprints
from erisc.compiler.codes import Code
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Span
from erisc.compiler.render import severity
from erisc.reference.code_page import markdown
from erisc.reference.codes import every_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(files: list[Linted], *, color: bool) -> str:
    """One log with one run; the rules are those that have a result."""
    codes = sorted({diagnostic.code for file in files for diagnostic in file.diagnostics})
    known = every_code()
    rules = {code: index for index, code in enumerate(codes)}
    results = [
        _result(diagnostic, mark, rules)
        for file in files
        for diagnostic, mark in zip(file.diagnostics, fingerprints(file), strict=True)
    ]
    driver = {
        "name": "erisc",
        "semanticVersion": __version__,
        "rules": [_rule(known.get(code) or Code(code, code, code, ""), known) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(code: Code, known: dict[str, Code]) -> dict[str, Any]:
    level = "error" if code.code.startswith("E") else "warning"
    help_ = {"text": code.mend or code.title}
    if code.code in known:
        help_["markdown"] = markdown(code)
    return {
        "id": code.code,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation},
        "help": help_,
        "defaultConfiguration": {"level": level},
    }


def _result(diagnostic: Diagnostic, mark: str, rules: dict[str, int]) -> dict[str, Any]:
    parts = (diagnostic.summary, diagnostic.note, diagnostic.help)
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rules[diagnostic.code],
        "level": severity(diagnostic),
        "message": {"text": "\n".join(part for part in parts if part)},
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
        "partialFingerprints": {"eriscFinding/v1": mark},
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(label.span), "message": {"text": label.text or "see here"}}
            for number, label in enumerate(diagnostic.labels, 1)
        ]
    if diagnostic.fix:
        result["fixes"] = [_fix(diagnostic)]
    return result


def _fix(diagnostic: Diagnostic) -> dict[str, Any]:
    fix = diagnostic.fix
    assert fix is not None
    change = {
        "artifactLocation": _artifact(fix.span.file),
        "replacements": [{"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.replacement}}],
    }
    shown = fix.replacement.strip()
    return {"description": {"text": f"write `{shown}`" if shown else "remove it"}, "artifactChanges": [change]}


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.file), "region": _region(span)}


def _artifact(file: str) -> dict[str, str]:
    """A relative reference for a file; `std:faults` is a URI as it stands."""
    return {"uri": file if file.startswith("std:") else quote(file)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
