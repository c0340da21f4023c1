"""The distribution of a column in bins that a report can draw, whatever the range of its values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Bins = tuple[tuple[float, float, int], ...]
"""Lower end, upper end (exclusive) and count; an infinite upper end holds what never finished."""

PARTS = 8
"""Bins in every doubling: a bin is a tenth of its value wide, or less (HdrHistogram has the same layout)."""
MOST = 400


def bins(values: Any) -> Bins:
    """Bins with something in them, in order; those of positive numbers grow with them, as HdrHistogram's do."""
    finite = values[np.isfinite(values)]
    positive, others = finite[finite > 0], finite[finite <= 0]
    found: list[tuple[float, float, int]] = []
    if len(others):
        counts, edges = np.histogram(others, bins=PARTS) if others.min() < 0 else (np.array([len(others)]), (0.0, 0.0))
        found += [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True) if n]
    if len(positive):
        mantissa, exponent = np.frexp(positive)
        places = exponent.astype(np.int64) * PARTS + np.floor((mantissa - 0.5) * 2 * PARTS).astype(np.int64)
        for place, count in zip(*np.unique(places, return_counts=True), strict=True):
            found.append((_edge(int(place)), _edge(int(place) + 1), int(count)))
    endless = len(values) - len(finite)
    if endless:
        found.append((found[-1][1] if found else 0.0, math.inf, endless))
    return tuple(found[:MOST])


def _edge(place: int) -> float:
    exponent, part = divmod(place, PARTS)
    return math.ldexp(0.5 + part / (2 * PARTS), exponent)
