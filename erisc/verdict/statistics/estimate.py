"""Estimates with their uncertainty, and arithmetic on them."""

from __future__ import annotations

import math

from erisc.base.record import record

INFINITY = math.inf


@record
class Estimate:
    """A value and the interval that holds it.

    value: None when the data cannot tell it. low, high: infinite where the data set no bound. n: samples used.
    seen: whether anything was observed at all; without it nothing is judged. method, note: for the reader.
    needed: what would let it be told, "" when nothing simple would.
    """

    value: float | None
    low: float
    high: float
    n: int
    method: str
    note: str = ""
    seen: bool = True
    needed: str = ""


def unseen(method: str, note: str, n: int = 0, needed: str = "") -> Estimate:
    """Nothing was observed."""
    return Estimate(None, -INFINITY, INFINITY, n, method, note, seen=False, needed=needed)


def constant(value: float) -> Estimate:
    """A number of the formula: it has no error and needs no sample."""
    return Estimate(value, value, value, -1, "")


def negate(x: Estimate) -> Estimate:
    """-x."""
    value = None if x.value is None else -x.value
    return Estimate(value, -x.high, -x.low, x.n, x.method, x.note, x.seen, x.needed)


def combine(operator: str, x: Estimate, y: Estimate) -> Estimate:
    """x `operator` y by interval arithmetic (Moore, Kearfott and Cloud 2009, chapter 2).

    If each interval holds its value, the result's holds the result's, whatever the dependence between them.
    """
    if operator == "-":
        return combine("+", x, negate(y))
    if operator == "^":
        return _power(x, y.low)
    low, high = _ends(operator, x, y)
    return Estimate(
        value=_value(operator, x.value, y.value),
        low=low,
        high=high,
        n=_smaller(x.n, y.n),
        method=joined(" and ", x.method, y.method),
        note=joined("; ", x.note, y.note),
        seen=x.seen and y.seen,
        needed=joined("; ", x.needed, y.needed),
    )


def _power(x: Estimate, exponent: float) -> Estimate:
    """x ^ exponent, a number. Defined where x is positive, or 0 with a positive exponent, or the exponent is whole."""
    whole = exponent == int(exponent)
    ends = [_raised(end, exponent) for end in (x.low, x.high)]
    if x.low < 0 and not whole:
        ends = [-INFINITY, INFINITY]
    elif x.low <= 0 <= x.high and exponent < 0:
        ends = [0.0 if exponent % 2 == 0 or x.low == 0 else -INFINITY, INFINITY]
    elif x.low < 0 < x.high and exponent % 2 == 0:
        ends = [0.0, max(ends)]
    try:
        value = None if x.value is None else math.pow(x.value, exponent)
    except (ValueError, OverflowError):
        value = None
    return Estimate(value, min(ends), max(ends), x.n, x.method, x.note, x.seen, x.needed)


def _raised(end: float, exponent: float) -> float:
    try:
        return math.pow(end, exponent)
    except (ValueError, OverflowError):
        return INFINITY


def _value(operator: str, x: float | None, y: float | None) -> float | None:
    if x is None or y is None or (operator == "/" and y == 0):
        return None
    if operator == "/":
        return x / y
    return x + y if operator == "+" else x * y


def _ends(operator: str, x: Estimate, y: Estimate) -> tuple[float, float]:
    if operator == "+":
        return x.low + y.low, x.high + y.high
    if operator == "*":
        return _product(x.low, x.high, y.low, y.high)
    if y.low <= 0 <= y.high:
        return _by_zero(x, y)
    return _product(x.low, x.high, _inverse(y.high), _inverse(y.low))


def _by_zero(x: Estimate, y: Estimate) -> tuple[float, float]:
    """A divisor that may be zero leaves the quotient unbounded, but for its sign when both are of one sign."""
    return (0.0, INFINITY) if x.low >= 0 and y.low >= 0 else (-INFINITY, INFINITY)


def _inverse(x: float) -> float:
    return 0.0 if math.isinf(x) else 1 / x


def _product(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    ends = [_times(x, y) for x in (a, b) for y in (c, d)]
    return min(ends), max(ends)


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y


def _smaller(n: int, m: int) -> int:
    counted = [count for count in (n, m) if count >= 0]
    return min(counted) if counted else -1


def joined(by: str, *parts: str) -> str:
    """Each part once, in order, without the empty ones."""
    return by.join(dict.fromkeys(part for part in parts if part))
