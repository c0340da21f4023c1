"""Tails of the normal, Student, beta, binomial and Poisson distributions, exact to double precision and without
dependencies.

The tests check every function against scipy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

TINY = 1e-18


@lru_cache(maxsize=1024)
def normal_quantile(p: float) -> float:
    """The p-quantile of the standard normal distribution, 0 < p < 1."""
    from statistics import NormalDist  # its import costs as much as an interpreter's start

    return NormalDist().inv_cdf(p)


def normal_quantiles(p: Any) -> Any:
    """`normal_quantile` of an array, to 5e-4: Abramowitz and Stegun 26.2.23."""
    import numpy as np

    t = np.sqrt(-2 * np.log(np.minimum(p, 1 - p)))
    found = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return np.where(p < 0.5, -found, found)


def normal_cdf(x: float) -> float:
    """P(Z <= x) for a standard normal Z."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def student_cdf(t: float, freedom: float) -> float:
    """P(T <= t) for Student's t with `freedom` > 0 degrees of freedom: Abramowitz and Stegun 26.7.1 by 26.5.27."""
    tail = 0.5 * beta_cdf(freedom / (freedom + t * t), freedom / 2, 0.5)
    return tail if t < 0 else 1 - tail


@lru_cache(maxsize=1024)
def student_quantile(p: float, freedom: float) -> float:
    """The p-quantile of Student's t, 0 < p < 1, `freedom` > 0; to 1e-10 of it."""
    if p < 0.5:
        return -student_quantile(1 - p, freedom)
    high = 1.0 + abs(normal_quantile(p))
    while student_cdf(high, freedom) < p:
        high *= 2
    return root(lambda t: student_cdf(t, freedom) - p, 0.0, high, normal_quantile(p), 1e-13)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), a > 0, b > 0.

    The continued fraction of DiDonato and Morris, "Algorithm 708", ACM TOMS 18 (1992), 360-373, in the form of Press et
    al., "Numerical Recipes", section 6.4, evaluated by Lentz's method on the side on which it converges fast.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return min(1.0, front * _fraction(x, a, b) / a)
    return max(0.0, 1.0 - front * _fraction(1 - x, b, a) / b)


def beta_quantile(p: float, a: float, b: float) -> float:
    """The p-quantile of the beta distribution, 0 < p < 1."""
    return least_real(lambda x: beta_cdf(x, a, b) >= p, 0.0, 1.0)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's evaluation of the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1.0 / _away(1.0 + even * d), _away(1.0 + even / c)
        found *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1.0 / _away(1.0 + odd * d), _away(1.0 + odd / c)
        found *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return found


def _away(x: float) -> float:
    """Lentz's guard against a division by zero."""
    return x if abs(x) > 1e-300 else 1e-300


def root(excess: Callable[[float], float], low: float, high: float, guess: float, within: float) -> float:
    """Where a rising function is 0 between `low` and `high`, to `within` of its value: the Illinois method (M. Dowell
    and P. Jarratt, BIT 11 (1971), 168-174), which keeps a bracket and converges like secants.
    """
    below, above = -1.0, 1.0
    x = min(max(guess, low), high)
    side = 0
    for _ in range(200):
        here = excess(x)
        if abs(here) <= within or not low < high:
            break
        if here < 0:
            low, below, above = x, here, above / 2 if side < 0 else above
            side = -1
        else:
            high, above, below = x, here, below / 2 if side > 0 else below
            side = 1
        following = (low * above - high * below) / (above - below)
        x = following if low < following < high else (low + high) / 2
        if x in (low, high):
            break
    return x


def least_real(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The least x in low..high for which the monotone `holds` is true, to rounding; high when it never is."""
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return high
        low, high = (low, middle) if holds(middle) else (middle, high)


def binomial_cdf(k: int, n: int, p: float) -> float:
    """P(X <= k) for X binomial(n, p), 0 < p < 1. Sums the smaller tail, outward from k."""
    if k < 0:
        return 0.0
    if k >= n:
        return 1.0
    odds = p / (1 - p)
    if k < n * p:
        return min(1.0, _downward(_binomial_pmf(k, n, p), k, lambda i: i / ((n - i + 1) * odds)))
    above = _upward(_binomial_pmf(k + 1, n, p), k + 1, lambda i: (n - i) / (i + 1) * odds, n)
    return max(0.0, 1.0 - above)


def poisson_cdf(k: int, mean: float) -> float:
    """P(X <= k) for X Poisson with mean >= 0."""
    if k < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    if k < mean:
        return min(1.0, _downward(_poisson_pmf(k, mean), k, lambda i: i / mean))
    above = _upward(_poisson_pmf(k + 1, mean), k + 1, lambda i: mean / (i + 1), None)
    return max(0.0, 1.0 - above)


def least(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least k in low..high for which the monotone `holds` is true; high + 1 when it never is."""
    while low <= high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle - 1
        else:
            low = middle + 1
    return low


def _binomial_pmf(k: int, n: int, p: float) -> float:
    log_choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log_choose + k * math.log(p) + (n - k) * math.log1p(-p))


def _poisson_pmf(k: int, mean: float) -> float:
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def _downward(first: float, k: int, ratio: Callable[[int], float]) -> float:
    total = term = first
    while k > 0 and term > total * TINY:
        term *= ratio(k)
        total += term
        k -= 1
    return total


def _upward(first: float, k: int, ratio: Callable[[int], float], end: int | None) -> float:
    total = term = first
    while (end is None or k < end) and term > total * TINY:
        term *= ratio(k)
        total += term
        k += 1
    return total
