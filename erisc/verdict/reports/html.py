"""The verdict as one HTML page."""

from __future__ import annotations

from html import escape

from erisc.verdict import terminal
from erisc.verdict.history import RunHistory
from erisc.verdict.model import Verdict


def render(verdict: Verdict, history: RunHistory) -> bytes:
    """report.html."""
    title = escape(f"{verdict.experiment}: {verdict.outcome}")
    table = escape(terminal.render(verdict, False))
    page = f"<!doctype html>\n<meta charset=utf-8>\n<title>{title}</title>\n<pre>{table}</pre>\n"
    return page.encode("utf-8", "replace")
