"""Every code means what the catalogue says: its example yields it, the mended one does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erisc.compiler.codes import Code, catalogue, entries
from erisc.reference.code_page import findings, printed
from erisc.reference.codes import every_code
from erisc.targets.codes import CATALOGUE
from tests.compiler.frame import check, codes

SOURCES = Path(__file__).parents[2] / "erisc"
NOT_IN_THE_TEXT = {"E0105", "E0106", "E0107", "E0213", "E0217"}
"""Their cause is a file, or a call."""
BEHIND_THE_COMPILER = {
    "E0502", "E0512", "E0516", "E0522", "E0525", "E0531", "E0532", "E0541", "E0542", "E0543", "E0544", "E0552", "W0561",
    "W0562", "W0563",
}  # fmt: skip
"""Their cause is another package, or a Plan that this compiler would not have made."""


@pytest.mark.parametrize("code", every_code().values(), ids=lambda code: code.code)
def test_the_example_fails_and_the_mended_one_compiles(code: Code) -> None:
    if not code.example:
        assert code.code in NOT_IN_THE_TEXT | BEHIND_THE_COMPILER
        return
    assert code.code in {found.code for found in findings(code)}
    assert code.code in printed(code)
    left = findings(code, mended=True)
    assert code.code not in {found.code for found in left}
    if code.code != "E0213":
        assert not [found for found in left if found.is_error], left


@pytest.mark.parametrize(("folder", "known"), [("compiler", catalogue()), ("targets", CATALOGUE)])
def test_every_code_that_can_be_raised_is_in_the_catalogue(folder: str, known: dict[str, Code]) -> None:
    raised = set()
    for path in (SOURCES / folder).rglob("*.py"):
        if not path.name.startswith("codes"):
            raised |= set(re.findall(r'"([EW]0\d{3})"', path.read_text()))
    assert raised == set(known)
    assert all(code.title and code.explanation and code.mend for code in known.values())


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


def test_a_code_means_one_thing() -> None:
    codes = [entry.code for entry in (*entries(), *CATALOGUE.values())]
    assert sorted(codes) == sorted(set(codes))
