"""Whole rendered errors and whole Plans, as files. `ERISC_UPDATE_GOLDENS=1 pytest` writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from erisc.base import json_text
from erisc.compiler import lint_spec
from erisc.compiler.plan_json import plan_to_json
from erisc.compiler.render import render, render_concise, to_json
from tests.compiler.frame import FIXTURES

GOLDENS = Path(__file__).parent / "goldens"


def same(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("name", ["five_errors", "blocks", "units", "timeline"])
def test_rendered_errors(name: str) -> None:
    result = lint_spec(str(FIXTURES / f"{name}.eris"))
    assert result.plan is None
    same(f"{name}.txt", render(result.diagnostics, result.sources, color=False))


@pytest.mark.parametrize("name", ["quickstart", "rich"])
def test_plans(name: str) -> None:
    result = lint_spec(str(FIXTURES / f"{name}.eris"))
    assert result.diagnostics == ()
    assert result.plan is not None
    same(f"{name}.plan.json", json_text.dump(plan_to_json(result.plan)).decode())


def test_five_planted_errors_give_five_reports_where_they_are() -> None:
    result = lint_spec(str(FIXTURES / "five_errors.eris"))
    places = [(d.code, d.span.line, d.span.column) for d in result.diagnostics]
    assert places == [("E0303", 7, 27), ("E0101", 16, 16), ("E0401", 20, 27), ("E0302", 24, 11), ("E0201", 26, 16)]


def test_colours_change_nothing_but_colours() -> None:
    import re

    result = lint_spec(str(FIXTURES / "units.eris"))
    colored = render(result.diagnostics, result.sources, color=True)
    assert "\x1b[1;31merror" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == render(result.diagnostics, result.sources, color=False)


def test_concise_and_json_say_the_same() -> None:
    result = lint_spec(str(FIXTURES / "five_errors.eris"))
    data = json.loads(json.dumps(to_json(result.diagnostics)))
    lines = [f"{d['span']['file']}:{d['span']['line']}:{d['span']['column']}: {d['code']} {d['summary']}" for d in data]
    assert "\n".join(lines) + "\n" == render_concise(result.diagnostics)
    assert data[0]["fix"] == {"span": data[0]["span"], "replacement": "s"}
