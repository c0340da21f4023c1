"""What every plot of a figure has: a time axis, a frame with its scale, a legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from erisc.base.record import record
from erisc.verdict import text
from erisc.verdict.reports.bins import ticks
from erisc.verdict.reports.markup import element, esc, single

WIDTH, LEFT, RIGHT = 1080.0, 64.0, 16.0
GAP = 22.0
LETTER = 6.6
"""px; the width of a letter of a label, estimated generously."""


@record
class Axis:
    """Time to x. until: s at the right edge."""

    until: float

    def x(self, at: float) -> float:
        """px of an instant, kept inside the plot."""
        return LEFT + max(0.0, min(at / self.until, 1.0)) * (WIDTH - LEFT - RIGHT)


@record
class Panel:
    """One plot: its top and height in px, the value at its top, and the value at its bottom."""

    top: float
    height: float
    high: float
    low: float = 0.0

    def y(self, value: float) -> float:
        """px of a value, kept inside the plot."""
        share = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - max(0.0, min(share, 1.0)))


def frame(panel: Panel, title: str, axis: Axis, shown: Callable[[float], str]) -> list[str]:
    """The title, and lines across with the values they stand for."""
    parts = [element("text", esc(title), x=LEFT, y=panel.top - 6, class_="panel")]
    for value in _values(panel):
        y = panel.y(value)
        parts.append(single("path", d=f"M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}", class_="grid"))
        parts.append(element("text", esc(shown(value)), x=LEFT - 6, y=y + 4, class_="tick", text_anchor="end"))
    return parts


def _values(panel: Panel) -> list[float]:
    most = max(2, int(panel.height // 30))
    if panel.low < 0:
        return [panel.low, 0.0, panel.high] if panel.high > 0 else [panel.low, panel.high]
    return ticks(panel.high, most)


def legend(keys: Sequence[tuple[str, str]], top: float) -> list[str]:
    """Right-aligned over a panel."""
    parts = []
    x = WIDTH - RIGHT
    for kind, label in reversed(keys):
        x -= LETTER * len(label)
        parts.append(element("text", esc(label), x=x, y=top - 6, class_="key"))
        x -= 18
        parts.append(_swatch(kind, x, top - 10))
        x -= 14
    return parts


def _swatch(kind: str, x: float, y: float) -> str:
    if kind.startswith("point"):
        return single("path", d=f"M{x + 8:.1f} {y:.1f}h0", class_=kind)
    if kind in ("offered", "median") or kind.startswith("line"):
        return single("path", d=f"M{x:.1f} {y:.1f}h14", class_=kind)
    return single("rect", x=x, y=y - 4, width=14, height=8, class_=kind)


def time_axis(axis: Axis, top: float) -> list[str]:
    """At the bottom of a figure."""
    parts = [single("path", d=f"M{LEFT:g} {top:.1f}H{WIDTH - RIGHT:g}", class_="axis")]
    for at in ticks(axis.until, 12):
        x = axis.x(at)
        parts.append(single("path", d=f"M{x:.1f} {top:.1f}v5", class_="axis"))
        parts.append(element("text", f"{text.digits(at)} s", x=x, y=top + 18, class_="tick", text_anchor="middle"))
    return parts
