"""The parser: a LALR(1) driver with a contextual lexer over the tables of `erisc.compiler.tables`.

The lexer asks the parser's state what it accepts, so a keyword is a keyword only where one is due. After an error the
parser drops the statement and goes on where `erisc.compiler.recovery` says.
"""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.lexing import KINDS, ready
from erisc.compiler.nodes import TooDeepError, builders
from erisc.compiler.recovery import Many, Stack, column_one, resume
from erisc.compiler.tables import Tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from erisc.compiler.nodes import Builder

MAX_STACK = 150
"""Parser states at once: bounds how deep blocks, lists and parentheses nest."""
MAX_PROBLEMS = 100
"""Of one file, after which the parser gives up."""
MAX_TOKENS = 100_000
"""Of one file: some 8000 lines, half a second of parsing."""

_END = "$END"
_PASS, _BUILD, _INLINE = 0, 1, 2
_MARK = 6
"""The group of punctuation in the token pattern: no node keeps it."""


@record
class SyntaxProblem:
    """Where parsing stopped. kind: `token`, `character`, `string`, `depth` or `tokens`. expected: what would do.

    statement: where the broken statement starts. opened: where the innermost open bracket is, or -1.
    """

    kind: str
    start: int
    end: int
    expected: tuple[str, ...]
    statement: int
    opened: int
    previous: int


