"""JUnit XML: a suite a file, a failed test case a finding, a passed one for a clean file, so that CI shows each."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from erisc.cli.lint_formats import Linted
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.render import printable, render_concise, severity
from erisc.compiler.render import render as draw


def render(files: list[Linted], *, color: bool) -> str:
    """The document."""
    total = sum(max(len(file.diagnostics), 1) for file in files)
    failed = sum(len(file.diagnostics) for file in files)
    suites = "".join(_suite(file) for file in files)
    head = f'<testsuites name="erisc lint" tests="{total}" failures="{failed}" errors="0" time="0">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{suites}</testsuites>\n'


def _suite(file: Linted) -> str:
    found = file.diagnostics
    path = _value(file.path)
    cases = "".join(_case(file, diagnostic) for diagnostic in found)
    if not found:
        cases = f'    <testcase classname={path} name="clean" time="0"/>\n'
    counts = f'tests="{len(found) or 1}" failures="{len(found)}" errors="0" skipped="0" time="0"'
    return f"  <testsuite name={path} {counts}>\n{cases}  </testsuite>\n"


def _case(file: Linted, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    name = _value(f"{diagnostic.code} at {span.line}:{span.column}")
    where = f"file={_value(span.file)} line={_value(str(span.line))}"
    text = "".join(
        character if character == "\n" else printable(character)
        for character in draw((diagnostic,), file.sources, color=False)
    )
    message = _value(render_concise((diagnostic,)).strip())
    failure = f"<failure type={_value(severity(diagnostic))} message={message}>{escape(text)}</failure>"
    return (
        f'    <testcase classname={_value(file.path)} name={name} {where} time="0">\n      {failure}\n    </testcase>\n'
    )


def _value(text: str) -> str:
    return quoteattr(printable(text))
