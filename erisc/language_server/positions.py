"""Characters of a text to positions of the protocol and back, in the encoding that client and server agreed on."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from lsprotocol import types


class Positions:
    """Lines of one text. encoding: what `character` counts: UTF-16 units (the default), UTF-8 bytes or code points."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self.encoding = encoding

    def position(self, offset: int) -> types.Position:
        """Of a character; beyond the end it is the end."""
        line = bisect_right(self.starts, min(offset, len(self.text))) - 1
        line = min(line, len(self.lines) - 1)
        return types.Position(line, self._units(self.lines[line][: offset - self.starts[line]]))

    def offset(self, position: types.Position) -> int:
        """The character at a position; one that does not exist is the nearest."""
        if position.line >= len(self.lines):
            return len(self.text)
        line = self.lines[position.line]
        units = 0
        for index, character in enumerate(line):
            if units >= position.character:
                return self.starts[position.line] + index
            units += self._units(character)
        return self.starts[position.line] + len(line)

    def range(self, start: int, end: int) -> types.Range:
        """A stretch, the end exclusive."""
        return types.Range(self.position(start), self.position(end))

    def of_span(self, line: int, column: int) -> int:
        """The character at a line and column of a span, both from 1."""
        if line > len(self.lines):
            return len(self.text)
        return self.starts[line - 1] + min(column - 1, len(self.lines[line - 1]))

    def _units(self, text: str) -> int:
        if self.encoding == "utf-32":
            return len(text)
        size = len(text.encode(self.encoding if self.encoding == "utf-8" else "utf-16-le", "surrogatepass"))
        return size if self.encoding == "utf-8" else size // 2
