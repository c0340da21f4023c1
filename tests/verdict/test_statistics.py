"""Tails and intervals, against scipy."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from erisc.verdict.statistics import distributions, intervals

shares = st.floats(1e-4, 1 - 1e-4)
errors = st.floats(1e-4, 0.2)


@given(st.integers(1, 3000), shares, st.data())
def test_binomial_tails_are_scipys(n: int, p: float, data: st.DataObject) -> None:
    k = data.draw(st.integers(-1, n + 1))
    assert distributions.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-8, abs=1e-13)


@given(st.integers(-1, 400), st.floats(0, 300))
def test_poisson_tails_are_scipys(k: int, mean: float) -> None:
    assert distributions.poisson_cdf(k, mean) == pytest.approx(stats.poisson.cdf(k, mean), rel=1e-8, abs=1e-13)


def test_binomial_tails_of_ten_million() -> None:
    n, p = 10_000_000, 0.99
    for k in (9_899_000, 9_900_000, 9_900_700):
        assert distributions.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), abs=1e-6)


@given(st.floats(0.001, 0.999), st.integers(8, 200))
def test_student_quantiles_are_scipys(p: float, freedom: int) -> None:
    assert distributions.student_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), abs=2e-3, rel=1e-3)


@given(st.integers(1, 5000), errors, st.data())
def test_wilson_is_scipys(n: int, alpha: float, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    expected = stats.binomtest(hits, n).proportion_ci(1 - 2 * alpha, method="wilson")
    assert intervals.wilson(hits, n, alpha) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.integers(0, 500), errors)
def test_poisson_bounds_are_garwoods(count: int, alpha: float) -> None:
    low = stats.chi2.ppf(alpha, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(1 - alpha, 2 * count + 2) / 2
    assert intervals.poisson_bounds(count, alpha) == pytest.approx((low, high), rel=1e-6, abs=1e-9)


@given(st.integers(1, 2000), st.floats(0.01, 0.999), errors)
def test_ranks_bound_the_quantile_with_the_error_they_state(n: int, q: float, alpha: float) -> None:
    ranks = intervals.quantile_ranks(n, q, alpha)
    if ranks.low is not None:
        assert stats.binom.cdf(ranks.low - 1, n, q) <= alpha * (1 + 1e-6)
        assert stats.binom.cdf(ranks.low, n, q) > alpha * (1 - 1e-6)
    else:
        assert stats.binom.cdf(0, n, q) > alpha * (1 - 1e-6)
    if ranks.high is not None:
        assert stats.binom.sf(ranks.high - 1, n, q) <= alpha * (1 + 1e-6) + 1e-12
    else:
        assert stats.binom.sf(n - 1, n, q) > alpha * (1 - 1e-6) - 1e-12
    assert (ranks.low or 1) <= ranks.value <= (ranks.high or n)


@pytest.mark.parametrize(("q", "needs"), [(0.95, 59), (0.99, 299), (0.999, 2995)])
def test_the_samples_that_bound_a_tail(q: float, needs: int) -> None:
    assert intervals.quantile_needs(q, 0.05) == needs
    assert intervals.quantile_ranks(needs, q, 0.05).high == needs
    assert intervals.quantile_ranks(needs - 1, q, 0.05).high is None


@given(st.floats(0.5, 0.9999), st.floats(0.5, 0.9999), errors)
def test_the_samples_that_are_asked_for_do_tell(share: float, limit: float, alpha: float) -> None:
    needs = intervals.wilson_needs(share, limit, alpha)
    if needs is None or needs > 10**6:
        return
    z = distributions.normal_quantile(1 - alpha)
    low, high = intervals._score(share, needs, z)
    assert low > limit if share > limit else high < limit
    if needs > 1:
        low, high = intervals._score(share, needs - 1, z)
        assert low <= limit if share > limit else high >= limit


def autocorrelated(chance: random.Random, n: int, memory: float) -> list[float]:
    values, state = [], 0.0
    for _ in range(n):
        state = memory * state + chance.gauss(0, 1)
        values.append(5 + state)
    return values


def test_batch_means_hold_for_an_autocorrelated_series() -> None:
    chance = random.Random(7)
    held = naive = 0
    for _ in range(300):
        values = autocorrelated(chance, 1000, 0.8)
        means = [math.fsum(values[i : i + 50]) / 50 for i in range(0, 1000, 50)]
        low, high = intervals.batch_mean(means, 0.025)
        held += low <= 5 <= high
        reach = 1.96 * stats.tstd(values) / math.sqrt(1000)
        naive += abs(math.fsum(values) / 1000 - 5) <= reach
    assert held / 300 > 0.88
    assert naive / 300 < 0.7
