"""Samples beside the load as plots below it: a panel a quantity, a line for every set of labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from erisc.base.record import record
from erisc.verdict import text
from erisc.verdict.columns import DOUBLE, SAMPLED
from erisc.verdict.reports.markup import single
from erisc.verdict.reports.plot import GAP, Axis, Panel, frame, legend

HEIGHT = 90.0
MOST_PANELS, MOST_LINES, MOST_POINTS = 24, 6, 400
"""What a figure shows; what is left out is counted in the titles."""

_UNITS = {
    "goodput": "bit/s", "packets": "1/s", "iops": "1/s", "bandwidth": "B/s", "throughput": "1/s",
    "total": "B", "available": "B", "swapped": "B",
}  # fmt: skip
_SHARES = {"loss": ("net",), **dict.fromkeys(("used", "user", "system", "iowait", "steal"), ("cpu",))}
_NAMES = ("name", "metric")
"""Columns that say what a row of a table in long form is of."""

Point = tuple[float, float]
Lines = dict[str, list[Point]]


@record
class Quantity:
    """One panel: what it shows, its unit, and the points (s from t = 0, value) of every line."""

    title: str
    type: str
    unit: str
    lines: Mapping[str, Sequence[Point]]


def quantities(samples: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> list[Quantity]:
    """Everything that was sampled, in the order of the tables."""
    return [quantity for table, rows in samples if table in SAMPLED for quantity in _of(table, rows)]


def _of(table: str, rows: Sequence[tuple[object, ...]]) -> Iterator[Quantity]:
    names = list(SAMPLED[table])
    at = names.index("at_s")
    values = [name for name in names[at + 2 :] if SAMPLED[table][name] == DOUBLE]
    naming = next((names.index(name) for name in _NAMES if name in names[:at]), None)
    found: dict[tuple[str, str], Lines] = {}
    for row in rows:
        moment = row[at]
        if not isinstance(moment, float | int):
            continue
        name = "" if naming is None else str(row[naming])
        label = _label([row[place] for place in range(at) if place != naming])
        for column in values:
            value = row[names.index(column)]
            if isinstance(value, float | int) and math.isfinite(value):
                lines = found.setdefault((name, column), {})
                lines.setdefault(label, []).append((float(moment), float(value)))
    for (name, column), lines in found.items():
        yield Quantity(_title(table, name, column), *_kind(table, column), lines)


def _label(words: Sequence[object]) -> str:
    """Labels that say something, `c1 tcp up`."""
    said: list[str] = []
    for word in words:
        said += [f"{key}={value}" for key, value in word.items()] if isinstance(word, dict) else [str(word or "")]
    return " ".join(filter(None, said))


def _title(table: str, name: str, column: str) -> str:
    if name:
        return name if column in ("value", "metric") else f"{name} {column.removesuffix('_s')}"
    return f"{table} {column.removesuffix('_s').replace('_', ' ')}"


def _kind(table: str, column: str) -> tuple[str, str]:
    """Type and unit of a column of values."""
    if table in _SHARES.get(column, ()):
        return "ratio", ""
    if column.endswith("_s"):
        return "duration", "s"
    if column == "used":
        return "", "B"
    return "", _UNITS.get(column, "")


def panels(shown: Sequence[Quantity], axis: Axis, top: float) -> tuple[list[str], float]:
    """The plots one below the other from `top`, and where they end."""
    parts: list[str] = []
    for quantity in shown[:MOST_PANELS]:
        parts += _panel(quantity, axis, top)
        top += HEIGHT + GAP
    return parts, top


def _panel(quantity: Quantity, axis: Axis, top: float) -> list[str]:
    names = sorted(quantity.lines)[:MOST_LINES]
    lines = {name: _thinned(sorted(quantity.lines[name]), axis.until) for name in names}
    values = [value for points in lines.values() for _, value in points]
    low, high = min([*values, 0.0]), max([*values, 0.0])
    panel = Panel(top, HEIGHT, 1.08 * high if high > 0 else 1e-9 if low < 0 else 1.0, low)
    more = len(quantity.lines) - len(names)
    unit = f", {quantity.unit}" if quantity.unit in ("1/s",) else ""
    title = quantity.title + unit + (f" ({len(names)} of {len(quantity.lines)} series)" if more else "")
    parts = frame(panel, title, axis, lambda value: text.quantity(value, quantity.type, _shown(quantity.unit)))
    for number, points in enumerate(lines.values()):
        path = " ".join(f"{axis.x(at):.1f},{panel.y(value):.1f}" for at, value in points)
        mark = single("path", d=f"M{path.replace(',', ' ')}h0", class_=f"point p{number}") if len(points) == 1 else ""
        parts.append(mark or single("polyline", points=path, class_=f"line l{number}"))
    keys = [(f"line l{number}", name) for number, name in enumerate(names) if name]
    return parts + legend([(kind, _short(name, len(keys))) for kind, name in keys], top)


def _shown(unit: str) -> str:
    return "" if unit == "1/s" else unit


def _short(name: str, keys: int) -> str:
    most = 60 // max(keys, 1) + 6
    return name if len(name) <= most else name[: most - 1] + "…"


def _thinned(points: Sequence[Point], until: float) -> Sequence[Point]:
    """Means of equal stretches of time, where there are more points than pixels could show."""
    if len(points) <= MOST_POINTS:
        return points
    bins: dict[int, list[Point]] = {}
    for at, value in points:
        bins.setdefault(int(at / until * MOST_POINTS), []).append((at, value))
    return [
        (math.fsum(at for at, _ in some) / len(some), math.fsum(value for _, value in some) / len(some))
        for some in bins.values()
    ]
