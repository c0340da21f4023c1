"""YAML as erisc writes it: block style, and nothing in it that YAML 1.1 or 1.2 could take for something else."""

from __future__ import annotations

import re

from erisc.base.json_text import number, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = r"[A-Za-z0-9_./@+:-]*[A-Za-z0-9_./@+-]"
_PLAIN = re.compile(rf"(?:[A-Za-z_/]|[A-Za-z_/]{_WORD})(?: {_WORD})*\Z", re.ASCII)
"""Text that is safe without quotes. What starts with a digit, sign or dot is quoted: it might be a number or a date."""

_TAKEN = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
"""Words that YAML 1.1 or 1.2 read as a boolean or null, in lower case."""

_LONGEST_KEY = 1000
"""An implicit key may have 1024 characters (YAML 1.2.2 section 7.4.2); a longer one is written with `?`."""


def dump(value: object) -> str:
    """`value` (dict with string keys, list, tuple, str, int, float, bool, None) as one YAML document, newline at end.

    Raises ValueError for NaN and infinities, TypeError for other types.
    """
    out: list[str] = []
    _write(value, "\n", "", out.append)
    out.append("\n")
    return "".join(out).removeprefix("\n")


def _text(value: str) -> str:
    if _PLAIN.match(value) and value.lower() not in _TAKEN:
        return value
    return quote(value)


def _write(value: object, newline: str, gap: str, put: Callable[[str], None]) -> None:
    """Append `value`; a collection starts with `newline`, a scalar with `gap`."""
    if isinstance(value, dict) and value:
        _write_mapping(value, newline, put)
    elif isinstance(value, (list, tuple)) and value:
        _write_list(value, newline, put)
    else:
        put(gap + _scalar(value))


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, (dict, list, tuple)):
        return "{}" if isinstance(value, dict) else "[]"
    raise TypeError(f"{type(value).__name__} cannot be written as YAML")


def _write_mapping(value: dict[object, object], newline: str, put: Callable[[str], None]) -> None:
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"a key must be a string, not {type(key).__name__}")
        written = _text(key)
        if len(written) > _LONGEST_KEY:
            written = f"? {written}{newline}"
        put(f"{newline}{written}:")
        _write(item, newline + "  ", " ", put)


def _write_list(value: list[object] | tuple[object, ...], newline: str, put: Callable[[str], None]) -> None:
    inner = newline + "  "
    for item in value:
        # A collection in a list starts on the line of its dash: its first line break becomes "- ".
        part: list[str] = []
        _write(item, inner, inner, part.append)
        part[0] = f"{newline}- {part[0].removeprefix(inner)}"
        put("".join(part))
