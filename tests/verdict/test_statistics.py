"""Tails and intervals, against scipy."""

import math

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from erisc.verdict.statistics import distributions
from erisc.verdict.statistics.counts import poisson_bounds
from erisc.verdict.statistics.dependence import batch_means, batch_size, copula_inflation, inflation_of, normal_scores
from erisc.verdict.statistics.means import mean_interval
from erisc.verdict.statistics.proportions import _score, wilson, wilson_needs
from erisc.verdict.statistics.quantiles import quantile_intervals, quantile_needs, quantile_ranks

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


@given(st.floats(0.001, 0.999), st.integers(1, 200))
def test_student_quantiles_are_scipys(p: float, freedom: int) -> None:
    assert distributions.student_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), abs=1e-7, rel=1e-7)


@given(st.floats(0.001, 0.999), st.floats(0.5, 3000), st.floats(0.5, 3000))
def test_beta_tails_and_quantiles_are_scipys(x: float, a: float, b: float) -> None:
    assert distributions.beta_cdf(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-10)
    assert distributions.beta_quantile(x, a, b) == pytest.approx(stats.beta.ppf(x, a, b), abs=1e-8)


def test_normal_quantiles_of_an_array() -> None:
    p = np.linspace(0.001, 0.999, 999)
    assert distributions.normal_quantiles(p) == pytest.approx(stats.norm.ppf(p), abs=5e-4)


@given(st.integers(1, 5000), errors, st.data())
def test_wilson_is_scipys(n: int, alpha: float, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    expected = stats.binomtest(hits, n).proportion_ci(1 - 2 * alpha, method="wilson")
    assert wilson(hits, n, alpha) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.integers(0, 500), errors)
