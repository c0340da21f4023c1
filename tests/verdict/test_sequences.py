"""A rule over several runs may be decided before all are made: by which way, when, and at which error."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from erisc.verdict.model import KpiResult, LabelResult, Place
from erisc.verdict.points import LOOKS
from erisc.verdict.program import Kpi, Slo, Term
from erisc.verdict.sequences import MEAN, MEDIAN, WALD, look, way_of
from erisc.verdict.statistics.pooling import pool

ERROR = 0.05
TIME = Kpi("latency", "duration", "s", "", (), (Term("t1", "quantile", "s1"),), {"term": "t1"}, ())
SHARE = Kpi("success", "ratio", "1", "", (), (Term("t1", "proportion", "s1"),), {"term": "t1"}, ())
LOST = Kpi("lost", "ratio", "1", "", (), SHARE.terms, {"op": "-", "left": 1, "right": {"term": "t1"}}, ())


def slo(operator: str, limit: float) -> Slo:
    return Slo("s", "k", operator, limit, "", "critical", 1 - ERROR, 12, Place("a.eris", 1, 1))


def run(value: float | None, interval: tuple[float | None, float | None] | None = None) -> KpiResult:
    return KpiResult("k", "duration", value, "s", interval, 0.95, 10, "", "")


def runs(*values: float | None) -> list[KpiResult]:
    return [run(value) for value in values]


def test_the_way_is_settled_before_any_run() -> None:
    assert way_of(slo("<=", 3.0), TIME, 12, ERROR) == MEDIAN
    assert way_of(slo(">=", 0.5), SHARE, 12, ERROR) == MEAN
    assert way_of(slo("<=", 0.5), LOST, 12, ERROR) == MEDIAN
    assert way_of(slo("<=", 3.0), TIME, 5, ERROR) == WALD
    assert way_of(slo(">=", 0.99), SHARE, 12, ERROR) == WALD
    labelled = Kpi("l", "duration", "s", "", ("az",), TIME.terms, TIME.expression, ())
    assert way_of(slo("<=", 3.0), labelled, 12, ERROR) == WALD


def test_seven_runs_bound_the_median() -> None:
    values = [0.2, 0.3, 0.25, 0.21, 0.22, 0.28, 0.24]
    assert look(slo("<=", 0.5), TIME, runs(*values[:6]), 12, ERROR).outcome == "inconclusive"
    found = look(slo("<=", 0.5), TIME, runs(*values), 12, ERROR)
    assert (found.outcome, found.after, found.way, found.value) == ("pass", 7, MEDIAN, 0.24)
    assert (found.low, found.high) == (0.2, 0.3)
    assert look(slo("<=", 0.1), TIME, runs(*values), 12, ERROR).outcome == "fail"


def test_what_was_decided_stays() -> None:
    first = look(slo("<=", 0.5), TIME, runs(*[0.2] * 7), 12, ERROR)
    assert look(slo("<=", 0.5), TIME, runs(*[0.2] * 7 + [9.0] * 5), 12, ERROR) == first


def test_shares_are_bounded_by_their_mean() -> None:
    found = look(slo(">=", 0.4), SHARE, runs(*[0.98] * 12), 12, ERROR)
    assert (found.outcome, found.way) == ("pass", MEAN)
    assert found.value == pytest.approx(0.98)
    assert 0.4 <= found.low < 0.98 < found.high <= 1.0
    assert "confidence sequence of the mean over runs" in found.said


def test_outcomes_are_tested_where_values_cannot_tell_in_time() -> None:
    found = look(slo(">=", 0.99), SHARE, runs(*[0.5] * 4), 12, ERROR)
    assert (found.outcome, found.after, found.way, found.value) == ("fail", 2, WALD, None)
    assert "0 of 2 met it" in found.said
    found = look(slo(">=", 0.99), SHARE, runs(*[1.0] * 12), 12, ERROR)
    assert (found.outcome, found.after) == ("pass", 10)


def test_a_run_passes_when_all_of_its_labels_do() -> None:
    kpi = Kpi("l", "duration", "s", "", ("az",), TIME.terms, TIME.expression, ())
    labels = [LabelResult((("az", name),), value, None, 5, "", "") for name, value in (("a", 0.1), ("b", 0.9))]
    labelled = KpiResult("l", "duration", None, "s", None, 0.95, 10, "", "", tuple(labels))
    assert look(slo("<=", 0.5), kpi, [labelled] * 3, 12, ERROR).outcome == "fail"
    assert look(slo("<=", 1.0), kpi, [labelled] * 10, 12, ERROR).outcome == "pass"


def test_what_never_came_back_missed_and_what_is_unknown_ends_the_series() -> None:
    lost = run(None, (60.0, None))
    assert look(slo("<=", 30.0), TIME, [lost] * 7, 12, ERROR).outcome == "fail"
    assert look(slo("<=", 90.0), TIME, [lost] * 7, 12, ERROR).outcome == "inconclusive"
    found = look(slo("<=", 0.5), TIME, runs(0.2, 0.2, None, *[0.2] * 9), 12, ERROR)
    assert (found.outcome, found.after) == ("inconclusive", 2)
    assert look(slo("<=", 0.5), TIME, runs(None), 12, ERROR).after == 0


Draw = Callable[[np.random.Generator, int], np.ndarray]
"""So many values of runs."""
PLANNED, SERIES = 30, 300
AT_THE_LIMIT: list[tuple[str, Kpi, Slo, Draw]] = [
    ("median", TIME, slo("<=", 1.0), lambda chance, n: chance.lognormal(0.0, 0.8, n)),
    ("mean of shares", SHARE, slo(">=", 0.7), lambda chance, n: chance.beta(7.0, 3.0, n)),
    ("shares that are all or nothing", SHARE, slo("<=", 0.2), lambda chance, n: (chance.random(n) < 0.2) * 1.0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kpi", "rule", "draw"), AT_THE_LIMIT, ids=[case[0] for case in AT_THE_LIMIT])
def test_a_look_after_every_run_errs_less_than_it_may(name: str, kpi: Kpi, rule: Slo, draw: Draw) -> None:
    """The truth is the limit itself: both decisions are wrong, and each is had in at most 5 % of all series."""
    chance = np.random.default_rng(11)
    outcomes = [look(rule, kpi, runs(*draw(chance, PLANNED).tolist()), PLANNED, ERROR) for _ in range(SERIES)]
    assert {found.way for found in outcomes} == {MEAN if kpi is SHARE else MEDIAN}
    for outcome in ("pass", "fail"):
        assert sum(found.outcome == outcome for found in outcomes) <= ERROR * SERIES, (name, outcome)


@pytest.mark.slow
@pytest.mark.parametrize(("miss", "wrong"), [(0.3, "pass"), (0.05, "fail")])
def test_walds_test_errs_less_than_it_may(miss: float, wrong: str) -> None:
    """Up to the scatter of a thousand series; tests/verdict/test_sequential.py has the errors exactly."""
    chance = np.random.default_rng(12)
    rule = slo(">=", 0.99)
    tables = (np.where(chance.random(40) < miss, 0.5, 1.0).tolist() for _ in range(1000))
    found = [look(rule, SHARE, runs(*values), 40, ERROR) for values in tables]
    assert {one.way for one in found} == {WALD}
    assert sum(one.outcome == wrong for one in found) <= ERROR * len(found) + 3 * math.sqrt(ERROR * len(found))


@pytest.mark.slow
def test_looks_and_the_judgement_of_all_runs_share_the_error() -> None:
    """Runs scatter around the limit. Who did not stop is judged by Student's t: both together err in at most 5 %."""
    chance = np.random.default_rng(13)
    wrong = 0
    for _ in range(2000):
        values = chance.normal(1.0, 0.2, 12).tolist()
        found = look(slo("<=", 1.0), TIME, runs(*values), 12, ERROR * LOOKS)
        last = pool(values, ERROR * (1 - LOOKS))
        wrong += found.outcome == "pass" or (found.outcome == "inconclusive" and last.high <= 1.0)
    assert 0 < wrong <= ERROR * 2000


@pytest.mark.slow
def test_stopping_early_saves_runs() -> None:
    """A service well within its limit needs a fraction of the runs that were planned."""
    chance = np.random.default_rng(14)
    made = [
        look(slo("<=", 2.0), TIME, runs(*chance.lognormal(0.0, 0.3, 30).tolist()), 30, ERROR * LOOKS).after
        for _ in range(100)
    ]
    assert math.fsum(made) / len(made) < 15
