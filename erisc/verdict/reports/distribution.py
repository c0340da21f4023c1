"""A histogram as a small picture: a bar a bin, on a scale of logarithms, because latencies span decades."""

from __future__ import annotations

import math

from erisc.verdict import text
from erisc.verdict.model import KpiResult
from erisc.verdict.reports.markup import element, esc

WIDTH, HEIGHT, FOOT = 300.0, 70.0, 14.0


def distribution(kpi: KpiResult) -> str:
    """The bins of a KPI that is a histogram; "" for others, and for one without positive values."""
    bins = [one for one in kpi.bins if one[0] > 0 and math.isfinite(one[1])]
    if not bins:
        return ""
    least, most = math.log(bins[0][0]), math.log(bins[-1][1])
    scale = WIDTH / max(most - least, 1e-9)
    tallest = max(count / (math.log(high) - math.log(low)) for low, high, count in bins)
    bars = [_bar(low, high, count, least, scale, tallest) for low, high, count in bins]
    ends = [(0.0, "start", bins[0][0]), (WIDTH, "end", bins[-1][1])]
    words = [
        element("text", esc(text.quantity(value, kpi.type, kpi.unit)), x=x, y=HEIGHT - 2, text_anchor=anchor)
        for x, anchor, value in ends
    ]
    title = f"<title>Distribution of {esc(kpi.name)}</title>"
    return element(
        "svg", title + "".join([*bars, *words]), viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img", class_="bins"
    )


def _bar(low: float, high: float, count: int, least: float, scale: float, tallest: float) -> str:
    """Its area is its share of the samples."""
    start, wide = (math.log(low) - least) * scale, (math.log(high) - math.log(low)) * scale
    tall = (HEIGHT - FOOT) * count / (math.log(high) - math.log(low)) / tallest
    words = f"<title>{count} from {low:.4g} to {high:.4g}</title>"
    return element(
        "rect", words, x=start, y=HEIGHT - FOOT - tall, width=max(wide - 0.5, 0.5), height=max(tall, 0.5), class_="bin"
    )
