"""`erisc explain` and `erisc schema`."""

from __future__ import annotations

import json

import jsonschema
import pytest

from erisc.reference.code_page import markdown, plain
from erisc.reference.codes import every_code, family
from tests.support import erisc


def test_a_page_says_what_erisc_says() -> None:
    done = erisc("explain", "e0302")
    assert done.returncode == 0
    assert done.stdout.startswith("E0302: the wrong unit\n")
    assert "error[E0302]" in done.stdout
    assert "Mend: " in done.stdout


def test_an_unknown_code_is_refused_with_a_guess() -> None:
    done = erisc("explain", "E0320")
    assert done.returncode == 2
    assert "did you mean E0" in done.stderr


def test_all_are_listed() -> None:
    done = erisc("explain")
    assert all(code in done.stdout and one.title in done.stdout for code, one in every_code().items())
    assert {one["code"] for one in json.loads(erisc("explain", "--json").stdout)["codes"]} == set(every_code())


@pytest.mark.parametrize("code", ["E0101", "E0207", "E0503", "W0601"])
def test_pages_have_all_their_parts(code: str) -> None:
    one = every_code()[code]
    assert family(code) in ("E01", "E02", "E05", "W")
    for page in (plain(one), markdown(one)):
        assert one.title in page
        assert one.mend.split()[0] in page


def test_every_published_schema_is_printed_and_sound() -> None:
    names = [line.split()[0] for line in erisc("schema").stdout.splitlines()]
    assert {"lint", "plan", "program", "schedule"} <= set(names)
    for name in names:
        jsonschema.Draft202012Validator.check_schema(json.loads(erisc("schema", name).stdout))
    assert erisc("schema", "plans").returncode == 2
