"""Lint as a whole: rules are complete and cheap, and an author can say that a finding is meant."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import erisc.compiler.lint
from erisc.compiler.lint import catalogue
from tests.compiler.frame import check, codes, patched

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_file_of_a_rule_is_in_a_tuple() -> None:
    folder = Path(erisc.compiler.lint.__file__).parent
    files = {path.stem.split("_")[0].upper() for path in folder.glob("w*_*.py")}
    assert files == {rule.code for rule in catalogue()} - {"W0290", "W0291"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.eris")), ids=lambda path: path.stem)
def test_the_examples_are_clean(path: Path) -> None:
    from erisc.compiler import lint_spec

    assert lint_spec(str(path)).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("param a: int = 3 // erisc: allow W0201", []),
        ("param a: int = 3 // erisc: allow W0201, W0204 for the manual", ["W0291"]),
        ("// erisc: allow W0201 for the manual\n// and why\n\nparam a: int = 3", []),
        ("// erisc:allow W0201\nparam a: int = 3\nparam b: int = 3", ["W0201"]),
        ("param a: int = 3 // erisc: allow W0204", ["W0201", "W0291"]),
        ("param a: int = 3 // erisc: allow W9999", ["W0201", "W0290"]),
        ("param a: int = 3 // erisc: allow", ["W0201", "W0290"]),
        ("param a: int = 3 // erisc: ignore W0201", ["W0201", "W0290"]),
        ('param a: string = "// erisc: allow W0201"', ["W0201"]),
    ],
)
def test_a_comment_allows_what_it_names_where_it_stands(text: str, left: list[str], tmp_path: Path) -> None:
    assert codes(check(tmp_path, patched(text))) == left


def test_an_error_is_never_silenced(tmp_path: Path) -> None:
    result = check(tmp_path, patched("param a: int = 3 s // erisc: allow E0302"))
    assert "E0302" in codes(result)
    assert "W0290" in codes(result)
    assert result.plan is None


def test_a_misspelt_code_is_mended_by_the_fix(tmp_path: Path) -> None:
    result = check(tmp_path, patched("param a: int = 3 // erisc: allow W0210"))
    fix = next(found.fix for found in result.diagnostics if found.code == "W0290")
    assert fix is not None
    assert fix.replacement.startswith("W02")


def test_a_clean_lint_loads_no_catalogue(tmp_path: Path) -> None:
    import subprocess

    script = (
        "import sys; from erisc.compiler import lint_spec; r = lint_spec(sys.argv[1]); assert not r.diagnostics;"
        "print([m for m in sys.modules if 'codes_of' in m or m.endswith(('lint.allow', 'render', 'difflib'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(EXAMPLES / "quickstart.eris")], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_text_in_place_of_a_file(tmp_path: Path) -> None:
    from erisc.compiler import lint_spec

    path = tmp_path / "spec.eris"
    path.write_text(patched("seed 2"))
    given = lint_spec(str(path), texts={str(path): patched("param a: int = 3").encode()})
    assert codes(given) == ["W0201"]
    assert (
        lint_spec("no/such.eris", texts={str(Path("no/such.eris").absolute()): b"\xff"}).diagnostics[0].code == "E0107"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import std.faults { kill, freeze }", "import std.faults { kill }"),
        ("import std.faults { freeze, kill }", "import std.faults { kill }"),
        ("import std.faults { kill, freeze, stop }", "import std.faults { kill, stop }"),
        ("import std.faults { kill,\n  freeze }", "import std.faults { kill }"),
        ("import std.faults { kill }\nimport std.arch.ha3", "import std.faults { kill }"),
        ('import std.faults { kill }\nimport "parts.eris" { b }', "import std.faults { kill }"),
    ],
)
def test_the_fix_of_an_unused_import_takes_out_no_more(before: str, after: str, tmp_path: Path) -> None:
    (tmp_path / "parts.eris").write_text("edition 2026\nparam b: int = 3\n")
    text = patched("seed 1").replace("import std.faults { kill }", before)
    (found, *_) = [one for one in check(tmp_path, text).diagnostics if one.code == "W0201"]
    assert found.fix is not None
    lines = text.split("\n")
    span = found.fix.span
    start = sum(len(line) + 1 for line in lines[: span.line - 1]) + span.column - 1
    end = sum(len(line) + 1 for line in lines[: span.end_line - 1]) + span.end_column - 1
    assert text[:start] + text[end:] == patched("seed 1").replace("import std.faults { kill }", after)


def test_a_file_of_parts_is_for_others(tmp_path: Path) -> None:
    parts = "edition 2026\nparam pause: duration = 5 s\nparam other: int = 3\n"
    assert codes(check(tmp_path, parts)) == []
    (tmp_path / "parts.eris").write_text(parts + "param more: int = 3 // erisc: allow W0201\n")
    spec = patched('import "parts.eris"').replace("for 5 s", "for pause")
    assert codes(check(tmp_path, spec)) == []
