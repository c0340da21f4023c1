"""The lexer: one regular expression of all terminals, whose compiled form is kept beside the parse tables.

To import `re` and to compile the expression is a sixth of a lint, so a warm start does neither. What `re.compile`
hands to `_sre`, the interpreter's engine, is stored; an engine with another MAGIC gets the text compiled.
See docs/decisions/2026-11-21-start-up.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    Token = tuple[str, int, int, tuple[int, ...], int]
    """Text, flags, number of groups, the engine's code, and the engine's MAGIC."""

KINDS = ("", "QUANTITY", "NUMBER", "NAME", "STRING", "COMPARE", "MARK", "$END", "BAD")
"""What the groups of the expression are; one of them matches anywhere."""


def pattern_of(patterns: dict[str, str], marks: dict[str, str]) -> str:
    """The expression of a token, with the white space and the comments before it."""
    import re

    signs = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    parts = [patterns[kind] for kind in KINDS[1:6]] + [signs, r"\Z", r"(?s:.)"]
    skip = f"(?:{patterns['SPACE']}|{patterns['COMMENT']})*"
    return skip + "(?:" + "|".join(f"({part})" for part in parts) + ")"


def prepared(text: str) -> Token:
    """An expression without named groups, in the engine's own form; without code where this Python hides it."""
    try:
        import _sre  # type: ignore[import-not-found, unused-ignore]
        from re import _compiler, _parser  # type: ignore[attr-defined, unused-ignore]

        parsed = _parser.parse(text)
        code = tuple(int(word) for word in _compiler._code(parsed, 0))
        return text, parsed.state.flags, parsed.state.groups - 1, code, _sre.MAGIC
    except (ImportError, AttributeError):
        return text, 0, 0, (), 0


def ready(token: Token) -> re.Pattern[str]:
    """The expression, compiled already if it was by this engine."""
    text, flags, groups, code, magic = token
    if code:
        try:
            import _sre

            if magic == _sre.MAGIC:
                made: re.Pattern[str] = _sre.compile(text, flags, list(code), groups, {}, (None,) * (groups + 1))
                return made
        except (ImportError, AttributeError, TypeError, RuntimeError):  # an engine with another way to be called
            pass
    import re

    return re.compile(text)
