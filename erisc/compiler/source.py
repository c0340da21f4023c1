"""Source texts and the places in them; what a pass has to say about them."""

from __future__ import annotations

from bisect import bisect_right

from erisc.compiler.ast import Node
from erisc.compiler.diagnostics import Diagnostic, Fix, Label
from erisc.compiler.plan import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FINDINGS = 200
_BRIEF = 400
_MANY = 200


class Source:
    """A file by the name that spans carry, and its text."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[int] | None = None

    def span(self, node: Node) -> Span:
        """The span of a node of this file."""
        return self.between(node.start, node.end)

    def between(self, start: int, end: int) -> Span:
        """The span between two character offsets."""
        return Span(self.name, *self._position(start), *self._position(end))

    def quote(self, node: Node) -> str:
        """The text of a node, white space run together."""
        return " ".join(self.text[node.start : node.end].split())

    def _position(self, offset: int) -> tuple[int, int]:
        if self._lines is None:
            self._lines = _line_starts(self.text)
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts


class TooManyError(Exception):
    """There is more to say than anybody would read; `findings` hold what was said."""

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self.findings = findings


class Findings:
    """Diagnostics in the making; the same finding at the same place counts once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._counts = {True: 0, False: 0}

    def add(
        self,
        code: str,
        summary: str,
        span: Span,
        *,
        note: str = "",
        labels: Iterable[tuple[Span, str]] = (),
        help: str = "",  # noqa: A002 - the word of the diagnostic
        fix: tuple[Span, str] | None = None,
    ) -> None:
        """Say it. Raises TooManyError after MAX_FINDINGS errors: whatever the input, the work stays bounded.

        Warnings beyond MAX_FINDINGS are dropped.
        """
        error = code.startswith("E")
        if self._counts[error] >= MAX_FINDINGS:
            if error:
                raise TooManyError(self)
            return
        marks = tuple(Label(*label) for label in labels)
        diagnostic = Diagnostic(
            code, _brief(summary), span, _brief(note), marks, _brief(help), Fix(*fix) if fix else None
        )
        if (code, span) not in self._found:
            self._found[code, span] = diagnostic
            self._counts[error] += 1

    def sorted(self) -> tuple[Diagnostic, ...]:
        """By file, place and code."""
        return tuple(sorted(self._found.values(), key=order))

    @property
    def broken(self) -> bool:
        """Whether an error is among them."""
        return self._counts[True] > 0


def _brief(text: str) -> str:
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def order(diagnostic: Diagnostic) -> tuple[object, ...]:
    """The order diagnostics are shown in: the spec's own files before the library's, then by place."""
    span = diagnostic.span
    return span.file.startswith("std:"), span.file, span.line, span.column, diagnostic.code


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or "". Among many, only its neighbours in the alphabet are compared."""
    from difflib import get_close_matches

    choices = sorted(known)
    if len(choices) > _MANY:
        place = bisect_right(choices, name)
        choices = choices[max(0, place - _MANY // 2) : place + _MANY // 2]
    found = get_close_matches(name[:80], choices, n=1, cutoff=0.6)
    return found[0] if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A help line for a name that does not exist."""
    choices = sorted(known)
    guess = nearest(name, choices)
    if guess:
        return f"did you mean `{guess}`?"
    if not choices:
        return ""
    shown = ", ".join(f"`{choice}`" for choice in choices[:8])
    return f"there is {shown}" + (", …" if len(choices) > 8 else "")
