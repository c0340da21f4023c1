"""How expressions and blocks of fields are written."""

from __future__ import annotations

import re

from erisc.compiler import ast
from erisc.compiler.formatting.layout import LINE, Choice, Doc, Indent
from erisc.compiler.formatting.writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
_QUANTITY = re.compile(r"([\d_.]+)\s*(.*)", re.DOTALL)
_AFTER_LAST = Choice("", ",")
_BETWEEN_FIELDS = Choice(",", "")


def quantity(text: str) -> str:
    """A quantity as it is written: `30 s`, `99.9 %`, `6 per h`."""
    match = _QUANTITY.fullmatch(text)
    return f"{match[1]} {' '.join(match[2].split())}" if match else text


def write_expression(writer: Writer, node: Any) -> Doc:
    """An expression with the parentheses the author gave it."""
    token = writer.next
    if token.text == "(" and token.start < node.start:
        return writer.enclosed([node], writer.write)
    return EXPRESSIONS[type(node)](writer, node)


def _leaf(writer: Writer, node: ast.Node) -> Doc:
    return writer.take()


def _quantity(writer: Writer, node: ast.Quantity) -> Doc:
    writer.next.text = quantity(writer.next.text)
    return writer.take()


def _binary(writer: Writer, node: ast.Binary) -> Doc:
    if node.operator == "^":
        return writer.flow(node.left, 1, node.right)
    left, rights = _chain(node)

    def write() -> Doc:
        first = writer.write(left)
        rest: list[Doc] = []
        for right in rights:
            rest += [LINE, writer.flow(1, right)]
        return [first, Indent(rest)]

    return writer.group(write)


def _chain(node: ast.Binary) -> tuple[ast.Node, list[ast.Node]]:
    """`a - b + c` as a and [b, c]; what stands in parentheses is one part."""
    rights, left = [node.right], node.left
    while isinstance(left, ast.Binary) and _LEVEL[left.operator] == _LEVEL[node.operator] and left.start == node.start:
        rights.append(left.right)
        left = left.left
    return left, rights[::-1]


def _negate(writer: Writer, node: ast.Negate) -> Doc:
    return [writer.take(), writer.write(node.operand)]


def _attribute(writer: Writer, node: ast.Attribute) -> Doc:
    of = writer.write(node.of)
    # `5.x` would be a number that is misspelt.
    return [of, " " if isinstance(node.of, ast.Number) else "", writer.tight(2)]


def _call(writer: Writer, node: ast.Call) -> Doc:
    return [writer.write(node.function), writer.enclosed(node.arguments, writer.write, last=_AFTER_LAST)]


def _pick(writer: Writer, node: ast.Pick) -> Doc:
    return [writer.write(node.of), writer.enclosed(node.filters, writer.write)]


def _list(writer: Writer, node: ast.ListOf) -> Doc:
    return writer.enclosed(node.items, writer.write, last=_AFTER_LAST, broken=writer.breaks(node))


def _block(writer: Writer, node: ast.Block) -> Doc:
    broken = writer.breaks(node) and bool(node.fields)
    return writer.enclosed(node.fields, writer.write, pad=LINE, comma=_BETWEEN_FIELDS, broken=broken)


def _field(writer: Writer, node: ast.Field) -> Doc:
    group = writer.tokens[writer.reached + 1].start == node.value.start
    return writer.flow(1 if group else 2, node.value)


def _path(writer: Writer, node: ast.Path) -> Doc:
    return writer.tight(2 * len(node.words) - 1)


def _named(writer: Writer, node: ast.Named) -> Doc:
    return writer.flow(2, node.value)


def _placed(writer: Writer, node: ast.Placed) -> Doc:
    return writer.flow(node.what, 1, node.where)


def _comparison(writer: Writer, node: ast.Comparison) -> Doc:
    return writer.flow(node.left, 1, node.right)


def _windowed(writer: Writer, node: ast.Windowed) -> Doc:
    return writer.flow(node.of, node.window)


def _rolling(writer: Writer, node: ast.Rolling) -> Doc:
    return writer.flow(node.of, 1, node.width)


def _during(writer: Writer, node: ast.During) -> Doc:
    return writer.flow(1, node.of)


def _beside(writer: Writer, node: ast.Before | ast.After) -> Doc:
    return writer.flow(1, node.of, *((1, node.length) if node.length else ()))


def _between(writer: Writer, node: ast.Between) -> Doc:
    return writer.flow(1, node.first, 1, node.second)


EXPRESSIONS: dict[type, Callable[[Writer, Any], Doc]] = {
    ast.Word: _leaf,
    ast.Name: _leaf,
    ast.Number: _leaf,
    ast.String: _leaf,
    ast.Quantity: _quantity,
    ast.Binary: _binary,
    ast.Negate: _negate,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Pick: _pick,
    ast.ListOf: _list,
    ast.Block: _block,
    ast.Field: _field,
    ast.Path: _path,
    ast.Named: _named,
    ast.Placed: _placed,
    ast.Comparison: _comparison,
    ast.Windowed: _windowed,
    ast.Rolling: _rolling,
    ast.During: _during,
    ast.Before: _beside,
    ast.After: _beside,
    ast.Between: _between,
}
