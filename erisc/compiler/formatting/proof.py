"""The proof that formatting changed nothing: the same tree, spans aside, and the same comments in the same order."""

from __future__ import annotations

from erisc.base.record import fields, is_record
from erisc.compiler import ast
from erisc.compiler.formatting.expressions import quantity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def same_tree(before: Any, after: Any) -> bool:
    """Whether two trees differ in nothing but places and the white space inside quantities."""
    pairs = [(before, after)]
    while pairs:
        one, other = pairs.pop()
        kind = type(one)
        if kind is not type(other):
            return False
        if kind is ast.Word:
            if one.text != other.text:
                return False
        elif kind is ast.Quantity:
            if quantity(one.word.text) != quantity(other.word.text):
                return False
        elif kind is tuple or kind is list:
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif is_record(one):
            pairs += [(getattr(one, name), getattr(other, name)) for name in _parts(kind)]
        elif one != other:
            return False
    return True


def _parts(kind: Any) -> tuple[str, ...]:
    """All fields but the places."""
    names = _PARTS.get(kind)
    if names is None:
        names = _PARTS[kind] = tuple(name for name in fields(kind) if name not in ("start", "end"))
    return names


_PARTS: dict[Any, tuple[str, ...]] = {}
