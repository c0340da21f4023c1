"""From tokens to documents: what statements and expressions have in common.

A Writer takes the tokens one by one while the tree is walked in the order of the text, so nothing can be lost, doubled
or moved; a comment goes where its token goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from erisc.compiler import ast
from erisc.compiler.formatting.layout import LINE, SOFT, Choice, Doc, Group, Indent, Line, Remark
from erisc.compiler.formatting.tokens import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Part = int | ast.Node | Callable[[], Doc] | None
"""Of a flow: so many tokens, a node, what a function writes, or nothing."""


class Writer:
    """The tokens of one text and the place that is reached.

    forced: how often a line had to break so far. owed: 1 after a comment at the end of a line, which forces a break
    only where something follows.
    """

    def __init__(self, text: str, tokens: list[Token], node: Callable[[Writer, Any], Doc]) -> None:
        self.text = text
        self.tokens = tokens
        self.reached = 0
        self.forced = 0
        self.owed = 0
        self._node = node

    @property
    def next(self) -> Token:
        """The token that is written next."""
        return self.tokens[self.reached]

    def take(self) -> Doc:
        """The next token and its comments."""
        token = self.tokens[self.reached]
        self.reached += 1
        self.settle()
        if not token.leading and not token.trailing:
            return token.text
        self.forced += bool(token.leading)
        self.owed = int(bool(token.trailing))
        after = [Remark(token.trailing, own=False)] if token.trailing else []
        return [*(Remark(comment.text, own=True) for comment in token.leading), token.text, *after]

    def settle(self) -> None:
        """Something follows."""
        self.forced += self.owed
        self.owed = 0

    def tight(self, count: int) -> Doc:
        """So many tokens without spaces between them."""
        return self.take() if count == 1 else [self.take() for _ in range(count)]

    def write(self, node: Any) -> Doc:
        """A node of the tree."""
        return self._node(self, node)

    def flow(self, *parts: Part) -> Doc:
        """The parts with a space between them."""
        docs: list[Doc] = []
        for part in parts:
            if isinstance(part, int):
                for _ in range(part):
                    docs += [" ", self.take()]
            elif part is not None:
                docs += [" ", self.write(part) if isinstance(part, ast.Node) else part()]
        return docs[1:]

    def group(self, write: Callable[[], Doc], *, hug: bool = False) -> Doc:
        """What `write` gives, as one group."""
        self.settle()
        before = self.forced + bool(self.next.leading)
        doc = write()
        return Group(doc, broken=self.forced > before, hug=hug)

    def row(self, write: Callable[[], Doc], line: Line, *, first: bool) -> Doc:
        """One row of several, with the comments and at most one blank line above it."""
        return [*self._above(first, line), write()]

    def _above(self, first: bool, line: Line) -> list[Doc]:
        token = self.next
        docs: list[Doc] = []
        for comment in token.leading:
            docs += [Line("", comment.blank and not first), comment.text]
            first = False
            self.forced += 1
        token.leading = []
        return [*docs, Line(line.flat, blank=True) if token.blank and not first else line]

    def enclosed(
        self,
        items: Sequence[Any],
        write: Callable[[Any], Doc],
        *,
        pad: Line = SOFT,
        comma: Choice | str = ",",
        last: Choice | str = "",
        broken: bool = False,
    ) -> Doc:
        """Brackets around items. pad: inside the brackets; comma: between the items; last: after the last."""
        head = self.take()
        before = self.forced
        docs: list[Doc] = []
        for number, item in enumerate(items):
            docs += [comma] if number else []
            docs.append(self.row(partial(write, item), LINE if number else pad, first=not number))
        tail = self._above(not items, pad)
        self.settle()
        broken = broken or self.forced > before
        self.forced += broken
        end = Line(pad.flat if items else "")
        return Group([head, Indent([*docs, last if items else "", *tail[:-1]]), end, self.take()], broken=broken)

    def breaks(self, node: ast.Node) -> bool:
        """Whether the author broke the line somewhere in the node."""
        return "\n" in self.text[node.start : node.end]

    def names(self, names: ast.Names) -> Doc:
        """Names with commas."""
        words: list[Doc] = [self.take()]
        for _ in names.words[1:]:
            words += [",", LINE, self.take()]
        return Group([words[0], Indent(words[1:])], broken=False) if words[1:] else words[0]
