"""Partial derivatives of a formula, worked out when it is compiled.

The evaluation propagates errors with them (the delta method), so what judges needs no algebra. Sums, differences,
products, quotients and powers need these rules and no more; docs/decisions/2026-11-21-derivatives.md says why no
computer algebra system does it.
"""

from __future__ import annotations

from typing import Any

Expression = Any
"""A number, {"term": id}, {"kpi": name}, or {"op", "left", "right"}; without `right`: the negative of `left`."""


def leaves(node: Expression) -> list[Expression]:
    """The terms and KPIs that an expression rests on, each once, in order."""
    found: list[Expression] = []
    waiting = [node]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict) and "op" in one:
            waiting = [one["left"], *([one["right"]] if "right" in one else []), *waiting]
        elif isinstance(one, dict) and one not in found:
            found.append(one)
    return found


def gradient(node: Expression) -> list[dict[str, Any]]:
    """The partial derivative by every leaf that it depends on: [{"by": leaf, "is": expression}]."""
    return [{"by": leaf, "is": derivative(node, leaf)} for leaf in leaves(node)]


def derivative(node: Expression, by: Expression) -> Expression:
    """d node / d by, simplified."""
    if not isinstance(node, dict):
        return 0.0
    if "op" not in node:
        return 1.0 if node == by else 0.0
    left = derivative(node["left"], by)
    if "right" not in node:
        return _negative(left)
    return _RULES[node["op"]](node["left"], node["right"], left, derivative(node["right"], by))


def _sum(u: Expression, v: Expression, du: Expression, dv: Expression) -> Expression:
    return _plus(du, dv)


def _difference(u: Expression, v: Expression, du: Expression, dv: Expression) -> Expression:
    return _minus(du, dv)


def _product(u: Expression, v: Expression, du: Expression, dv: Expression) -> Expression:
    return _plus(_times(du, v), _times(u, dv))


def _quotient(u: Expression, v: Expression, du: Expression, dv: Expression) -> Expression:
    return _minus(_over(du, v), _over(_times(u, dv), _times(v, v)))


def _power(u: Expression, v: Expression, du: Expression, dv: Expression) -> Expression:
    """The exponent is a number: the compiler refuses any other."""
    return _times(_times(v, {"op": "^", "left": u, "right": _minus(v, 1.0)}), du)


_RULES = {"+": _sum, "-": _difference, "*": _product, "/": _quotient, "^": _power}


def _plus(a: Expression, b: Expression) -> Expression:
    if a == 0.0:
        return b
    return a if b == 0.0 else _made("+", a, b)


def _minus(a: Expression, b: Expression) -> Expression:
    if b == 0.0:
        return a
    return _negative(b) if a == 0.0 else _made("-", a, b)


def _times(a: Expression, b: Expression) -> Expression:
    if a == 0.0 or b == 0.0:
        return 0.0
    if a == 1.0:
        return b
    return a if b == 1.0 else _made("*", a, b)


def _over(a: Expression, b: Expression) -> Expression:
    return a if a == 0.0 or b == 1.0 else _made("/", a, b)


def _negative(a: Expression) -> Expression:
    if not isinstance(a, dict):
        return 0.0 - a
    return a["left"] if a.get("op") == "-" and "right" not in a else {"op": "-", "left": a}


def _made(op: str, a: Expression, b: Expression) -> Expression:
    if not isinstance(a, dict) and not isinstance(b, dict):
        return {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[op]
    return {"op": op, "left": a, "right": b}
