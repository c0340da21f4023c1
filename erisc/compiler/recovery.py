"""Where parsing goes on after a problem: at the next item of the same body, or at the next statement.

A broken statement is dropped whole, so nothing that stands in it is judged but its syntax. Inside the body of a
statement parsing goes on only at a line that begins, in the column of the body's first item, with a keyword that begins
an item: whatever the slip was, that line was meant as an item.
"""

from __future__ import annotations

from bisect import bisect_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any

    from erisc.compiler.lalr import SyntaxProblem
    from erisc.compiler.tables import Tables


class Many(list["Any"]):
    """Children of a rule that belong to its parent."""


class Stack:
    """The parser's stack. finished: the statements that stood in it when it was cleared."""

    __slots__ = ("ends", "finished", "starts", "states", "values")

    def __init__(self, start: int) -> None:
        self.states, self.values = [start], [None]  # type: list[int], list[Any]
        self.starts, self.ends = [0], [0]
        self.finished: list[Any] = []

    def clear(self) -> None:
        """Back to the beginning of a statement."""
        whole = self.values[1] if len(self.values) > 1 else None
        self.finished += whole if isinstance(whole, Many) else ()
        self.cut(1)

    def cut(self, height: int) -> None:
        """Keep the lowest entries."""
        for column in (self.states, self.values, self.starts, self.ends):
            del column[height:]


def column_one(tables: Tables, text: str) -> list[int]:
    """Where statements begin, as far as a broken text can tell: at their keywords in column one; and its end."""
    import re  # a sound text need not load it

    pattern = rf"^(?:{'|'.join(tables.statements)})\b"
    return [*(match.start() for match in re.finditer(pattern, text, re.MULTILINE)), len(text)]


def resume(tables: Tables, text: str, stack: Stack, problem: SyntaxProblem, statements: list[int]) -> int | None:
    """Where to go on, with the stack made ready for it; None when there is nothing left to parse.

    statements: what `column_one` found.
    """
    line = text.rfind("\n", 0, problem.start) + 1
    place = bisect_left(statements, max(line, problem.statement + 1))
    statement = statements[place] if place < len(statements) else len(text)
    item = _next_item(tables, text, stack, problem, statement)
    if item is not None:
        return item
    stack.clear()
    return statement if statement < len(text) else None


def _next_item(tables: Tables, text: str, stack: Stack, problem: SyntaxProblem, limit: int) -> int | None:
    body = _body(text, stack, problem.statement)
    if body is None or "NAME" in tables.actions[stack.states[body]]:
        return None
    items = body + 1 < len(stack.states) and _is_list(tables, stack, body + 1)
    height = body + 2 if items else body + 1
    first = stack.starts[body + 1] if body + 1 < len(stack.starts) else problem.start
    broken = stack.starts[height] if height < len(stack.starts) else problem.start
    indent = text[text.rfind("\n", 0, first) + 1 : first]
    if not indent or not indent.isspace():
        return None
    row = tables.actions[stack.states[height - 1]]
    line = text.rfind("\n", 0, problem.start) + 1
    for match in _lines(tables, row, indent).finditer(text, max(line, broken + 1), limit):
        if _goes_on(tables, row[tables.words[match[1]]], match[2]):
            stack.cut(height)
            return match.start(1)
    return None


def _body(text: str, stack: Stack, statement: int) -> int | None:
    """The place in the stack of the brace that opens the statement's body."""
    for place in range(1, len(stack.starts)):
        start = stack.starts[place]
        if start > statement and stack.ends[place] == start + 1 and text[start] == "{":
            return place
    return None


def _is_list(tables: Tables, stack: Stack, place: int) -> bool:
    row = tables.gotos[stack.states[place - 1]]
    return any(origin.startswith("__") and state == stack.states[place] for origin, state in row.items())


def _lines(tables: Tables, row: dict[str, int], indent: str) -> re.Pattern[str]:
    import re

    words = [word for word, terminal in tables.words.items() if terminal in row]
    return re.compile(rf"^{re.escape(indent)}({'|'.join(words) or '(?!)'})\b\s*(\S?)", re.MULTILINE)


def _goes_on(tables: Tables, state: int, mark: str) -> bool:
    """Whether the sign after the keyword fits: `step = 5` is a field, whatever its column."""
    return mark not in ("=", "{") or tables.marks[mark] in tables.actions[state]
