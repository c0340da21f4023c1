"""Values with their types: units, dimensions, and the arithmetic that keeps them."""

from __future__ import annotations

import math

from erisc.base.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Dimension = tuple[tuple[str, int], ...]
"""Exponents of base units, by name; () is a pure number."""

PURE: Dimension = ()
LARGEST_POWER = 16
"""Of a base unit; what goes beyond has no meaning."""


@record
class Value:
    """A constant. data: bool, int, float, str, or an OutputRef. dimension: None when it is no number."""

    data: Any
    type: str
    dimension: Dimension | None = None


class Units:
    """The tables of grammar/units.json."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.units: dict[str, Any] = table["units"]
        self.types: dict[str, Any] = table["types"]
        self._dimensions = {
            name: _dimension(entry["dimension"]) for name, entry in self.types.items() if "dimension" in entry
        }
        self._named = {dimension: name for name, dimension in reversed(self._dimensions.items())}

    def dimension(self, type_: str) -> Dimension | None:
        """The dimension of a type; None for what is no single number: strings, booleans, histograms."""
        return self._dimensions.get(type_)

    def base(self, type_: str) -> str:
        """The base unit of a type: `s`, `1/s`, `1`."""
        return str(self.types[type_]["unit"])

    def of_type(self, type_: str) -> list[str]:
        """The units a quantity of the type may be written in."""
        dimension = self.dimension(type_)
        return [unit for unit, entry in self.units.items() if self.dimension(entry["type"]) == dimension]

    def type_of(self, dimension: Dimension) -> str:
        """The type of a computed value; "" when the dimension has no name."""
        return "number" if dimension == PURE else self._named.get(dimension, "")

    def show(self, type_: str, dimension: Dimension | None) -> str:
        """A type for a message."""
        if type_:
            return type_
        return " ".join(base if power == 1 else f"{base}^{power}" for base, power in dimension or ())

    def quantity(self, digits: str, unit: str) -> Value:
        """A number with a unit of the table. Raises KeyError for an unknown unit."""
        entry = self.units[unit]
        type_ = entry["type"]
        number: float = float(f"{digits}e{entry.get('exponent', 0)}") * entry.get("times", 1) / entry.get("over", 1)
        dimension = self.dimension(type_)
        whole = (
            type_ in ("size", "users", "iterations", "runs") and number == math.floor(number) and abs(number) < 2**53
        )
        return Value(int(number) if whole else number, type_, dimension)

    def accepts(self, wanted: str, value: Value) -> bool:
        """Whether a value may stand where a type is due."""
        if value.dimension is None or self.dimension(wanted) is None:
            return wanted == value.type
        if value.dimension != self.dimension(wanted):
            return False
        if wanted in ("int", "count"):
            return value.type in ("int", "count")
        return True


def a(type_: str) -> str:
    """A type with its article: `an int`, `a duration`, `users`."""
    if type_ in ("users", "iterations", "runs"):
        return type_
    return f"an {type_}" if type_[:1] in ("a", "e", "i", "o") else f"a {type_}"


def split_quantity(text: str) -> tuple[str, str]:
    """Digits and unit of a NUMBER or QUANTITY, white space in the unit run together: ("6", "per h")."""
    end = _past_digits(text, 0)
    if end == 0:
        return "", text
    if text[end : end + 1] == "." and text[end + 1 : end + 2].isdecimal():
        end = _past_digits(text, end + 1, also="")
    return text[:end].replace("_", ""), " ".join(text[end:].split())


def _past_digits(text: str, start: int, also: str = "_") -> int:
    while start < len(text) and (text[start].isdecimal() or text[start] == also):
        start += 1
    return start


def multiply(left: Dimension, right: Dimension, sign: int = 1) -> Dimension:
    """The dimension of a product; of a quotient with sign -1."""
    powers = dict(left)
    for base, power in right:
        powers[base] = powers.get(base, 0) + sign * power
    return _dimension(powers)


def power(dimension: Dimension, exponent: float) -> Dimension | None:
    """The dimension of a power; None when it is none: the root of a second."""
    powers = {base: exponents * exponent for base, exponents in dimension}
    if any(not float(exponents).is_integer() or abs(exponents) > LARGEST_POWER for exponents in powers.values()):
        return None
    return _dimension({base: int(exponents) for base, exponents in powers.items()})


def pure_result(operator: str, left: Value, right: Value) -> str:
    """The type of an operation on two pure numbers."""
    kinds = (left.type, right.type)
    if operator == "/":
        return "number" if kinds == ("int", "int") else "ratio"
    if operator == "^":
        whole = isinstance(right.data, int) and right.data >= 0
        return left.type if whole and left.type in ("int", "ratio") else "number"
    return next((kind for kind in ("ratio", "number", "count") if kind in kinds), "int")


def _dimension(powers: dict[str, int]) -> Dimension:
    return tuple(sorted((base, power) for base, power in powers.items() if power))
