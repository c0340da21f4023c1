"""A call that is read without argparse is read as argparse reads it."""

from __future__ import annotations

import contextlib
import io
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.cli import COMMANDS
from erisc.cli.invoke import parsed
from erisc.cli.plain import read

WORDS = st.sampled_from(
    [
        "a.eris", "b.eris", "-", "--", "", "-1", "a b", "-x", "--json", "--js", "--format", "--format=json", "json",
        "full", "--set", "n=1", "n=-1", "--experiment", "--suite", "-o", "-odir", "dir", "--output", "--check",
        "--diff", "-h", "--cell", "3", "--zone", "--run", "--run-dir", "--kpi", "--history", "--stdio", "E0302",
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(COMMANDS)), st.lists(WORDS, max_size=6))
def test_as_argparse_reads_it(name: str, words: list[str]) -> None:
    declare = import_module(f"erisc.cli.{name}_command").add_arguments
    found = read(declare, words)
    if found is None:
        return
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            expected = parsed(declare, name, words)
        except SystemExit:
            pytest.fail(f"argparse refuses {words}: {said.getvalue()}")
    assert vars(found) == vars(expected)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("lint", "a.eris"),
        ("lint", "--set n=1 --set m=2 --format concise a.eris b.eris"),
        ("lint", "- --json"),
        ("compile", "a.eris -o bundle --experiment trial --json"),
        ("run", "a.eris --zone existing --cloud c"),
        ("explain", "E0302 W0201"),
        ("schema", "plan"),
        ("compare", "one two --min-effect 3%"),
    ],
)
def test_plain_calls(name: str, call: str) -> None:
    declare = import_module(f"erisc.cli.{name}_command").add_arguments
    found = read(declare, call.split())
    assert found is not None
    assert vars(found) == vars(parsed(declare, name, call.split()))


@pytest.mark.parametrize("call", ["", "--help", "a --jso", "a --format xml", "a --json b", "a --set", "a -- b", "-x a"])
def test_the_rest_is_argparses(call: str) -> None:
    assert read(import_module("erisc.cli.lint_command").add_arguments, call.split()) is None
