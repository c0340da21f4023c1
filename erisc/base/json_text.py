"""JSON as erisc writes it: one form, the same bytes everywhere, and safe in front of a YAML 1.1 reader.

Rally and Heat read JSON with PyYAML, to which `1e-05` is text, U+2028 a line break and U+007F an error; what is written
here means the same to both (RFC 8259; yaml.org/spec/1.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from json.encoder import encode_basestring

_UNPRINTABLE = re.compile(
    "[\x7f-\xa0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""C1 controls, line separators, byte order marks, and marks that make text look like something it is not."""

Quote = Callable[[str], str]


def quote(text: str) -> str:
    """A string in double quotes, valid in JSON and in YAML alike; invisible and bidirectional marks are escaped."""
    return _UNPRINTABLE.sub(_escape, encode_basestring(text))


def number(value: int | float) -> str:
    """A number in a form that JSON, YAML 1.1 and YAML 1.2 read alike. Raises ValueError for NaN and infinities."""
    if isinstance(value, int):
        return int.__repr__(value)
    text = float.__repr__(value)
    if text in ("nan", "inf", "-inf"):
        raise ValueError(f"{text} cannot be written as JSON")
    if "e" in text and "." not in text:
        return text.replace("e", ".0e")
    return text


def dump(value: object, *, quote: Quote = quote) -> bytes:
    """`value` (dict, list, tuple, str, int, float, bool, None) as UTF-8, two-space indent, a newline at the end.

    quote: how strings and keys are written. Raises ValueError for NaN and infinities, TypeError for other types.
    """
    out: list[str] = []
    _write(value, "\n", out.append, quote)
    out.append("\n")
    return "".join(out).encode()


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _write(value: object, newline: str, put: Callable[[str], None], quote: Quote) -> None:
    if isinstance(value, str):
        put(quote(value))
    elif value is None or value is True or value is False:
        put("null" if value is None else "true" if value else "false")
    elif isinstance(value, (int, float)):
        put(number(value))
    elif isinstance(value, dict):
        _write_object(value, newline, put, quote)
    elif isinstance(value, (list, tuple)):
        _write_array(value, newline, put, quote)
    else:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _write_object(value: dict[object, object], newline: str, put: Callable[[str], None], quote: Quote) -> None:
    inner = newline + "  "
    lead = "{" + inner
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"a key must be a string, not {type(key).__name__}")
        put(f"{lead}{quote(key)}: ")
        _write(item, inner, put, quote)
        lead = "," + inner
    put(newline + "}" if value else "{}")


def _write_array(
    value: list[object] | tuple[object, ...], newline: str, put: Callable[[str], None], quote: Quote
) -> None:
    inner = newline + "  "
    lead = "[" + inner
    for item in value:
        put(lead)
        _write(item, inner, put, quote)
        lead = "," + inner
    put(newline + "]" if value else "[]")
