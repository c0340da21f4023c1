"""The grammar, analysed by lark: the only module that imports it, and only when the cache has no tables."""

from __future__ import annotations

import json

from lark import Lark
from lark.grammar import Rule as LarkRule
from lark.parsers.lalr_analysis import Shift

from erisc.compiler.lexing import pattern_of, prepared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_START = "start"


def make_parser(grammar: str, *, strict: bool = False) -> Lark:
    """lark's own parser of the grammar. strict: refuse conflicts and colliding terminals (needs interegular)."""
    return Lark(grammar, parser="lalr", start=_START, maybe_placeholders=True, strict=strict)


def build(grammar: str, keywords: str, units: str) -> dict[str, Any]:
    """The fields of `erisc.compiler.tables.Tables` as plain values, rules as tuples."""
    lark = make_parser(grammar)
    table = lark.parser.parser._parse_table
    rules = list(lark.rules)
    number = {id(rule): index for index, rule in enumerate(rules)} | {rule: index for index, rule in enumerate(rules)}
    states = sorted(table.states)
    terminals = {terminal.name for terminal in lark.terminals} | {"$END"}
    actions, gotos = [], []
    for state in states:
        row = sorted(table.states[state].items(), key=lambda item: str(item[0]))
        actions.append({str(n): a if k is Shift else ~number[a] for n, (k, a) in row if n in terminals})
        gotos.append({str(n): a for n, (k, a) in row if n not in terminals})
    return {
        "actions": tuple(actions),
        "gotos": tuple(gotos),
        "rules": tuple(_rule(rule) for rule in rules),
        "start": table.start_states[_START],
        "end": table.end_states[_START],
        **_terminals(lark),
        "statements": tuple(json.loads(keywords)["statements"]),
        "units": json.loads(units),
    }


def _terminals(lark: Lark) -> dict[str, Any]:
    words: dict[str, str] = {}
    marks: dict[str, str] = {}
    patterns: dict[str, str] = {}
    for terminal in lark.terminals:
        text = str(terminal.pattern.value)
        if terminal.pattern.type == "re":
            patterns[str(terminal.name)] = text
        elif text.isidentifier():
            words[text] = str(terminal.name)
        else:
            marks[text] = str(terminal.name)
    return {"words": words, "marks": marks, "patterns": patterns, "token": prepared(pattern_of(patterns, marks))}


def _rule(rule: LarkRule) -> tuple[object, ...]:
    """As lark's tree builder would shape it: what is kept, and where an absent option leaves a hole."""
    name = str(rule.origin.name)
    holes = _holes(rule)
    children: list[int | None] = []
    for index, symbol in enumerate(rule.expansion):
        children += [None] * holes[index]
        if rule.options.keep_all_tokens or not (symbol.is_term and getattr(symbol, "filter_out", False)):
            children.append(index)
    children += [None] * holes[len(rule.expansion)]
    single = rule.options.expand1 and not rule.alias
    return name, str(rule.alias or name), len(rule.expansion), tuple(children), name.startswith("_"), single


def _holes(rule: LarkRule) -> list[int]:
    marks = "".join(str(int(empty)) for empty in rule.options.empty_indices)
    return [len(ones) for ones in marks.split("0")] if marks else [0] * (len(rule.expansion) + 1)