class Parser:
    """Tables made ready to run. One parser may parse any number of texts."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        made = builders()
        self.rules = [_ready(rule, made) for rule in tables.rules]
        self.token = ready(tables.token)

    def parse(self, text: str, seen: list[tuple[int, int]] | None = None) -> tuple[list[Any], list[SyntaxProblem]]:
        """The sound statements in order, and what is wrong. Start and end of every token are added to `seen`."""
        stack = Stack(self.tables.start)
        problems: list[SyntaxProblem] = []
        tokens: list[tuple[int, int]] = [] if seen is None else seen
        statements: list[int] = []
        position: int | None = 0
        while position is not None:
            problem = self._run(text, stack, position, tokens)
            if problem is None:
                break
            problems.append(problem)
            if len(problems) == MAX_PROBLEMS or problem.kind == "tokens":
                stack.clear()
                break
            statements = statements or column_one(self.tables, text)
            position = resume(self.tables, text, stack, problem, statements)
        dropped = {problem.statement for problem in problems}
        return [statement for statement in stack.finished if statement.start not in dropped], problems

    def _run(self, text: str, stack: Stack, position: int, seen: list[tuple[int, int]]) -> SyntaxProblem | None:
        """Parse from `position` to the end or to the first problem."""
        tables, rules = self.tables, self.rules
        actions, gotos, words, marks = tables.actions, tables.gotos, tables.words, tables.marks
        match_token, kinds, last = self.token.match, KINDS, tables.end
        word = ast.Word
        states, values, starts, ends = stack.states, stack.values, stack.starts, stack.ends
        row = actions[states[-1]]
        while True:
            match = match_token(text, position)
            assert match is not None
            group = match.lastindex or 0
            kind = kinds[group]
            start, position = match.span(group)
            lexeme = match[group]
            if kind == "NAME":
                keyword = words.get(lexeme)
                if keyword is not None and keyword in row:
                    kind = keyword
            elif kind == "MARK":
                kind = marks[lexeme]
            elif kind == "QUANTITY" and kind not in row and "NUMBER" in row:
                import re  # hardly ever

                shorter = re.compile(tables.patterns["NUMBER"]).match(text, start)
                if shorter is not None:
                    kind, lexeme, position = "NUMBER", shorter[0], shorter.end()
            while True:
                action = row.get(kind)
                if action is None:
                    return self._problem(text, stack, kind, start, position)
                if action >= 0:
                    seen.append((start, position))
                    states.append(action)
                    values.append(None if group == _MARK else word(start, position, lexeme))
                    starts.append(start)
                    ends.append(position)
                    row = actions[action]
                    if len(states) > MAX_STACK or len(seen) > MAX_TOKENS:
                        kind = "depth" if len(states) > MAX_STACK else "tokens"
                        return self._problem(text, stack, kind, start, position)
                    break
                how, origin, length, children, build = rules[~action]
                if how == _PASS:
                    states.pop()
                elif length == 0:
                    values.append(build(children, ends[-1], ends[-1]))
                    starts.append(ends[-1])
                    ends.append(ends[-1])
                else:
                    kept = _gather(values, len(values) - length, children)
                    first, final = starts[-length], ends[-1]
                    try:
                        value = build(kept, first, final)
                    except TooDeepError:
                        return self._problem(text, stack, "depth", first, final)
                    del states[-length:], values[-length:], starts[-length:], ends[-length:]
                    values.append(value)
                    starts.append(first)
                    ends.append(final)
                state = gotos[states[-1]][origin]
                if state == last and kind == _END:
                    stack.finished += values[-1]
                    return None
                states.append(state)
                row = actions[state]

    def _problem(self, text: str, stack: Stack, kind: str, start: int, end: int) -> SyntaxProblem:
        states, starts, ends = stack.states, stack.starts, stack.ends
        if kind == "BAD":
            kind = "string" if text[start] == '"' else "character"
        elif kind not in ("depth", "tokens"):
            kind = "token"
        expected = tuple(t for t in self.tables.actions[states[-1]] if kind == "token" and self._would_do(states, t))
        opened = [s for s, e in zip(starts[1:], ends[1:], strict=True) if e == s + 1 and text[s] in "{[("]
        done = len(states) > 1 and _holds_statements(self.tables, states)
        at = starts[2] if done and len(starts) > 2 else (start if done or len(starts) < 2 else starts[1])
        return SyntaxProblem(kind, start, end, expected, at, opened[-1] if opened else -1, ends[-1])

    def _would_do(self, states: list[int], terminal: str) -> bool:
        """Whether the terminal would be shifted here (LALR look-aheads alone promise too much)."""
        stack = list(states)
        while True:
            action = self.tables.actions[stack[-1]].get(terminal)
            if action is None or action >= 0:
                return action is not None
            origin, _, length = self.tables.rules[~action][:3]
            del stack[len(stack) - length :]
            state = self.tables.gotos[stack[-1]][origin]
            if state == self.tables.end:
                return terminal == _END
            stack.append(state)


def _holds_statements(tables: Tables, states: list[int]) -> bool:
    """Whether the bottom of the stack is the list of finished statements."""
    row = tables.gotos[tables.start]
    return any(states[1] == state for origin, state in row.items() if origin.startswith("__start_star"))


def _ready(rule: Any, made: dict[str, Builder]) -> tuple[int, str, int, Any, Any]:
    origin, name, length, children, inline, single = rule
    if length == 1 and children == (0,) and (single or inline) and not origin.startswith("__"):
        return _PASS, origin, length, children, None
    if inline:
        return _INLINE, origin, length, children, _many
    if single and len(children) == 1:
        return _INLINE, origin, length, children, _only
    return _BUILD, origin, length, children, made[name]


def _many(children: list[Any], start: int, end: int) -> Any:
    return Many(children) if not isinstance(children, Many) else children


def _only(children: list[Any], start: int, end: int) -> Any:
    return children[0]


def _gather(values: list[Any], base: int, children: tuple[int | None, ...]) -> list[Any]:
    """The children of a node; those of inlined rules in their place. Extends a growing list instead of copying it."""
    if not children:
        return []
    first = None if children[0] is None else values[base + children[0]]
    kept = first if isinstance(first, Many) else Many([first])
    for index in children[1:]:
        value = None if index is None else values[base + index]
        if isinstance(value, Many):
            kept.extend(value)
        else:
            kept.append(value)
    return kept
