"""JSON read piece by piece: the reader asks for the members and items it wants, one complete value at a time.

A report of a gigabyte is never in memory as a whole, and one that was cut off gives everything before the cut.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

PIECE = 1 << 18
"""Characters read at a time."""
SPACE = " \t\r\n"
NEAR = 16
"""Characters before the end of what was read in which an error may only mean that more is to come."""

HALVES = ("\\ud", "\\uD")
"""What an escaped surrogate begins with: JSON may hold half a character, a table may not."""
WORDS = ("true", "false", "null", "NaN", "-Infinity", "Infinity")


class CutError(ValueError):
    """The text ends, or stops being JSON, at this place: line and column from 1."""

    def __init__(self, line: int, column: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.column = column


class Pull:
    """A cursor over a JSON text in pieces. Each method raises CutError where the text does not go on as JSON does."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._text = ""
        self._at = 0
        self._lines = 0
        self._column = 0
        self._over = False
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The first character of what comes next, "" at the end of the text."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """The keys of an object, in order; after each the caller takes its value."""
        self._expect("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._cut("a key was expected")
            key = self.value()
            self._expect(":")
            yield key
            if self._separator("}"):
                return

    def items(self) -> Iterator[None]:
        """A turn for every item of a list; in each the caller takes the item."""
        self._expect("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield None
            if self._separator("]"):
                return

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                ahead = error.pos - self._at
                if self._unfinished(error) and self._more():
                    continue
                raise self._cut(self._said(error), ahead) from None
            except RecursionError:
                raise self._cut("nested too deeply") from None
            except ValueError as error:  # a whole number of more digits than Python converts
                raise self._cut(str(error)) from None
            if not (isinstance(value, (int, float)) and self._goes_on(end) and self._more()):
                halves = any(self._text.find(mark, self._at, end) >= 0 for mark in HALVES)
                self._at = end
                return _clean(value) if halves else value

    def _goes_on(self, end: int) -> bool:
        """A number that ends with what was read, or before a point or an exponent there, may go on."""
        return end == len(self._text) or (end >= len(self._text) - NEAR and self._text[end] in ".eE")

    def _unfinished(self, error: json.JSONDecodeError) -> bool:
        return error.pos >= len(self._text) - NEAR or error.msg.startswith("Unterminated string")

    def _said(self, error: json.JSONDecodeError) -> str:
        """A string that is not closed, or that ends in half an escape, was cut off."""
        half = error.msg.startswith("Invalid \\u") and error.pos >= len(self._text) - NEAR
        return "the text ends here" if half or error.msg.startswith("Unterminated string") else error.msg

    def _expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise self._cut(f"{mark} was expected")
        self._at += 1

    def _separator(self, end: str) -> bool:
        """Past a comma, or past the end of the object or list; whether it was the end."""
        mark = self.peek()
        if mark not in (",", end) or not mark:
            raise self._cut(f", or {end} was expected")
        self._at += 1
        return mark == end

    def _more(self) -> bool:
        """Read on; whether there was anything. What lies behind is let go. Pieces double while a value needs them."""
        kept = self._text[self._at :]
        gone = self._text[: self._at]
        self._lines += gone.count("\n")
        self._column = len(gone) - gone.rfind("\n") - 1 if "\n" in gone else self._column + len(gone)
        self._text, self._at = kept, 0
        wanted, fresh = max(1, len(kept)), []
        while wanted > 0 and not self._over:
            piece = next(self._source, "")
            self._over = not piece
            fresh.append(piece)
            wanted -= len(piece)
        self._text += "".join(fresh)
        return len(self._text) > len(kept)

    def _cut(self, what: str, ahead: int = 0) -> CutError:
        """What is wrong, `ahead` characters from here."""
        place = self._at + ahead
        before = self._text[:place]
        column = len(before) - before.rfind("\n") - 1 if "\n" in before else self._column + len(before)
        rest = self._text[place:].strip()
        ends = self._over and any(word.startswith(rest) for word in WORDS)
        return CutError(self._lines + before.count("\n") + 1, column + 1, "the text ends here" if ends else what)


def _clean(value: Any) -> Any:
    """The value without half characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value
