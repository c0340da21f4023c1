"""What the verdict says when samples depend on each other: how much they are worth, and how many would do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erisc.base.record import replace
from erisc.verdict.methods import estimate
from erisc.verdict.program import Term
from erisc.verdict.rows import Rows
from erisc.verdict.shortage import open_quantile
from erisc.verdict.statistics.dependence import inflation_of
from erisc.verdict.statistics.quantiles import quantile_intervals
from erisc.verdict.strata import Moments, inflation_in
from tests.verdict.formulas import OK, kpi, of, program, rows
from tests.verdict.simulate import World

ALPHA = 0.025


def _wandering(n: int, phi: float, seed: int = 3) -> Any:
    noise = np.random.default_rng(seed).standard_normal(n) * np.sqrt(1 - phi * phi)
    for place in range(1, n):
        noise[place] += phi * noise[place - 1]
    return noise


class _Term:
    window = None


class _Cell:
    load_end = 25.0
    windows = ()


class _Site:
    cell = _Cell()


def test_a_short_dependent_series_says_what_it_is_worth_and_what_would_do() -> None:
    samples = np.exp(np.cumsum(np.random.default_rng(1).standard_normal(53)) / 5)
    [found] = quantile_intervals(samples, (0.5,), ALPHA)
    note, needed = open_quantile(_Term(), [_Site()], found, 53, ALPHA)  # type: ignore[arg-type, list-item]
    assert note.startswith("neighbouring samples resemble each other: 53 say no more than about ")
    assert "of such load, would do" in needed


def test_independent_samples_are_only_too_few() -> None:
    samples = np.random.default_rng(1).standard_normal(9)
    [found] = quantile_intervals(samples, (0.95,), ALPHA, (1.0,))
    note, needed = open_quantile(_Term(), [_Site()], found, 9, ALPHA)  # type: ignore[arg-type, list-item]
    assert note == "9 samples cannot bound it from above, 72 can"
    assert needed == "72 samples are needed, 9 were seen"


def test_failures_that_do_not_show_whether_they_cluster_are_told_by_the_durations() -> None:
    wandering = _wandering(100, 0.9)
    ok = np.ones(100, dtype=bool)
    alone = inflation_in(ok, Moments(None), _Cell(), ALPHA)  # type: ignore[arg-type]
    beside = inflation_in(ok, Moments(None), _Cell(), ALPHA, lambda: np.exp(wandering))  # type: ignore[arg-type]
    assert alone == 1.0
    assert beside == inflation_of(ok, ALPHA, np.exp(wandering)) > 1.5


def test_durations_are_not_read_where_failures_are_many() -> None:
    def never() -> object:
        pytest.fail("asked for")

    hits = np.arange(1000) % 5 > 0
    assert inflation_in(hits, Moments(None), _Cell(), ALPHA, never) == inflation_of(hits, ALPHA)  # type: ignore[arg-type]


def test_the_mean_of_durations_is_not_negative_and_says_what_the_samples_are_worth() -> None:
    took = np.exp(np.cumsum(np.random.default_rng(1).standard_normal(53)) / 2)
    rows_ = Rows(lambda: np.arange(53.0), took, np.ones(53, dtype=bool), 0)

    class _Known(_Site):
        def rows(self, term: Term) -> Rows:
            return rows_

    term = Term("t1", "mean", "s1", value="duration_s")
    found = estimate(term, [_Known()], ALPHA)  # type: ignore[list-item]
    assert found.low == 0.0 < found.high
    assert found.note.startswith("neighbouring samples resemble each other: 53 say no more than about ")
    signed = estimate(replace(term, value="metric"), [_Known()], ALPHA)  # type: ignore[list-item]
    assert signed.low < 0


def test_a_share_of_iterations_is_compiled_with_their_durations(tmp_path: Path) -> None:
    made = program(tmp_path, World(), [kpi("ok", of("ratio", rows("", OK), hits=1))])
    assert made.criteria[0].kpis[0].terms[0].beside == "duration_s"
    assert "duration_s" in made.criteria[0].used(made.criteria[0].scans[0].id)
