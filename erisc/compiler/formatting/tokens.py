"""The words and signs of a spec, and the comments between them.

Commas are left out: the layout says where they stand. A comment belongs to the token it follows on the same line, or
else to the one it comes before.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PIECE = re.compile(r"\n|//[^\n]*")


class Comment:
    """A comment on a line of its own. blank: a blank line comes before it."""

    __slots__ = ("blank", "text")

    def __init__(self, text: str, blank: bool) -> None:
        self.text, self.blank = text, blank


class Token:
    """leading: comments on lines of their own above it. trailing: the one after it on its line, or ""."""

    __slots__ = ("blank", "leading", "start", "text", "trailing")

    def __init__(self, text: str, start: int, leading: list[Comment], blank: bool) -> None:
        self.text, self.start, self.leading, self.blank = text, start, leading, blank
        self.trailing = ""


def tokenise(text: str, spans: Iterable[tuple[int, int]]) -> list[Token]:
    """The tokens at `spans`, and an empty one at the end of the text."""
    tokens: list[Token] = []
    leading: list[Comment] = []
    position = lines = 0
    for start, end in [*spans, (len(text), len(text))]:
        for piece in _PIECE.findall(text, position, start):
            if piece == "\n":
                lines += 1
            elif lines or leading or not tokens or tokens[-1].trailing:
                leading.append(Comment(piece.rstrip(), lines > 1))
                lines = 0
            else:
                tokens[-1].trailing = piece.rstrip()
        position = end
        lexeme = text[start:end]
        if lexeme != ",":
            tokens.append(Token(lexeme, start, leading, lines > 1))
            leading, lines = [], 0
    tokens[-1].blank = False
    return tokens


def comments(text: str, spans: Iterable[tuple[int, int]]) -> list[str]:
    """All comments in order, without white space at their ends."""
    found, position = [], 0
    for start, end in [*spans, (len(text), len(text))]:
        found += [piece.rstrip() for piece in _PIECE.findall(text, position, start) if piece != "\n"]
        position = end
    return found
