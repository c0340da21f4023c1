"""The interval of a formula of several terms, from theirs and from how they move together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from erisc.base.record import record
from erisc.verdict.influence import influence
from erisc.verdict.program import Term
from erisc.verdict.rows import Site
from erisc.verdict.spans import Stretch, stretches
from erisc.verdict.statistics.distributions import normal_quantile
from erisc.verdict.statistics.estimate import Estimate
from erisc.verdict.statistics.means import FEWEST
from erisc.verdict.statistics.propagation import formula_interval

PARTS = 50
"""Parts of a window's time in which influences are compared."""
METHOD = "error propagation"


@record
class Share:
    """One term's share in a formula: its estimate, and the formula's derivative by it."""

    term: Term
    found: Estimate
    slope: float


@record
class Scale:
    """On which scale errors are taken for additive: the formula is a + b exp(...), or plain when b is 0."""

    a: float
    b: float


Deviation = tuple[float, float]
"""How far the formula may lie below and above its value; both positive."""


def propagated(value: float, shares: Sequence[Share], scale: Scale, site: Site, alpha: float) -> Deviation | None:
    """Bounds of a formula, each with error `alpha`; None where its terms do not allow it.

    The delta method on the terms of one window together, by their influences in the parts of its time
    (`statistics.propagation`). Terms of windows that do not overlap are independent: their deviations, which need not
    be symmetric, add up by their squares (G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008), 1693-1702).
    Windows that overlap in part leave the dependence open.
    """
    groups: dict[tuple[Stretch, ...], list[Share]] = {}
    for share in shares:
        groups.setdefault(stretches(share.term.window, site.cell), []).append(share)
    if _overlap(list(groups)):
        return None
    logs = scale.b != 0 and (value - scale.a) / scale.b > 0 and all(share.found.low > 0 for share in shares)
    middle = (value - scale.a) / scale.b if logs else 0.0
    scaled = [[_rescaled(share, scale, middle) if logs else share for share in group] for group in groups.values()]
    parts = [_group(group, site, alpha, logs) for group in scaled]
    if any(part is None or not all(map(math.isfinite, part)) for part in parts):
        return None
    down, up = (math.hypot(*(part[side] for part in parts if part is not None)) for side in (0, 1))
    if not logs:
        return value - down, value + up
    ends = (scale.a + scale.b * middle * math.exp(-down), scale.a + scale.b * middle * math.exp(up))
    return min(ends), max(ends)


def _overlap(windows: Sequence[tuple[Stretch, ...]]) -> bool:
    pairs = sorted(one for window in windows for one in window)
    return any(after[0] < before[1] - 1e-9 for before, after in pairwise(pairs))


def _rescaled(share: Share, scale: Scale, middle: float) -> Share:
    """The derivative of log((formula - a) / b)."""
    return Share(share.term, share.found, share.slope / (scale.b * middle))


def _group(group: Sequence[Share], site: Site, alpha: float, logs: bool) -> Deviation | None:
    """Terms of one window. What did not vary at all still has its own interval."""
    if len(group) == 1:
        return _own(group[0], logs)
    count = min(PARTS, max(FEWEST, min(share.found.n for share in group)))
    reach = normal_quantile(1 - alpha)
    moved = [influence(share.term, site, share.found, count, reach) for share in group]
    if any(one is None for one in moved):
        return None
    still = [share for share, one in zip(group, moved, strict=True) if not one.any()]
    pairs = [(share, one) for share, one in zip(group, moved, strict=True) if one.any()]
    parts = [_own(share, logs) for share in still]
    if pairs:
        low, high = formula_interval(0.0, [share.slope for share, _ in pairs], [one for _, one in pairs], alpha)
        parts.append((max(0.0, -low), max(0.0, high)))
    return math.hypot(*(part[0] for part in parts)), math.hypot(*(part[1] for part in parts))


def _own(share: Share, logs: bool) -> Deviation:
    """By the term's own interval; where errors add up on the scale of the logarithm, on that scale."""
    found, slope, value = share.found, share.slope, share.found.value or 0.0
    if logs:
        slope, below, above = slope * value, _log(value, found.low), _log(found.high, value)
    else:
        below, above = value - found.low, found.high - value
    if slope == 0:
        return 0.0, 0.0
    return (slope * below, slope * above) if slope > 0 else (-slope * above, -slope * below)


def _log(over: float, under: float) -> float:
    return math.log(over / under) if math.isfinite(over) else math.inf


def scale_of(expression: Any) -> Scale:
    """a and b of an expression that is a + b times a product of terms, of quotients and powers; b is 0 for others."""
    a, b, node = 0.0, 1.0, expression
    while isinstance(node, dict) and "op" in node:
        step = _affine(node)
        if step is None:
            break
        shift, factor, node = step
        a, b = a + b * shift, b * factor
    return Scale(a, b) if isinstance(node, dict) and _is_product(node) else Scale(0.0, 0.0)


def _affine(node: Any) -> tuple[float, float, Any] | None:
    """A node as shift + factor * inner."""
    op, left, right = node["op"], node["left"], node.get("right")
    if right is None:
        return 0.0, -1.0, left
    if not isinstance(left, dict) and op in ("+", "-"):
        return float(left), 1.0 if op == "+" else -1.0, right
    if not isinstance(right, dict) and op in ("+", "-"):
        return float(right) if op == "+" else -float(right), 1.0, left
    if not isinstance(left, dict) and op == "*":
        return 0.0, float(left), right
    if not isinstance(right, dict) and op in ("*", "/") and right:
        return 0.0, float(right) if op == "*" else 1 / float(right), left
    return None


def _is_product(node: Any) -> bool:
    waiting = [node]
    for one in waiting:
        if not isinstance(one, dict) or "op" not in one:
            continue
        if one["op"] not in ("*", "/", "^") or "right" not in one:
            return False
        waiting += [one["left"], one["right"]]
    return True
