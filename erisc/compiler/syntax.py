"""Text to statements: the parser's problems in words."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from erisc.base.record import record
from erisc.compiler.lalr import MAX_STACK, Parser, SyntaxProblem
from erisc.compiler.source import Findings, Source, nearest
from erisc.compiler.tables import Tables, load_tables

_NAMED = {
    "NAME": "a name",
    "STRING": "a string",
    "NUMBER": "a number",
    "QUANTITY": "a quantity",
    "COMPARE": "a comparison",
    "$END": "the end of the file",
}
_VALUE = {"NAME", "STRING", "NUMBER", "QUANTITY", "LPAR", "LSQB", "MINUS"}
_WORD = re.compile(r"\w+")
_ready: list[Parser] = []


@record
class Parsed:
    """Statements of one file. lost: the names that broken statements would have declared."""

    source: Source
    statements: tuple[Any, ...]
    lost: frozenset[str]


def parser() -> Parser:
    """The parser, made once a process."""
    if not _ready:
        _ready.append(Parser(load_tables()))
    return _ready[0]


def parse(source: Source, findings: Findings) -> Parsed:
    """Parse one file; every broken statement is one finding."""
    statements, problems = parser().parse(source.text)
    for problem in problems:
        _explain(source, problem, parser().tables, findings)
    lost = frozenset(name for problem in problems for name in _lost(source.text, problem, parser().tables))
    return Parsed(source, tuple(statements), lost)


def _lost(text: str, problem: SyntaxProblem, tables: Tables) -> set[str]:
    """Names declared or imported by the broken statement, so that their users are not reported as well."""
    stop = re.compile(rf"^(?:{'|'.join(tables.statements)})\b", re.MULTILINE).search(text, problem.statement + 1)
    words = _WORD.findall(text[problem.statement : stop.start() if stop else len(text)])
    if words[:1] == ["import"]:
        return set(words[1:])
    inner = {word for before, word in pairwise(words) if before in ("fault", "as", "network", "server")}
    return set(words[1:2]) | inner


def _explain(source: Source, problem: SyntaxProblem, tables: Tables, findings: Findings) -> None:
    span = source.between(problem.start, problem.end)
    text = source.text[problem.start : problem.end]
    if problem.kind == "depth":
        findings.add(
            "E0104", "this nests too deeply", span, help=f"at most {MAX_STACK} levels; name parts of it with `kpi`"
        )
    elif problem.kind == "string":
        findings.add("E0103", "this string is not closed", span, help='end it with `"` on the same line')
    elif problem.kind == "character":
        help_ = (
            'strings are written in double quotes, `"…"`'
            if text == "'"
            else "comments start with `//`"
            if text == "#"
            else ""
        )
        findings.add("E0102", f"{text!r} has no meaning here", span, help=help_)
    else:
        _unexpected(source, problem, text, tables, findings)


def _unexpected(source: Source, problem: SyntaxProblem, text: str, tables: Tables, findings: Findings) -> None:
    due = _due(problem.expected, tables)
    found = f"`{_short(text)}`" if text else "the end of the file"
    construct = _construct(source.text, problem)
    where = f" in {construct}" if construct else ""
    labels = []
    closes = "RBRACE" in problem.expected and problem.opened >= 0
    column_one = not text or source.between(problem.start, problem.start).column == 1
    if closes and column_one:
        opened = source.between(problem.opened, problem.opened + 1)
        labels.append((opened, "this block is not closed"))
    words = [word for word, terminal in tables.words.items() if terminal in problem.expected]
    guess = nearest(text, words) if text and _WORD.fullmatch(text) and text not in words else ""
    fix = (source.between(problem.start, problem.end), guess) if guess else None
    help_ = f"did you mean `{guess}`?" if guess else ""
    span = source.between(problem.start, problem.end)
    findings.add("E0101", f"expected {due}{where}, found {found}", span, labels=labels, help=help_, fix=fix)


def _due(expected: tuple[str, ...], tables: Tables) -> str:
    """What would do, as a list of at most seven."""
    names = {terminal: f"`{text}`" for text, terminal in (tables.words | tables.marks).items()} | _NAMED
    due = set(expected)
    shown = []
    if due >= _VALUE:
        shown, due = ["a value"], due - _VALUE - {"LBRACE", "ITERATION"}
    elif {"PLUS", "STAR"} <= due:
        shown, due = [], due - {"PLUS", "MINUS", "STAR", "SLASH", "CIRCUMFLEX", "LSQB", "LPAR", "DOT"}
    if {"NAME", "SWEEP", "EDITION", "USE"} <= due:
        due -= set(tables.words.values())
    if {"EDITION", "PARAM", "KPI", "SLO"} <= due:
        due -= {tables.words[word] for word in tables.statements}
        shown.append("the next statement")
    shown += sorted((names[terminal] for terminal in due), key=lambda name: (name.startswith("`"), name))
    if not shown:
        return "something else"
    head = shown[:7] + (["…"] if len(shown) > 7 else [])
    return " or ".join([", ".join(head[:-1]), head[-1]]) if len(head) > 1 else head[0]


def _construct(text: str, problem: SyntaxProblem) -> str:
    """The statement around the problem, by its keyword and name: `workload boot`."""
    if problem.statement >= problem.start:
        return ""
    words = _WORD.findall(text[problem.statement : min(problem.start, problem.statement + 200)])[:2]
    return f"`{' '.join(words)}`" if words else ""


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}…"
