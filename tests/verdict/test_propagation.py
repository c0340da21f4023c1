"""The error of a formula: the delta method and the joint bootstrap agree, and both see what terms have in common."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from erisc.verdict.statistics.dependence import batch_means, batch_size
from erisc.verdict.statistics.pooling import pool
from erisc.verdict.statistics.propagation import (
    density_at,
    formula_interval,
    log_interval,
    mean_influence,
    quantile_influence,
    ratio_influence,
)
from tests.verdict.bootstrap import block_length, joint_bootstrap


def series(seed: int, n: int, phi: float = 0.0) -> Any:
    values, state = np.empty(n), 0.0
    for i, shock in enumerate(np.random.default_rng(seed).normal(size=n)):
        state = phi * state + float(shock) * math.sqrt(1 - phi * phi)
        values[i] = state
    return values


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_delta_and_joint_bootstrap_agree_on_a_product(phi: float) -> None:
    n = 2000
    a, b = np.exp(series(1, n, phi) / 3), np.exp(series(1, n, phi) / 6 + series(2, n, phi) / 3)
    x, y = float(a.mean()), float(b.mean())
    influences = [mean_influence(batch_means(a)), mean_influence(batch_means(b))]
    found = log_interval(x * y, [y, x], influences, 0.025, size=batch_size(n))

    def product(columns: Sequence[Any]) -> float:
        return float(columns[0].mean() * columns[1].mean())

    peer = joint_bootstrap([a, b], product, max(1, block_length(a * b)), 0.025)
    assert found[1] - found[0] == pytest.approx(peer[1] - peer[0], rel=0.35)
    assert found == pytest.approx(peer, rel=0.03)


def test_what_moves_two_terms_together_is_seen() -> None:
    """A quotient of two latencies that share their noise is known better than either."""
    n = 1000
    shared = np.exp(series(3, n) / 2)
    other = shared * np.exp(series(4, n) / 20)
    x, y = float(shared.mean()), float(other.mean())
    influences = [mean_influence(batch_means(shared)), mean_influence(batch_means(other))]
    together = log_interval(y / x, [-y / x**2, 1 / x], influences, 0.025, size=20)
    shuffled = [influences[0], np.random.default_rng(1).permutation(influences[1])]
    apart = log_interval(y / x, [-y / x**2, 1 / x], shuffled, 0.025, size=20)
    assert together[1] - together[0] < 0.3 * (apart[1] - apart[0])


def test_a_quantiles_influence_gives_its_error() -> None:
    """The median of n normal values has the standard error sqrt(pi / 2 / n)."""
    values = series(5, 4000)
    at = float(np.median(values))
    density = density_at(4000, 0.5, at - 0.04, at + 0.04, 0.04 / math.sqrt(math.pi / 2 / 4000))
    assert density == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-9)
    influence = quantile_influence(batch_means(values <= at), 0.5, density)
    low, high = formula_interval(at, [1.0], [influence], 0.025, size=80)
    assert (high - low) / 2 == pytest.approx(1.96 * math.sqrt(math.pi / 2 / 4000), rel=0.3)


def test_the_influence_of_a_ratio_vanishes_in_the_mean() -> None:
    chance = np.random.default_rng(6)
    below = chance.integers(5, 20, 50).astype(float)
    above = below * 0.3 + chance.normal(size=50)
    influence = ratio_influence(above, below)
    assert float(influence.mean()) == pytest.approx(0.0, abs=1e-12)


def test_a_logarithm_needs_a_positive_value() -> None:
    with pytest.raises(ValueError, match="logarithm"):
        log_interval(0.0, [1.0], [np.ones(10)], 0.025)


def test_blocks_grow_with_dependence() -> None:
    assert block_length(series(7, 2000)) <= 5
    assert block_length(series(7, 2000, 0.5)) < block_length(series(7, 2000, 0.9))
    assert 10 <= block_length(series(7, 2000, 0.9)) <= 120
    assert block_length(np.ones(50)) == 1


def test_runs_are_pooled_by_students_t() -> None:
    found = pool([10.0, 12.0, 11.0], 0.025)
    assert (found.low, found.high) == pytest.approx((11 - 4.302653 / math.sqrt(3), 11 + 4.302653 / math.sqrt(3)))
    alone = pool([10.0], 0.025)
    assert (alone.low, alone.high) == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="no runs"):
        pool([], 0.025)