def test_poisson_bounds_are_garwoods(count: int, alpha: float) -> None:
    low = stats.chi2.ppf(alpha, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(1 - alpha, 2 * count + 2) / 2
    assert poisson_bounds(count, alpha) == pytest.approx((low, high), rel=1e-6, abs=1e-9)


@given(st.integers(1, 2000), st.floats(0.01, 0.999), errors)
def test_ranks_bound_the_quantile_with_the_error_they_state(n: int, q: float, alpha: float) -> None:
    """At a fractional rank the binomial tail is that of the beta distribution, whose whole ranks are the binomial's."""
    ranks = quantile_ranks(n, q, alpha)
    if ranks.low is not None:
        assert stats.beta.cdf(q, ranks.low, n + 1 - ranks.low) == pytest.approx(1 - alpha, abs=1e-4)
        assert stats.binom.cdf(math.floor(ranks.low) - 1, n, q) <= alpha * (1 + 1e-6) + 1e-4
    else:
        assert stats.binom.cdf(0, n, q) > alpha * (1 - 1e-6)
    if ranks.high is not None:
        assert stats.beta.cdf(q, ranks.high, n + 1 - ranks.high) == pytest.approx(alpha, abs=1e-4)
    else:
        assert stats.binom.sf(n - 1, n, q) > alpha * (1 - 1e-6) - 1e-12
    assert (ranks.low or 0) - 1 <= ranks.value <= (ranks.high or n) + 1


@pytest.mark.parametrize(("q", "needs"), [(0.95, 59), (0.99, 299), (0.999, 2995)])
def test_the_samples_that_bound_a_tail(q: float, needs: int) -> None:
    assert quantile_needs(q, 0.05) == needs
    assert quantile_ranks(needs, q, 0.05).high is not None
    assert quantile_ranks(needs - 1, q, 0.05).high is None


def test_ranks_of_ten_million() -> None:
    ranks = quantile_ranks(10_000_000, 0.99, 0.025)
    assert ranks.low == pytest.approx(stats.binom.ppf(0.025, 10_000_000, 0.99), abs=2)
    assert ranks.high == pytest.approx(stats.binom.ppf(0.975, 10_000_000, 0.99), abs=2)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_one_partition_gives_what_sorting_gives(values: list[float]) -> None:
    found = quantile_intervals(np.array(values), (0.05, 0.5, 0.99), 0.025)
    ordered = sorted(values)
    for each in found:
        assert each.value == ordered[max(1, math.ceil(len(values) * each.q - 1e-9)) - 1]
        assert each.low <= each.high
        assert each.effective <= len(values)


def test_what_never_finished_is_longer_than_any_other() -> None:
    values = np.array(([1.0] * 9 + [math.inf]) * 10)
    p50, p95 = quantile_intervals(values, (0.5, 0.95), 0.025)
    assert (p50.value, p50.low, p50.high) == (1.0, 1.0, 1.0)
    assert p95.value == math.inf


def test_between_tied_values_nothing_is_interpolated() -> None:
    chance = np.random.default_rng(1)
    values = np.ceil(chance.lognormal(0, 1, 500))
    for each in quantile_intervals(values, (0.1, 0.5, 0.9), 0.025):
        assert each.low in values
        assert each.high in values


@pytest.mark.parametrize(("digits", "slack"), [(2, 0.01), (3, 0.001)])
def test_quantiles_are_those_of_an_hdr_histogram(digits: int, slack: float) -> None:
    """To the histogram's own precision."""
    values = np.round(np.random.default_rng(9).lognormal(10, 1, 20_000))
    histogram = HdrHistogram(1, 10**9, digits)
    for value in values:
        histogram.record_value(int(value))
    for each in quantile_intervals(values, (0.5, 0.9, 0.95, 0.99, 0.999), 0.025):
        assert each.value == pytest.approx(histogram.get_value_at_percentile(each.q * 100), rel=slack)


@given(st.floats(0.5, 0.9999), st.floats(0.5, 0.9999), errors)
def test_the_samples_that_are_asked_for_do_tell(share: float, limit: float, alpha: float) -> None:
    needs = wilson_needs(share, limit, alpha)
    if needs is None or needs > 10**6:
        return
    z = distributions.normal_quantile(1 - alpha)
    low, high = _score(share, needs, z)
    assert low > limit if share > limit else high < limit
    if needs > 1:
        low, high = _score(share, needs - 1, z)
        assert low <= limit if share > limit else high >= limit


def autocorrelated(chance: np.random.Generator, n: int, memory: float) -> np.ndarray:
    values, state = np.empty(n), 0.0
    for i, shock in enumerate(chance.normal(size=n)):
        state = memory * state + float(shock)
        values[i] = 5 + state
    return values


def test_the_mean_of_an_autocorrelated_series_is_held() -> None:
    chance = np.random.default_rng(7)
    held = naive = 0
    for _ in range(100):
        values = autocorrelated(chance, 400, 0.8)
        low, high = mean_interval(batch_means(values), 0.025, batch_size(400))
        held += low <= 5 <= high
        naive += abs(float(values.mean()) - 5) <= 1.96 * float(values.std()) / math.sqrt(400)
    assert held / 100 > 0.88
    assert naive / 100 < 0.7


def test_a_skewed_mean_reaches_further_up() -> None:
    values = np.random.default_rng(3).lognormal(0, 1, 60)
    low, high = mean_interval(batch_means(values), 0.025, batch_size(60))
    middle = float(values.mean())
    assert high - middle > 1.2 * (middle - low)


def test_the_interval_is_a_function_of_the_samples() -> None:
    values = np.random.default_rng(3).lognormal(0, 1, 200)
    first = mean_interval(batch_means(values), 0.025, 4)
    np.random.seed(1)
    assert mean_interval(batch_means(values.copy()), 0.025, 4) == first


def test_values_that_are_all_the_same_have_no_spread() -> None:
    assert mean_interval(np.full(30, 2.5), 0.025) == (2.5, 2.5)


def test_neighbours_that_resemble_each_other_count_for_less() -> None:
    chance = np.random.default_rng(5)
    independent, wandering = chance.normal(size=2000), autocorrelated(chance, 2000, 0.9)
    assert inflation_of(independent > 0, 0.025) < 1.6
    assert inflation_of(wandering > 5, 0.025) == pytest.approx(13.3, rel=0.5)
    assert copula_inflation(normal_scores(wandering), 0.5, 0.025) == pytest.approx(13.3, rel=0.5)
    assert copula_inflation(normal_scores(wandering), 0.99, 0.025) == pytest.approx(5.9, rel=0.5)


def test_a_failure_that_did_not_happen_twice_clusters_as_the_latencies_do() -> None:
    latencies = autocorrelated(np.random.default_rng(5), 100, 0.9)
    none = np.ones(100, dtype=bool)
    assert inflation_of(none, 0.025) == 1.0
    assert inflation_of(none, 0.025, latencies) > 2
