"""Random specs made from the grammar itself, oddly spaced and commented, and ways to break a text."""

from __future__ import annotations

import functools
from random import Random
from typing import Any

from lark import Lark
from lark.grammar import NonTerminal

from erisc.base.home import data_file
from erisc.compiler.grammar import make_parser
from erisc.compiler.tables import load_tables

_SAMPLES = {
    "NAME": ["boot", "x", "controller", "p99_9", "région", "load", "min", "steady", "at", "over", "event"],
    "STRING": ['"text"', '""', '"a \\" b"', '"// no comment"', '"é{"'],
    "NUMBER": ["1", "0", "2.5", "1_000", "20261121"],
    "QUANTITY": ["30 s", "5%", "99.9  %", "2req/s", "6 per h", "1_0.5 GiB", "500 iterations"],
    "COMPARE": ["<", "<=", ">", ">=", "==", "!="],
}
_GAPS = [
    " ",
    " ",
    " ",
    " ",
    "\n",
    "\n\n\n",
    "\t",
    "\r\n",
    " // remark\n",
    "\n// own line  \n",
    "\n\n//\n\n",
    " //a\n//b\n",
]


@functools.cache
def _lark() -> Lark:
    with open(data_file("grammar", "erisc.lark"), encoding="utf-8") as file:
        return make_parser(file.read())


@functools.cache
def _grammar() -> tuple[dict[str, list[list[Any]]], dict[str, str], dict[str, int]]:
    """Expansions by rule, the text of every fixed terminal, and how high the lowest tree of a rule is."""
    rules: dict[str, list[list[Any]]] = {}
    for rule in _lark().rules:
        rules.setdefault(rule.origin.name, []).append(list(rule.expansion))
    fixed = {t.name: t.pattern.value for t in _lark().terminals if t.pattern.type == "str"}
    heights: dict[str, int] = {}
    while len(heights) < len(rules):
        for name, expansions in rules.items():
            known = [_height(expansion, heights) for expansion in expansions]
            least = min((height for height in known if height is not None), default=None)
            if least is not None:
                heights[name] = least
    return rules, fixed, heights


def _height(expansion: list[Any], heights: dict[str, int]) -> int | None:
    parts = [heights.get(symbol.name) if not symbol.is_term else 0 for symbol in expansion]
    known = [part for part in parts if part is not None]
    return 1 + max(known, default=0) if len(known) == len(parts) else None


def words(random: Random, size: int, start: str = "start") -> list[str]:
    """The tokens of a random sentence. size: about how many rules are expanded freely."""
    rules, fixed, heights = _grammar()
    made: list[str] = []
    stack: list[Any] = [NonTerminal(start)]
    while stack:
        symbol = stack.pop()
        if symbol.is_term:
            made.append(fixed.get(symbol.name) or random.choice(_SAMPLES[symbol.name]))
            continue
        size -= 1
        choices = rules[symbol.name]
        if size < 0:
            least = min(_height(choice, heights) or 0 for choice in choices)
            choices = [choice for choice in choices if _height(choice, heights) == least]
        elif symbol.name.startswith(("__", "start")):
            choices = [choice for choice in choices if len(choice) == max(map(len, choices))]
            choices = choices if symbol.name == "start" or random.random() < 0.6 else rules[symbol.name]
        stack += random.choice(choices)[::-1]
    return made


def spaced(tokens: list[str], random: Random) -> str:
    """The tokens with white space and comments between them, none where none is needed."""
    marks = set(load_tables().marks) | set(_SAMPLES["COMPARE"])
    parts = [random.choice(["", "", "\n", "// first\n", "\ufeff"])]
    for token, after in zip(tokens, [*tokens, ""][1:], strict=True):
        gap = random.choice(_GAPS) if random.random() < 0.4 else " "
        if token[0].isdigit() and after[:1].isalpha() and "\n" not in gap:
            gap = "\n"
        if (token in marks or after in marks) and random.random() < 0.3 and token[-1] not in "-.<>=" != after[:1]:
            gap = ""
        parts += [token, gap]
    return "".join(parts)


def spec(random: Random, size: int) -> str:
    """A random text that the grammar allows; contextual keywords may still make another of it."""
    return spaced(words(random, size), random)


def broken(text: str, random: Random) -> str:
    """The text with one to four slips."""
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.choice([0, 1, 1, 3, 20, 200]))
        other = random.randint(0, len(text))
        piece = random.choice(
            [
                "",
                "",
                text[other : other + random.randint(1, 60)],
                *_SAMPLES["NAME"],
                *_SAMPLES["QUANTITY"],
                *"{}()[]\"'^-=,.\0\r\n/",
                "//",
                "9e999",
                "1" * 400,
            ]
        )
        text = text[:start] + piece + text[end:]
    return text
