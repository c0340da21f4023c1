"""Looking after every run without paying for it: decisions and bounds that hold at all looks together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from erisc.base.record import record
from erisc.verdict.statistics.distributions import least

PASS, FAIL, CONTINUE = "pass", "fail", "continue"
OPTIMAL = 100.0
"""Samples at which a confidence sequence is made to be shortest."""
_TUNED = 0.05
"""The error for which that is worked out; R's and Python's confseq take the same."""


@record
class Rule:
    """What a series of runs must show. A run misses with some probability: `good` is fine, `bad` is not, good < bad.

    false_fail: the probability of failing what is good; false_pass: of passing what is bad.
    """

    good: float = 0.05
    bad: float = 0.3
    false_fail: float = 0.05
    false_pass: float = 0.05


@record
class Decision:
    """outcome: pass, fail or continue. after: runs that it took, of those seen when it continues.

    passes, misses: how many in a row would pass or fail it from here, 0 once it is decided. log_ratio: the evidence.
    """

    outcome: str
    after: int
    passes: int
    misses: int
    log_ratio: float

    @property
    def needed(self) -> int:
        """The fewest further runs that can decide."""
        return min(self.passes, self.misses)


def decide(outcomes: Sequence[bool], rule: Rule) -> Decision:
    """What the runs so far say, in order, True for one that passed; what was decided once stays.

    A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945), 117-186. Its
    bounds (1 - b) / a and b / (1 - a) keep only the sum of both errors; 1 / a and b keep each (Ville 1939). Raises
    ValueError for a rule that is none.
    """
    if not 0 < rule.good < rule.bad < 1 or not (0 < rule.false_fail < 1 and 0 < rule.false_pass < 1):
        raise ValueError(f"no rule: {rule}")
    miss, hit = math.log(rule.bad / rule.good), math.log((1 - rule.bad) / (1 - rule.good))
    upper, lower = -math.log(rule.false_fail), math.log(rule.false_pass)
    ratio = 0.0
    for after, passed in enumerate(outcomes, 1):
        ratio += hit if passed else miss
        if ratio >= upper - 1e-12 or ratio <= lower + 1e-12:
            return Decision(FAIL if ratio > 0 else PASS, after, 0, 0, ratio)
    passes = max(1, math.ceil((lower - ratio) / hit - 1e-9))
    misses = max(1, math.ceil((upper - ratio) / miss - 1e-9))
    return Decision(CONTINUE, len(outcomes), passes, misses, ratio)


def log_mixture(s: float, v: float, q: float, optimal: float = OPTIMAL) -> float:
    """The logarithm of the two-sided beta-binomial mixture martingale at a sum `s` of deviations from `q` and
    variance `v`.

    s = hits - n q, v = n q (1 - q). S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform, nonparametric,
    nonasymptotic confidence sequences", Annals of Statistics 49 (2021), 1055-1080, proposition 7; tuned like `confseq`.
    """
    p = 1 - q
    r = _tuned(q, optimal)
    start = _log_beta(r / q, r / p)
    now = _log_beta((r + v - q * s) / q, (r + v + p * s) / p)
    return -((v + p * s) / p) * math.log(q) - ((v - q * s) / q) * math.log(p) + now - start


def _tuned(q: float, optimal: float) -> float:
    v = q * (1 - q) * optimal
    rho = v / (2 * math.log(1 / _TUNED) + math.log(1 + 2 * math.log(1 / _TUNED)))
    return max(rho - q * (1 - q), 1e-3 * q * (1 - q))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def proportion_sequence(hits: int, n: int, alpha: float, optimal: float = OPTIMAL) -> tuple[float, float]:
    """Bounds of a proportion that hold after every one of the samples at once, with error `alpha` in all (both ends).

    Howard and others (2021), as `confseq.boundaries.bernoulli_confidence_interval`. n >= 1 independent samples.
    """
    limit = math.log(1 / alpha)

    def excess(p: float) -> float:
        if not 0 < p < 1:
            return math.inf
        return log_mixture(hits - n * p, n * p * (1 - p), p, optimal) - limit

    share = hits / n
    low = _root(excess, 0.0, share) if hits else 0.0
    high = _root(excess, 1.0, share) if hits < n else 1.0
    return low, high


def _root(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """Where excess falls to 0 between a point with evidence against it and one without."""
    for _ in range(60):
        middle = (outside + inside) / 2
        if excess(middle) > 0:
            outside = middle
        else:
            inside = middle
    return inside


def mean_sequence(
    values: Sequence[float] | Any, low: float, high: float, alpha: float, breaks: int = 1000
) -> tuple[float, float]:
    """Bounds of the mean of independent values that lie in low..high, which hold after every one of them at once,
    with error `alpha` in all.

    I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
    Statistical Society B 86 (2024), 1-27, section 4.1: the hedged capital process with predictable plug-in bets, on a
    grid of `breaks` means; `confseq.betting.betting_cs`.
    """
    x = (np.asarray(values, dtype=float) - low) / (high - low)
    if len(x) and not (float(np.min(x)) >= 0 and float(np.max(x)) <= 1):
        raise ValueError(f"a value lies outside {low:g} to {high:g}")
    means = np.arange(breaks + 1) / breaks
    bets = _bets(x, alpha / 2)[:, None]
    with np.errstate(divide="ignore"):
        up = np.log1p(np.minimum(bets, 0.5 / means) * (x[:, None] - means))
        down = np.log1p(-np.minimum(bets, 0.5 / (1 - means)) * (x[:, None] - means))
    capital = np.maximum(np.cumsum(up, axis=0), np.cumsum(down, axis=0)) + math.log(0.5)
    open_still = np.flatnonzero(np.all(capital <= math.log(1 / alpha), axis=0))
    if not len(open_still):
        return low, high
    first, last = float(means[open_still[0]]), float(means[open_still[-1]])
    scale = high - low
    return low + max(0.0, first - 1 / breaks) * scale, low + min(1.0, last + 1 / breaks) * scale


def _bets(x: Any, alpha: float) -> Any:
    """Predictable plug-in bets: each from the values before it."""
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], variance[:-1]])[: len(x)]
    return np.sqrt(2 * math.log(1 / alpha) / (t * np.log1p(t) * before))


def quantile_sequence(
    values: Sequence[float] | Any, q: float, alpha: float, optimal: float = OPTIMAL
) -> tuple[float, float]:
    """Bounds of the q-quantile of independent values, which hold after every one of them at once, with error `alpha`
    in all.

    S. R. Howard and A. Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
    identification", Bernoulli 28 (2022), 1704-1728, theorem 1 with the beta-binomial mixture. Ties make it wider,
    never wrong.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    limit = math.log(1 / alpha)

    def against(count: int) -> bool:
        return log_mixture(count - n * q, n * q * (1 - q), q, optimal) >= limit

    middle = math.floor(n * q)
    above = least(against, middle + 1, n)
    below = least(lambda count: not against(count), 0, middle)
    low = float(ordered[below - 1]) if below >= 1 else -math.inf
    return low, float(ordered[above - 1]) if above <= n else math.inf
