"""Every code means what the catalogue says: its example yields it, the mended one does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erisc.compiler.codes import Code, catalogue
from tests.compiler.frame import check, codes, patched

COMPILER = Path(__file__).parents[2] / "erisc" / "compiler"
NOT_IN_THE_TEXT = {"E0105", "E0106", "E0107"}


def settings(text: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    return {name: value} if equals else {}


def found(folder: Path, code: Code, example: str, setting: str) -> list[str]:
    whole = check(folder, patched(example))
    chosen = check(folder, patched(example), every=False, settings=settings(setting))
    return codes(whole) + codes(chosen)


@pytest.mark.parametrize("code", catalogue().values(), ids=lambda code: code.code)
def test_the_example_fails_and_the_mended_one_compiles(code: Code, tmp_path: Path) -> None:
    if code.code in NOT_IN_THE_TEXT:
        assert not code.example
        return
    assert code.code in found(tmp_path, code, code.example, code.setting)
    mended = check(tmp_path, patched(code.mended), every=False, settings=settings(code.mended_setting))
    assert code.code not in codes(mended)
    assert mended.plan is not None, mended.diagnostics


def test_every_code_that_can_be_raised_is_in_the_catalogue() -> None:
    raised = set()
    for path in COMPILER.rglob("*.py"):
        if not path.name.startswith("codes"):
            raised |= set(re.findall(r'"([EW]0\d{3})"', path.read_text()))
    assert raised == set(catalogue())
    assert all(code.title and code.explanation and code.mend for code in catalogue().values())


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("E0106", b"edition 2026\n" + b"// long\n" * 400_000),
        ("E0106", b"edition 2026\n" + b"seed 1\n" * 2500),
        ("E0107", b"edition 2026\nseed 1\0\n"),
        ("E0107", b"edition 2026\nseed \xff\n"),
    ],
)
def test_files_that_are_no_specs(code: str, data: bytes, tmp_path: Path) -> None:
    assert code in codes(check(tmp_path, data))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.eris", tmp_path / "a\0b"):
        from erisc.compiler import lint_spec

        result = lint_spec(str(path))
        assert [d.code for d in result.diagnostics] == ["E0105"]
        assert result.plan is None
