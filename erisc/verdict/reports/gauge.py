"""An SLO's interval against its limit, as a small picture."""

from __future__ import annotations

from erisc.verdict.model import SloResult
from erisc.verdict.reports.markup import element, esc, single

WIDTH, HEIGHT, EDGE = 150.0, 20.0, 8.0


def gauge(slo: SloResult) -> str:
    """The interval as a bar, the value as a dot, the limit as a line; "" when there is no interval."""
    if slo.interval is None:
        return ""
    low, high = slo.interval
    known = [end for end in (low, high, slo.value, slo.limit) if end is not None]
    least, most = min(known), max(known)
    span = (most - least) or abs(most) or 1.0
    start = least - span * (0.25 if low is None else 0.08)
    scale = (WIDTH - 2 * EDGE) / (span * (1.16 + 0.17 * ((low is None) + (high is None))))

    def x(value: float) -> float:
        return EDGE + (value - start) * scale

    left = EDGE if low is None else x(low)
    right = WIDTH - EDGE if high is None else x(high)
    marks = [single("rect", x=left, y=6, width=max(right - left, 3.0), height=8, rx=2, class_=f"range {slo.outcome}")]
    if low is None:
        marks.append(single("path", d=f"M{EDGE + 5:.1f} 3L{EDGE - 4:.1f} 10l9 7", class_="arrow"))
    if high is None:
        marks.append(single("path", d=f"M{WIDTH - EDGE - 5:.1f} 3L{WIDTH - EDGE + 4:.1f} 10l-9 7", class_="arrow"))
    if slo.value is not None:
        marks.append(single("circle", cx=x(slo.value), cy=10, r=3, class_="value"))
    marks.append(single("path", d=f"M{x(slo.limit):.1f} 1v18", class_="limit"))
    words = f"<title>{esc(slo.name)}: interval and limit, {esc(slo.rule)}: {esc(slo.outcome)}</title>"
    return element("svg", words + "".join(marks), viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img", class_="gauge")
