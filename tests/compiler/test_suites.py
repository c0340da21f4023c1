"""The Markdown suites, and the pages of docs/ that hold specs, are executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.mdtest import Case, cases, run

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "tests" / "compiler" / "suites").glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
CASES = [case for page in PAGES for case in cases(page)]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_page_says_what_comes_of_the_spec(case: Case, tmp_path: Path) -> None:
    run(case, tmp_path)


WRONG = {
    "an error nobody expects": "```eris\nslo available: success >= 5 s\n```\n",
    "an error on another line": "```eris\n// error: E0302\n\nseed 1\nslo available: success >= 5 s\n```\n",
    "an error that does not come": "```eris\nseed 1 // error: E0302\n```\n",
    "other words": "```eris\nslo available: success >= 5 s // error: E0302 apples\n```\n",
    "a warning too many": "```eris\nparam a: int = 1 // warning: W0201\nparam b: int = 1\n```\n",
    "other diagnostics": "```eris\nparam a: int = 1\n```\n\n```diagnostics\n```\n",
    "another timeline": "```eris\nseed 1\n```\n\n```timeline\n```\n",
    "another plan": '```eris\nseed 1\n```\n\n```json plan\n{"seed": 2}\n```\n',
    "a list of another length": '```eris\nseed 1\n```\n\n```json plan\n{"cells": []}\n```\n',
    "an unknown word": "```eris holw\nseed 1\n```\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_page_that_says_something_else_fails(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERISC_UPDATE_GOLDENS", raising=False)
    page = tmp_path / "page.md"
    page.write_text(text)
    (case,) = cases(page)
    with pytest.raises(AssertionError):
        run(case, tmp_path)
