"""The proof that formatting changed nothing: the same tree, spans aside, and the same comments in the same order."""

from __future__ import annotations

from typing import Any

from erisc.base.record import fields, is_record
from erisc.compiler import ast
from erisc.compiler.formatting.expressions import quantity


def same_tree(before: Any, after: Any) -> bool:
    """Whether two trees differ in nothing but places and the white space inside quantities."""
    pairs = [(before, after)]
    while pairs:
        one, other = pairs.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, ast.Quantity):
            if quantity(one.word.text) != quantity(other.word.text):
                return False
        elif isinstance(one, tuple | list):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif is_record(one):
            names = [name for name in fields(one) if name not in ("start", "end")]
            pairs += [(getattr(one, name), getattr(other, name)) for name in names]
        elif one != other:
            return False
    return True
