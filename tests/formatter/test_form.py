"""The canonical form: a golden of everything untidy, rules one by one, and our own files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from erisc.base.failure import Failure
from erisc.compiler import ast, formatting
from erisc.compiler.formatting import UnformattableError, format_source
from erisc.compiler.formatting.expressions import EXPRESSIONS
from erisc.compiler.formatting.statements import STATEMENTS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OURS = sorted([*ROOT.glob("examples/**/*.eris"), *ROOT.glob("stdlib/**/*.eris")])
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
SHOWN = re.compile(r"^```eris\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_golden() -> None:
    formatted = format_source((HERE / "untidy.eris").read_text(), "untidy.eris")
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        (HERE / "tidy.eris").write_text(formatted)
    assert formatted == (HERE / "tidy.eris").read_text()
    assert format_source(formatted, "tidy.eris") == formatted


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_specs_are_in_canonical_form(path: Path) -> None:
    text = path.read_text()
    assert format_source(text, path.name) == text, f"erisc fmt {path.relative_to(ROOT)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_specs_in_the_docs_are_in_canonical_form(page: Path) -> None:
    for text in SHOWN.findall(page.read_text()):
        try:
            formatted = format_source(text, page.name)
        except UnformattableError:
            continue
        assert formatted == text


RULES = {
    "": "",
    "\n\n\n": "",
    "seed 1": "seed 1\n",
    "seed 1\n\n\n\nseed 2\n\n": "seed 1\n\nseed 2\n",
    "// only this": "// only this\n",
    "\ufeffseed 1\r\nseed 2\r": "seed 1\nseed 2\n",
    "kpi x:number=-1+2*(3-4)^2": "kpi x: number = -1 + 2 * (3 - 4) ^ 2\n",
    "kpi x: number = 6per   h": "kpi x: number = 6 per h\n",
    "kpi x: number = 1_000.5Gbit/s": "kpi x: number = 1_000.5 Gbit/s\n",
    "image a{b=x c=2}": "image a { b = x, c = 2 }\n",
    "image a{b=1\nc=2}": "image a {\n  b = 1\n  c = 2\n}\n",
    "image a{\n}": "image a {}\n",
    "image a{b=[1,\n2,]}": "image a {\n  b = [\n    1,\n    2,\n  ]\n}\n",
    "image a{b=[1,2,]}": "image a { b = [1, 2] }\n",
    "kpi x: number = f(1,\n2)": "kpi x: number = f(1, 2)\n",
    "kpi x: number = f(1, // one\n2)": "kpi x: number = f(\n  1, // one\n  2,\n)\n",
    "kpi x: number = f(1 // one\n, 2)": "kpi x: number = f(\n  1, // one\n  2,\n)\n",
    "kpi x: number = f(1\n// two\n, 2)": "kpi x: number = f(\n  1,\n  // two\n  2,\n)\n",
    "kpi // a\nx // b\n: number = 1 // c": "kpi // a\n  x // b\n  : number = 1 // c\n",
    "seed 1 // a   \n//b\n\n\n//c\nseed 2": "seed 1 // a\n//b\n\n//c\nseed 2\n",
    "workload w on s {\n\n\nhold 1 for 2\n\n\n\nhold 3 for 4\n\n}": ""
    "workload w on s {\n  hold 1 for 2\n\n  hold 3 for 4\n}\n",
    "workload w on s { // a\n// b\n}": "workload w on s { // a\n  // b\n}\n",
    f"image a {{ b = {'x' * 90}, c = 1 }}": f"image a {{\n  b = {'x' * 90}\n  c = 1\n}}\n",
    f"experiment e {{ use {'a' * 60}, {'b' * 60} }}": f"experiment e {{\n  use {'a' * 60},\n    {'b' * 60}\n}}\n",
    "faults f on s { fault a: at 1 s do together { k(a) for 1 s } }": "faults f on s {\n"
    "  fault a: at 1 s do together {\n    k(a) for 1 s\n  }\n}\n",
}


@pytest.mark.parametrize("text", RULES)
def test_a_rule(text: str) -> None:
    assert format_source(text, "x.eris") == RULES[text]
    assert format_source(RULES[text], "x.eris") == RULES[text]


def test_every_kind_of_node_can_be_written() -> None:
    kinds = {kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.Node)}
    inside = {ast.Node, ast.Names, ast.Effects, ast.Mix, ast.Part}
    assert kinds - inside == set(STATEMENTS) | set(EXPRESSIONS)


def test_errors_of_syntax_are_reported_all() -> None:
    with pytest.raises(UnformattableError) as caught:
        format_source("kpi = 1\nseed 1\nslo x\n", "x.eris")
    assert [(d.code, d.span.line, d.span.column) for d in caught.value.diagnostics] == [
        ("E0101", 1, 5),
        ("E0101", 4, 1),
    ]


@pytest.mark.parametrize(
    "wrong", ["seed 2\n// c\n", "seed 1\n", "seed 1 // c c\n", "seed 1\n// c\nseed 1\n", "kpi", "// c\n"]
)
def test_what_would_change_the_meaning_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "render", lambda doc: wrong)
    with pytest.raises(Failure, match="fault of erisc itself"):
        format_source("seed 1 // c", "x.eris")
