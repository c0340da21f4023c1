"""Censored times, against lifelines, statsmodels and what R prints for survival::aml."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from erisc.verdict.statistics import survival

FITS = json.loads((Path(__file__).parent / "vectors" / "lifelines.json").read_text())["fits"]
MAINTAINED, OTHERS = FITS


def curve(fit: dict[str, list[float]]) -> survival.Curve:
    return survival.kaplan_meier(fit["times"], [bool(end) for end in fit["ended"]])


@pytest.mark.parametrize("fit", FITS, ids=["maintained", "nonmaintained"])
def test_curve_and_bands_are_those_of_lifelines(fit: dict[str, list[list[float]]]) -> None:
    found = curve(fit)  # type: ignore[arg-type]
    assert len(found.steps) == len(fit["steps"])
    for step, (time, value, low, high) in zip(found.steps, fit["steps"], strict=True):
        assert (step.time, step.survival) == pytest.approx((time, value), abs=1e-9)
        if step.survival > 0:
            assert survival.log_log(step, 0.025) == pytest.approx((low, high), abs=1e-9)


def test_medians_and_restricted_means_are_those_of_lifelines() -> None:
    for fit in FITS:
        assert survival.median(curve(fit), 0.025).value == fit["median"]
        found = survival.restricted_mean(curve(fit), 40, 0.025)
        assert found.value == pytest.approx(fit["restricted_mean_40"], abs=1e-9)


def test_r_prints_these_standard_errors_and_restricted_means() -> None:
    """`summary(survfit(Surv(time, status) ~ x, aml))`, and `print(…, print.rmean = TRUE)` with the upper limit 161."""
    errors = [step.survival * math.sqrt(step.variance) for step in curve(MAINTAINED).steps]
    assert [round(error, 4) for error in errors] == [0.0867, 0.1163, 0.1397, 0.1526, 0.1642, 0.1627, 0.1535]
    printed = {"maintained": ("52.6", "19.83"), "nonmaintained": ("22.7", "4.18")}
    for fit in FITS:
        mean, variance = survival.restricted_moments(curve(fit), 161)
        assert (f"{mean:.1f}", f"{math.sqrt(variance):.2f}") == printed[fit["name"]]


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=40))
def test_curve_and_variance_are_those_of_statsmodels(rows: list[tuple[int, bool]]) -> None:
    times, ended = [float(time) for time, _ in rows], [end for _, end in rows]
    found = survival.kaplan_meier(times, ended)
    if not any(ended):
        assert found.steps == ()
        return
    peer = SurvfuncRight(np.array(times), np.array(ended, dtype=int))
    assert [step.time for step in found.steps] == list(peer.surv_times)
    assert [step.survival for step in found.steps] == pytest.approx(list(peer.surv_prob), abs=1e-12)
    for step, error in zip(found.steps, peer.surv_prob_se, strict=True):
        if step.survival > 0:
            assert step.survival * math.sqrt(step.variance) == pytest.approx(float(error), abs=1e-12)


@given(st.lists(st.floats(0.1, 100), min_size=2, max_size=30))
def test_without_censoring_the_restricted_mean_is_the_mean(times: list[float]) -> None:
    found = survival.restricted_mean(survival.kaplan_meier(times, [True] * len(times)), max(times), 0.025)
    assert found.value == pytest.approx(math.fsum(times) / len(times), rel=1e-9)


def test_what_never_recovered_is_not_counted_as_recovered() -> None:
    found = survival.kaplan_meier([10.0, 12.0, 60.0, 60.0], [True, True, False, False])
    assert survival.ended_by(found, 30, 0.05).value == 0.5
    assert survival.quantile(found, 0.9, 0.05).value is None
    assert survival.quantile(found, 0.9, 0.05).high == math.inf
    with pytest.raises(ValueError, match="watched"):
        survival.restricted_mean(found, 61, 0.05)
    assert survival.ended_by(found, 100, 0.05).value is None


def test_before_the_first_end_the_bound_is_that_of_no_hit_among_n() -> None:
    found = survival.survival_at(survival.kaplan_meier([10.0] * 59, [True] * 59), 5, 0.05)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.05 ** (1 / 59))
