"""The parser's problems in words. Loaded when there is one."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise

from erisc.compiler.lalr import MAX_STACK, MAX_TOKENS, SyntaxProblem
from erisc.compiler.recovery import column_one
from erisc.compiler.source import Findings, Source, nearest
from erisc.compiler.tables import Tables

_NAMED = {
    "NAME": "a name",
    "STRING": "a string",
    "NUMBER": "a number",
    "QUANTITY": "a quantity",
    "COMPARE": "a comparison",
    "$END": "the end of the file",
}
_VALUE = {"NAME", "STRING", "NUMBER", "QUANTITY", "LPAR", "LSQB", "MINUS"}
_CHARACTERS = {"'": 'strings are written in double quotes, `"…"`', "#": "comments start with `//`"}
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_WORD = re.compile(r"\w+")


def lost(text: str, problems: list[SyntaxProblem], tables: Tables) -> frozenset[str]:
    """Names declared or imported by the broken statements, so that their users are not reported as well."""
    found: set[str] = set()
    ends = column_one(tables, text) if problems else []
    for start in {problem.statement for problem in problems}:
        end = ends[min(bisect_right(ends, start), len(ends) - 1)]
        words = _WORD.findall(text, start, end)
        inner = {word for before, word in pairwise(words) if before in ("fault", "as", "network", "server")}
        found |= set(words[1:]) if words[:1] == ["import"] else set(words[1:3]) | inner
    return frozenset(found)


def explain(source: Source, problem: SyntaxProblem, tables: Tables, findings: Findings) -> None:
    """Say what is wrong, and what was probably meant."""
    span = source.between(problem.start, problem.end)
    text = source.text[problem.start : problem.end]
    if problem.kind == "depth":
        help_ = f"at most {MAX_STACK} levels; name parts of a formula with `kpi`"
        findings.add("E0104", "this nests too deeply", span, help=help_)
    elif problem.kind == "tokens":
        what = f"a spec has at most {MAX_TOKENS} words and signs, over all its files"
        findings.add("E0106", what, span, help="put less into it")
    elif problem.kind == "string":
        findings.add("E0103", "this string is not closed", span, help='end it with `"` on the same line')
    elif problem.kind == "character":
        findings.add("E0102", f"{text!r} has no meaning here", span, help=_CHARACTERS.get(text, ""))
    elif not _unclosed(source, problem, tables, findings):
        _unexpected(source, problem, text, tables, findings)


def _unclosed(source: Source, problem: SyntaxProblem, tables: Tables, findings: Findings) -> bool:
    """Whether something is still open where the next statement, or the end of the file, comes."""
    line = source.text.rfind("\n", 0, problem.start) + 1
    word = _WORD.match(source.text, line)
    starts = word is not None and word[0] in tables.statements and word.end() <= problem.end
    ends = problem.start == problem.end
    if not (starts or ends) or not 0 <= problem.opened < line:
        return False
    mark = source.text[problem.opened]
    what = "block" if mark == "{" else "list" if mark == "[" else "parenthesis"
    labels = [(source.between(problem.opened, problem.opened + 1), f"this {what} is not closed")]
    before = f"`{word[0]}`" if starts and word else "the end of the file"
    place = source.between(*(word.span() if starts and word else (problem.start, problem.end)))
    construct = _construct(source.text, problem)
    findings.add("E0101", f"expected `{_CLOSING[mark]}` in {construct}, found {before}", place, labels=labels)
    return True


def _unexpected(source: Source, problem: SyntaxProblem, text: str, tables: Tables, findings: Findings) -> None:
    construct = _construct(source.text, problem)
    where = f" in {construct}" if construct else ""
    found = f"`{_short(text)}`" if text else "the end of the file"
    start, end, guess = _guess(source.text, problem, text, tables)
    help_, fix = (f"did you mean `{guess}`?", (source.between(start, end), guess)) if guess else ("", None)
    summary = f"expected {_due(problem.expected, tables)}{where}, found {found}"
    findings.add("E0101", summary, source.between(problem.start, problem.end), help=help_, fix=fix)


def _guess(whole: str, problem: SyntaxProblem, text: str, tables: Tables) -> tuple[int, int, str]:
    """What was probably meant, and the stretch it would replace."""
    pair = whole[problem.start : problem.start + 2]
    if pair in ("=>", "=<") and "COMPARE" in problem.expected:
        return problem.start, problem.start + 2, ">=" if pair == "=>" else "<="
    words = [word for word, terminal in tables.words.items() if terminal in problem.expected]
    close = _WORD.fullmatch(text) and text not in words
    return problem.start, problem.end, nearest(text, words) if close else ""


def _due(expected: tuple[str, ...], tables: Tables) -> str:
    """What would do, as a list of at most seven."""
    names = {terminal: f"`{text}`" for text, terminal in (tables.words | tables.marks).items()} | _NAMED
    due = set(expected)
    shown = []
    if due >= _VALUE:
        shown, due = ["a value"], due - _VALUE - {"LBRACE", "ITERATION"}
    elif "PLUS" in due:
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
