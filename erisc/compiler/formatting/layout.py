"""Documents that know where they may break, and their printing within a width.

After Wadler, "A prettier printer" (2003), with the line-by-line algorithm of the Prettier formatter: a group is printed
flat when it fits up to the next possible break, otherwise its own lines break and its inner groups are tried again.
"""

from __future__ import annotations

from typing import Any

WIDTH = 100
INDENT = 2

Doc = Any
"""A str without line breaks, a list of Docs, or one of the classes below."""


class Line:
    """`flat` in a flat group, otherwise a new line. blank: after an empty one."""

    __slots__ = ("blank", "flat")

    def __init__(self, flat: str, blank: bool = False) -> None:
        self.flat, self.blank = flat, blank


class Indent:
    """The lines inside stand deeper, when the group around them is broken."""

    __slots__ = ("doc",)

    def __init__(self, doc: Doc) -> None:
        self.doc = doc


class Group:
    """Lines that break together. broken: they do, whether it fits or not.

    hug: what is forced to break inside does not break the group's own lines.
    """

    __slots__ = ("broken", "doc", "hug")

    def __init__(self, doc: Doc, *, broken: bool, hug: bool = False) -> None:
        self.doc, self.broken, self.hug = doc, broken and not hug, hug


class Choice:
    """One text in a flat group, another in a broken one."""

    __slots__ = ("broken", "flat")

    def __init__(self, flat: str, broken: str) -> None:
        self.flat, self.broken = flat, broken


class Remark:
    """A comment where no line has to end: what follows goes on in a new line. own: it has a line of its own."""

    __slots__ = ("own", "text")

    def __init__(self, text: str, own: bool) -> None:
        self.text, self.own = text, own


LINE = Line(" ")
SOFT = Line("")


def render(doc: Doc) -> str:
    """The text of the document, in lines of at most WIDTH columns where it can be broken so."""
    return _Page().print(doc)


class _Page:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.indent = 0
        self.column = 0
        self.remark = ""

    def print(self, doc: Doc) -> str:
        stack: list[tuple[int, bool, Doc]] = [(0, False, doc)]
        while stack:
            indent, flat, doc = stack.pop()
            kind = type(doc)
            if kind is str:
                self.text(doc, indent)
            elif kind is list:
                stack += [(indent, flat, part) for part in reversed(doc)]
            elif kind is Line:
                if flat:
                    self.text(doc.flat, indent)
                else:
                    self.new_line(indent, doc.blank)
            elif kind is Indent:
                stack.append((indent if flat else indent + INDENT, flat, doc.doc))
            elif kind is Group:
                level = not doc.broken and (flat or _fits(doc.doc, stack, WIDTH - self.column))
                stack.append((indent, level, doc.doc))
            elif kind is Choice:
                self.text(doc.flat if flat else doc.broken, indent)
            else:
                self.comment(doc, indent)
        self.new_line(0, False)
        return "\n".join(self.lines) + "\n" if self.lines else ""

    def text(self, text: str, indent: int) -> None:
        if self.remark and text != ",":
            text = text.lstrip()
            if not text:
                return
            self.new_line(indent + INDENT, False)
        if not self.line:
            text = text.lstrip()
            self.column = self.indent
        self.line.append(text)
        self.column += len(text)

    def comment(self, remark: Remark, indent: int) -> None:
        if self.remark or (remark.own and self.line):
            self.new_line(indent + INDENT, False)
        self.remark = remark.text

    def new_line(self, indent: int, blank: bool) -> None:
        line = "".join(self.line).rstrip()
        if self.remark:
            line = f"{line} {self.remark}" if line else self.remark
        if line:
            self.lines.append(" " * self.indent + line)
        if blank and self.lines:
            self.lines.append("")
        self.line, self.remark, self.indent, self.column = [], "", indent, indent


def _fits(doc: Doc, rest: list[tuple[int, bool, Doc]], room: int) -> bool:
    """Whether the flat document, and what follows it up to the next possible break, has at most `room` columns."""
    stack: list[tuple[bool, Doc]] = [(True, doc)]
    below = len(rest)
    while room >= 0:
        if not stack:
            if not below:
                return True
            below -= 1
            stack.append(rest[below][1:])
        flat, doc = stack.pop()
        kind = type(doc)
        if kind is str:
            room -= len(doc)
        elif kind is list:
            stack += [(flat, part) for part in reversed(doc)]
        elif kind is Line:
            if not flat:
                return True
            room -= len(doc.flat)
        elif kind is Indent:
            stack.append((flat, doc.doc))
        elif kind is Group:
            stack.append((flat and not doc.broken, doc.doc))
        elif kind is Choice:
            room -= len(doc.flat if flat else doc.broken)
        else:
            return True
    return False
