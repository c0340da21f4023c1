"""The time axis: where an instant is on a line, and ticks at round times."""

from __future__ import annotations

import math

from erisc.base.record import record
from erisc.cli.plan_chart.look import Look

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30,
    60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000,
)  # fmt: skip
"""Round times, s."""
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (0.001, "ms"))
_APART = 10
"""Columns between two ticks, at least, for their labels."""


@record
class Axis:
    """The stretch 0 .. end s, on `columns` characters after a margin of `margin` for the labels of the rows."""

    end: float
    columns: int
    margin: int

    def column(self, at: float) -> int:
        """Of an instant, from 0; instants beyond the ends are at the ends."""
        return min(max(int(at / self.end * self.columns + 1e-9), 0), self.columns - 1)

    def stretch(self, begin: float, end: float) -> range:
        """The columns of a stretch, at least one."""
        first = self.column(begin)
        return range(first, max(min(round(end / self.end * self.columns), self.columns), first + 1))

    def middle(self, column: int) -> float:
        """The instant in the middle of a column."""
        return (column + 0.5) / self.columns * self.end


def ticks(axis: Axis) -> list[float]:
    """Round instants from 0, apart enough for their labels."""
    longest = _STEPS[-1] * math.ceil(axis.end * _APART / axis.columns / _STEPS[-1])
    step = next((one for one in _STEPS if one / axis.end * axis.columns >= _APART), longest)
    count = min(int(axis.end / step + 1e-9), axis.columns)
    return [index * step for index in range(count + 1)]


def ruler(axis: Axis, look: Look) -> list[str]:
    """Two lines: the labels, and the line with its ticks."""
    found = ticks(axis)
    step = found[1] if len(found) > 1 else axis.end
    size, unit = next((pair for pair in _UNITS if step >= pair[0]), _UNITS[-1])
    labels, line = [" "] * (axis.columns + 12), [look.glyphs.rule] * axis.columns
    for at in found:
        place = axis.column(at)
        text = "0" if at == 0 else f"{round(at / size, 6):g} {unit}"
        if place + len(text) <= axis.columns:
            labels[place : place + len(text)] = text
        line[place] = look.glyphs.tick
    margin = " " * axis.margin
    return [(margin + "".join(labels)).rstrip(), margin + look.paint("dim", "".join(line))]
