"""Text that is safe in HTML and SVG."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def esc(value: object) -> str:
    """Escaped for element content and for attributes; control characters replaced."""
    text = "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in str(value))
    return html.escape(text, quote=True)


def name(value: object) -> str:
    """A name, isolated so that right-to-left letters in it reorder nothing around it."""
    return f"<bdi>{esc(value)}</bdi>"


def element(tag: str, content: str, **attributes: object) -> str:
    """`<tag key="value">content</tag>`: content is markup already, values are escaped, `_` in a key stands for `-`."""
    return f"<{tag}{_attributes(attributes)}>{content}</{tag}>"


def single(tag: str, **attributes: object) -> str:
    """`<tag key="value"/>`."""
    return f"<{tag}{_attributes(attributes)}/>"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table with column headings; cells are markup already, the first of a row is its heading."""
    head = "".join(element("th", word, scope="col") for word in heads)
    body = "".join(_row(row) for row in rows)
    inner = f"<caption>{esc(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll">{element("table", inner, class_=kind)}</div>'


def _row(row: Sequence[str]) -> str:
    first, *others = row
    return "<tr>" + element("th", first, scope="row") + "".join(element("td", cell) for cell in others) + "</tr>"


def _attributes(attributes: dict[str, object]) -> str:
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value != "")
    return "".join(f' {key}="{esc(_number(value))}"' for key, value in pairs)


def _number(value: object) -> object:
    """Coordinates to a tenth of a pixel: enough to draw, and a third of the size."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value
