"""The grammar has no conflicts, and our driver is lark's parser: same tokens in, same verdict, same tree."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lark import Lark, Token
from lark.exceptions import UnexpectedInput

from erisc.base.home import data_file
from erisc.base.record import fields, is_record
from erisc.compiler import ast
from erisc.compiler.grammar import make_parser
from erisc.compiler.lalr import Parser
from erisc.compiler.tables import load_tables
from tests.compiler.frame import FIXTURES, FRAME

LANGUAGE = (FIXTURES / "language.eris").read_text()
RICH = (FIXTURES / "rich.eris").read_text()


@functools.cache
def theirs() -> Lark:
    with open(data_file("grammar", "erisc.lark"), encoding="utf-8") as file:
        return make_parser(file.read())


@functools.cache
def ours() -> Parser:
    return Parser(load_tables())


def test_the_grammar_is_lalr_without_conflicts_or_colliding_terminals() -> None:
    with open(data_file("grammar", "erisc.lark"), encoding="utf-8") as file:
        make_parser(file.read(), strict=True)


def accepted(text: str) -> bool:
    try:
        theirs().parse(text)
    except UnexpectedInput:
        return False
    return True


def leaves(value: Any) -> list[str]:
    """The words of a tree, in order."""
    if isinstance(value, ast.Word):
        return [value.text]
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    if is_record(value):
        return [leaf for name in fields(value) if name not in ("start", "end") for leaf in leaves(getattr(value, name))]
    return []


def tokens(tree: Any) -> list[str]:
    return [str(token) for token in tree.scan_values(lambda value: isinstance(value, Token))]


@pytest.mark.parametrize("text", [LANGUAGE, RICH, FRAME], ids=["language", "rich", "frame"])
def test_the_whole_language_parses_to_the_same_words(text: str) -> None:
    statements, problems = ours().parse(text)
    assert problems == []
    assert sorted(leaves(statements)) == sorted(tokens(theirs().parse(text)))


WORDS = sorted(
    {"boot", "x", "3", "5 min", "2.5", '"text"', "<=", "==", "// c\n", "\n", " "}
    | set(load_tables().words)
    | set(load_tables().marks)
)
SPLIT = [word for text in (LANGUAGE, RICH) for word in text.split("\n") if word.strip()]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(SPLIT), max_size=6),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(WORDS)), max_size=3),
    st.integers(0, 400),
)
def test_lark_and_our_driver_agree(lines: list[str], edits: list[tuple[int, str]], cut: int) -> None:
    text = "\n".join(lines)
    for place, word in edits:
        text = f"{text[:place]} {word} {text[place:]}"
    if cut < len(text):
        text = text[:cut]
    assert (not ours().parse(text)[1]) == accepted(text), text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, len(RICH)), st.integers(0, 30), st.sampled_from(["", *WORDS]))
def test_they_agree_on_a_spec_with_one_slip(start: int, length: int, word: str) -> None:
    text = f"{RICH[:start]} {word} {RICH[start + length :]}"
    assert (not ours().parse(text)[1]) == accepted(text), text


@pytest.mark.parametrize("word", sorted(load_tables().words))
def test_any_keyword_may_be_a_field_a_label_or_a_value(word: str, tmp_path: Any) -> None:
    from tests.compiler.frame import check, patched

    text = patched(
        f"param {word}: duration = 60 s\n"
        f'architecture site extends single {{\n  node compute * 2 {{ labels {{ {word} = "x" }} }}\n}}\n'
        f'workload boot on site {{\n  run rally("D.d") {{ a = 1\n {word} = {word}, {word}2 {{ {word} = 1 }} }}\n'
        f"  hold 2 req/s for {word} as {word}\n}}\n"
        f"kpi success: ratio = count(boot[ok] during boot.{word}) / count(boot during boot.{word})\n"
    ).replace("param load: duration = 60 s\n", "" if word != "load" else "param load: duration = 60 s\n", 1)
    result = check(tmp_path, text)
    assert result.plan is not None, result.diagnostics
    assert dict(result.plan.cells[0].workloads[0].arguments.items)[word] == 60.0


def one(text: str) -> Any:
    statements, problems = ours().parse(text)
    assert problems == []
    (statement,) = statements
    return statement


@pytest.mark.parametrize(
    ("condition", "shape"),
    [
        ("down(mariadb) after 20 s at most 1", (None, None, "20 s", "1")),
        ("error_rate(boot, last = 30 s) > 5 % at most 2", (">", "5 %", None, "2")),
        ("count(boot) / 2 >= 3 after 1 s", (">=", "3", "1 s", None)),
        ("down(mariadb)", (None, None, None, None)),
    ],
)
def test_what_a_fault_may_wait_for(condition: str, shape: tuple[str | None, ...]) -> None:
    fault = one(f"faults storm on site {{ fault crash: when {condition} do kill(x) for 1 s }}").items[0]
    when = fault.trigger
    words = [when.operator, *(part and part.word for part in (when.right, when.after, when.most))]
    assert tuple(word and word.text for word in words) == shape


@pytest.mark.parametrize("kind", [ast.Action, ast.Load, ast.Event])
def test_what_the_library_declares_has_typed_parameters(kind: type[ast.Action]) -> None:
    made = one(f"{kind.__name__.lower()} slow(target, by: duration = 10 ms * 2, how: string) {{ a = 1 }}")
    assert isinstance(made, kind)
    shapes = [(p.name.text, p.type and p.type.text, p.default is not None) for p in made.parameters]
    assert shapes == [("target", None, False), ("by", "duration", True), ("how", "string", False)]
    assert one(f"{kind.__name__.lower()} none() {{ a = 1 }}").parameters == ()


def test_windows_that_roll() -> None:
    inner = one("kpi x: duration = max(p95(boot.duration over 10 s) during boot.steady)").formula.arguments[0]
    rolling = inner.of.arguments[0]
    assert isinstance(inner, ast.Windowed)
    assert isinstance(rolling, ast.Rolling)
    assert leaves(rolling.width) == ["10 s"]
    outer = one("kpi y: rate = max(boot.rate before crash for 5 s over 2 s)").formula.arguments[0]
    assert isinstance(outer, ast.Rolling)
    assert isinstance(outer.of, ast.Windowed)


def test_a_stage_may_be_bounded_by_iterations() -> None:
    hold = one("workload boot on site { hold 4 users for 500 iterations as steady }").items[0]
    assert (hold.length.word.text, hold.name.text) == ("500 iterations", "steady")


@pytest.mark.parametrize("word", sorted(set(load_tables().words) - {"run", "iteration"}))
def test_a_keyword_is_no_unit(word: str) -> None:
    spans: list[tuple[int, int]] = []
    ours().parse(f"kpi x: number = 5 {word}", spans)
    assert spans[5:7] == [(16, 17), (18, 18 + len(word))][: len(spans) - 5]


@pytest.mark.parametrize("number", ["1_000", "1_000_000.5", "20_26"])
def test_digits_may_be_grouped(number: str) -> None:
    assert leaves(one(f"kpi x: number = {number}").formula) == [number]
    assert leaves(one(f"kpi x: number = {number}MiB").formula) == [f"{number}MiB"]
