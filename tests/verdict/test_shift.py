"""Two samples against each other: scipy's and statsmodels' numbers, and what Kayenta passes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from erisc.verdict.statistics.difference import Ends, block_medians, difference, ratio
from erisc.verdict.statistics.proportions import wilson
from erisc.verdict.statistics.shift import false_discovery, mann_whitney, shift

rounded = st.lists(st.integers(0, 12).map(float), min_size=2, max_size=40)
distinct = st.lists(st.floats(-100, 100), min_size=2, max_size=16, unique=True)


@given(rounded, rounded)
def test_the_test_with_ties_is_scipys(a: list[float], b: list[float]) -> None:
    if len(set(a + b)) == len(a + b):
        return
    if len(set(a + b)) == 1:
        assert mann_whitney(a, b) == 1.0
        return
    peer = stats.mannwhitneyu(a, b, method="asymptotic").pvalue
    assert mann_whitney(a, b) == pytest.approx(float(peer), abs=1e-9)


@given(distinct, distinct)
def test_the_test_without_ties_is_exact(a: list[float], b: list[float]) -> None:
    if len(set(a + b)) < len(a + b):
        return
    peer = stats.mannwhitneyu(a, b, method="exact").pvalue
    assert mann_whitney(a, b) == pytest.approx(float(peer), abs=1e-9)


def test_r_prints_this_interval() -> None:
    """`wilcox.test(x, y, conf.int = TRUE)` on the permeability of membranes (Hollander and Wolfe 1973, in R's help)."""
    x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    y = [1.15, 0.88, 0.90, 0.74, 1.21]
    found = shift(y, x, 0.025)
    assert found.p == pytest.approx(0.2544, abs=5e-5)
    assert found.estimate == pytest.approx(0.305)
    assert (found.low, found.high) == pytest.approx((-0.15, 0.76))


@given(rounded, rounded)
def test_superiority_counts_pairs(a: list[float], b: list[float]) -> None:
    pairs = [(x, y) for x in a for y in b]
    share = sum((y > x) + (y == x) / 2 for x, y in pairs) / len(pairs)
    assert shift(a, b, 0.025).superiority == pytest.approx(share)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discoveries_are_statsmodels(ps: list[float]) -> None:
    assert list(false_discovery(ps)) == pytest.approx(list(multipletests(ps, method="fdr_bh")[1]), abs=1e-12)


def test_the_difference_of_shares_is_newcombes() -> None:
    a, b = (45, 50), (80, 100)
    ends = [Ends(hits / n, *wilson(hits, n, 0.025)) for hits, n in (a, b)]
    found = difference(ends[0], ends[1], 0.025)
    peer = confint_proportions_2indep(*b, *a, method="newcomb", compare="diff", alpha=0.05)
    assert (found.low, found.high) == pytest.approx(peer, abs=1e-9)


def test_a_ratio_has_the_p_of_the_bound_that_reaches_one() -> None:
    a, b = Ends(1.0, 0.9, 1.1), Ends(1.2, 1.1, 1.3)
    found = ratio(a, b, 0.025)
    assert found.low > 0
    assert found.p < 0.05
    touching = ratio(a, Ends(1.2, 1.2 * math.exp(-math.sqrt(math.log(1.2) ** 2 - math.log(1.1) ** 2)), 1.4), 0.025)
    assert touching.low == pytest.approx(0.0, abs=1e-12)
    assert touching.p == pytest.approx(0.05)
    assert ratio(a, Ends(1.2, -math.inf, math.inf), 0.025).p == 1.0


def test_blocks_of_an_autocorrelated_series_are_nearly_independent() -> None:
    chance = np.random.default_rng(3)
    noise, values = chance.normal(size=4000), np.empty(4000)
    state = 0.0
    for i, shock in enumerate(noise):
        state = 0.9 * state + shock
        values[i] = state
    blocks = block_medians(values)
    assert 20 <= len(blocks) <= 120
    z = blocks - blocks.mean()
    assert float(z[1:] @ z[:-1] / (z @ z)) < 0.3
    assert list(block_medians(noise[:100])) == list(noise[:100])
