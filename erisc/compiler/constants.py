"""Constant expressions: evaluated with their types; what does not fit is reported where it stands."""

from __future__ import annotations

import math
from _collections_abc import Iterable, Mapping  # not what imports all of `collections`

from erisc.compiler import ast
from erisc.compiler.plan import Span
from erisc.compiler.quantities import PURE, Dimension, Units, Value, a, multiply, power, pure_result, split_quantity
from erisc.compiler.source import Findings, Source, did_you_mean, nearest

Labels = Iterable[tuple[Span, str]]

LARGEST = 2**53
"""Beyond it a double no longer counts by one."""
_DIGITS = 40


class Constants:
    """Evaluates the constant expressions of one file.

    Every method that returns None has said why. lost: names that a broken statement would have declared; nothing is
    said about them. read: names that were meant.
    """

    def __init__(
        self, source: Source, units: Units, values: Mapping[str, Value | None], findings: Findings, lost: frozenset[str]
    ) -> None:
        self.source = source
        self.units = units
        self.values = values
        self.findings = findings
        self.lost = lost
        self.read: set[str] = set()

    # --- what is due ---

    def due(self, node: ast.Node, *types: str, what: str = "this", labels: Labels = ()) -> Value | None:
        """The value of an expression that must be of one of the types. labels: what says that it must."""
        value = self.value(node)
        if value is None or any(self.units.accepts(wanted, value) for wanted in types):
            return value
        self.mismatch(node, value, types, what, labels)
        return None

    def mismatch(self, node: ast.Node, value: Value, types: tuple[str, ...], what: str, labels: Labels = ()) -> None:
        """Report a value of the wrong type."""
        due = " or ".join(a(type_) for type_ in types)
        span = self.source.span(node)
        if value.dimension == PURE and value.type == "int" and isinstance(node, ast.Number | ast.Negate):
            units = self.units.of_type(types[0]) if self.units.dimension(types[0]) else []
            if units:
                shown = ", ".join(f"`{self.source.quote(node)} {unit}`" for unit in units[:4])
                self.findings.add(
                    "E0305", f"{what} is {due}: the number needs a unit", span, help=f"write {shown}", labels=labels
                )
                return
        found = self.units.show(value.type, value.dimension)
        wanted = self.units.dimension(types[0])
        code = "E0301" if None in (wanted, value.dimension) or wanted == value.dimension else "E0302"
        summary = f"{what} is {due}, not {a(found)}"
        self.findings.add(code, summary, span, help=self._units_help(types[0]), labels=labels)

    def number(
        self, node: ast.Node, *types: str, what: str, low: float = -math.inf, high: float = math.inf
    ) -> float | None:
        """The number of an expression of one of the types, within low..high."""
        value = self.due(node, *types, what=what)
        if value is None:
            return None
        number: float = value.data
        if not low <= number <= high:
            bound = f"at least {low:g}" if number < low else f"at most {high:g}"
            self.findings.add(
                "E0306", f"{what} must be {bound}", self.source.span(node), note=f"it is {_plain(number)}"
            )
            return None
        return number

    def whole(self, node: ast.Node, *, what: str, low: int, high: int) -> int | None:
        """An integer within low..high."""
        number = self.number(node, "int", what=what, low=low, high=high)
        return None if number is None else int(number)

    def text(self, node: ast.Node, *, what: str) -> str | None:
        """A string."""
        value = self.due(node, "string", what=what)
        return None if value is None else str(value.data)

    # --- evaluation ---

    def value(self, node: ast.Node) -> Value | None:
        """The value of an expression."""
        if isinstance(node, ast.Number):
            return self._number(node)
        if isinstance(node, ast.Quantity):
            return self._quantity(node)
        if isinstance(node, ast.String):
            return Value(unquote(node.word.text), "string")
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Binary):
            return self._binary(node)
        if isinstance(node, ast.Negate):
            return self._negate(node)
        return self.other(node)

    def other(self, node: ast.Node) -> Value | None:
        """Anything that is no scalar: not here."""
        what = {
            "Call": "a call",
            "ListOf": "a list",
            "Block": "a block",
            "Attribute": "a reference",
            "Pick": "a selection",
        }
        shown = what.get(type(node).__name__, "this")
        self.findings.add("E0301", f"{shown} is no value here", self.source.span(node))
        return None

    def unknown(self, node: ast.Name) -> Value | None:
        """A name that is no parameter."""
        name = node.word.text
        guess = nearest(name, self.values)
        fix = (self.source.span(node), guess) if guess else None
        help_ = did_you_mean(name, self.values)
        self.findings.add("E0201", f"there is no parameter `{name}`", self.source.span(node), help=help_, fix=fix)
        return None

    def _number(self, node: ast.Number) -> Value | None:
        digits = node.word.text.replace("_", "")
        number = float(digits) if len(digits) <= _DIGITS else math.inf
        if number > LARGEST:
            self.findings.add("E0308", "this number is too large", self.source.span(node), help="the largest is 2^53")
            return None
        if "." not in digits:
            return Value(int(digits), "int", PURE)
        return Value(number, "number", PURE)

    def _quantity(self, node: ast.Quantity) -> Value | None:
        digits, unit = split_quantity(node.word.text)
        if len(digits) > _DIGITS:
            self.findings.add("E0308", "this number is too large", self.source.span(node))
            return None
        if unit in self.units.units:
            return self.units.quantity(digits, unit)
        where = self.source.between(node.end - len(unit), node.end)
        if unit == "m":
            help_ = "`min` for minutes, `MiB` for mebibytes"
            self.findings.add("E0304", "`m` could be minutes or mebibytes", where, help=help_, fix=(where, "min"))
            return None
        guess = _UNIT_WORDS.get(unit.lower()) or nearest(unit, self.units.units)
        help_ = f"did you mean `{guess}`?" if guess else "separate fields by a comma or a new line"
        fix = (where, guess) if guess else None
        self.findings.add("E0303", f"there is no unit `{unit}`", where, help=help_, fix=fix)
        return None

    def _name(self, node: ast.Name) -> Value | None:
        name = node.word.text
        if name in self.values:
            self.read.add(name)
            return self.values[name]
        if name in ("true", "false"):
            return Value(name == "true", "bool")
        return None if name in self.lost else self.unknown(node)

    def _negate(self, node: ast.Negate) -> Value | None:
        value = self.value(node.operand)
        if value is None:
            return None
        if value.dimension is None:
            self.findings.add("E0301", f"{a(value.type)} has no negative", self.source.span(node))
            return None
        return Value(-value.data, value.type, value.dimension)

    def _binary(self, node: ast.Binary) -> Value | None:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        made = self.combine(node, left, right)
        if made is None:
            return None
        try:
            number = _calculate(node.operator, left.data, right.data)
        except (ZeroDivisionError, OverflowError, ValueError):
            number = math.inf
        if (
            isinstance(number, complex)
            or not math.isfinite(number)
            or (isinstance(number, int) and abs(number) > LARGEST)
        ):
            why = "this divides by zero" if node.operator == "/" and not right.data else "the result is too large"
            self.findings.add("E0308", why, self.source.span(node))
            return None
        return Value(number, made.type, made.dimension)

    def combine(self, node: ast.Binary, left: Value, right: Value) -> Value | None:
        """The type of an operation; of the data only that of an exponent is looked at."""
        operator, units = node.operator, self.units
        if left.dimension is None or right.dimension is None:
            self._refuse(node, left, right, "E0301", f"`{operator}` needs numbers")
            return None
        if operator in "+-" and left.dimension != right.dimension:
            verb = "add" if operator == "+" else "subtract"
            self._refuse(node, left, right, "E0302", f"cannot {verb}: the units differ")
            return None
        dimension: Dimension | None = left.dimension
        if operator in "*/":
            dimension = multiply(left.dimension, right.dimension, 1 if operator == "*" else -1)
        elif operator == "^":
            dimension = None if right.dimension != PURE else power(left.dimension, right.data)
        if dimension is None:
            why = "this power has no unit" if right.dimension == PURE else "an exponent is a pure number"
            self._refuse(node, left, right, "E0302", why)
            return None
        if left.dimension == right.dimension == PURE:
            return Value(None, pure_result(operator, left, right), PURE)
        if dimension == PURE:
            return Value(None, "ratio", PURE)
        return Value(None, units.type_of(dimension), dimension)

    def _refuse(self, node: ast.Binary, left: Value, right: Value, code: str, why: str) -> None:
        """Say what is wrong with an operation, and what stands on both sides of it."""
        sides = ((node.left, left), (node.right, right))
        labels = [(self.source.span(part), a(self.units.show(one.type, one.dimension))) for part, one in sides]
        self.findings.add(code, why, self.source.span(node), labels=labels)

    def _units_help(self, type_: str) -> str:
        if type_ not in self.units.types or not self.units.dimension(type_):
            return ""
        return "its units: " + ", ".join(f"`{unit}`" for unit in self.units.of_type(type_))


def unquote(text: str) -> str:
    """The text of a string literal: `\\"`, `\\\\`, `\\n`, `\\t`; any other escaped character stands for itself."""
    body = text[1:-1]
    if "\\" not in body:
        return body
    parts = []
    characters = iter(body)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            parts.append({"n": "\n", "t": "\t"}.get(escaped, escaped))
        else:
            parts.append(character)
    return "".join(parts)


def _calculate(operator: str, left: float, right: float) -> float:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        return left / right
    if abs(right) > 1024 or abs(left) > LARGEST:
        return math.inf
    power: float = float(left) ** right
    return int(power) if isinstance(left, int) and isinstance(right, int) and right >= 0 and power < LARGEST else power


def _plain(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


_UNIT_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "mins": "min",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "percent": "%", "rps": "req/s", "r/s": "req/s",
    "gb": "GiB", "mb": "MiB", "kb": "KiB", "tb": "TiB", "g": "GiB", "gib": "GiB", "mib": "MiB",
    "gbps": "Gbit/s", "mbps": "Mbit/s", "kbps": "kbit/s", "msec": "ms", "millis": "ms", "µs": "us", "μs": "us",
}  # fmt: skip
