"""How values are shown to people: terminal, report, JUnit."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.verdict.model import Interval

_SCALED = ("bit/s", "B", "B/s")
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


def quantity(value: float | None, type_: str, unit: str) -> str:
    """A value with its unit to four digits, in the form in which it is written in a spec."""
    if value is None:
        return "-"
    if type_ == "ratio":
        return f"{digits(value * 100)} %"
    if unit == "s":
        scale, name = next((pair for pair in _TIMES if abs(value) >= pair[0]), _TIMES[-1] if value else _TIMES[0])
        return f"{digits(value / scale)} {name}"
    if unit in ("", "1"):
        return digits(value)
    scale, prefix = next((pair for pair in _PREFIXES if unit in _SCALED and abs(value) >= pair[0]), (1.0, ""))
    return f"{digits(value / scale)} {prefix.upper() if unit != 'bit/s' else prefix}{unit}"


def digits(value: float) -> str:
    """Four significant digits; whole numbers below a million as they are; never an exponent in between."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3e}"
    places = 3
    bound = 10.0
    while abs(value) >= bound and places > 0:
        places, bound = places - 1, bound * 10
    shown = f"{value:.{places if abs(value) >= 1 else 4}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def interval(ends: Interval | None, type_: str, unit: str) -> str:
    """An interval; an end without a bound is an ellipsis."""
    if ends is None or ends == (None, None):
        return "-"
    low, high = ("…" if end is None else quantity(end, type_, unit) for end in ends)
    return f"{low} to {high}"


def percent(share: float) -> str:
    """A share as a percentage to three digits."""
    return f"{share * 100:.4g} %"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def swept(items: Sequence[tuple[str, object]], runs: int, skipped: int = 0) -> str:
    """A sweep point and how many repeats it has, and how many more it was to have."""
    made = f"{runs} repeat{'' if runs == 1 else 's'}" + (f", {skipped} skipped" if skipped else "")
    return ", ".join([f"{name} = {value}" for name, value in items] + [made])


def labels(items: Sequence[tuple[str, str]]) -> str:
    """Labels and their texts."""
    return ", ".join(f"{name} = {word or '(none)'}" for name, word in items)


def point(items: Sequence[tuple[str, object]], repeat: int) -> str:
    """A cell's place in the sweep."""
    return ", ".join([f"{name} = {value}" for name, value in items] + [f"repeat {repeat}"])
