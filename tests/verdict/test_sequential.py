"""Looking after every run costs no error; vectors are those of confseq."""

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.verdict.statistics.sequential import (
    CONTINUE,
    FAIL,
    PASS,
    Rule,
    decide,
    log_mixture,
    mean_sequence,
    proportion_sequence,
    quantile_sequence,
)

VECTORS = json.loads((Path(__file__).parent / "vectors" / "confseq.json").read_text())
RULES = [Rule(0.05, 0.3, 0.01, 0.1), Rule(), Rule(0.01, 0.1, 0.05, 0.05), Rule(0.2, 0.4, 0.1, 0.2), Rule(0.5, 0.9)]


def test_a_flaky_run_is_told_from_a_bug() -> None:
    rule = Rule(good=0.05, bad=0.3, false_fail=0.01, false_pass=0.1)
    assert decide([False] * 2, rule).outcome == CONTINUE
    assert decide([False] * 3, rule).outcome == FAIL
    assert decide([True] * 7, rule).outcome == CONTINUE
    assert decide([True] * 8, rule).outcome == PASS
    assert decide([False] * 3 + [True] * 50, rule) == decide([False] * 3, rule)


@given(st.lists(st.booleans(), max_size=30), st.sampled_from(RULES))
def test_the_runs_that_are_asked_for_do_decide(outcomes: list[bool], rule: Rule) -> None:
    found = decide(outcomes, rule)
    if found.outcome != CONTINUE:
        assert found.needed == 0
        return
    for more, count, outcome in ((True, found.passes, PASS), (False, found.misses, FAIL)):
        assert decide(outcomes + [more] * count, rule).outcome == outcome
        assert decide(outcomes + [more] * (count - 1), rule).outcome == CONTINUE


@pytest.mark.parametrize("rule", RULES)
def test_errors_stay_below_nominal_under_a_look_after_every_run(rule: Rule) -> None:
    """Exactly, by summing over all paths of up to 400 runs."""
    assert _chance(rule, rule.good)[FAIL] <= rule.false_fail
    assert _chance(rule, rule.bad)[PASS] <= rule.false_pass


def _chance(rule: Rule, miss: float) -> dict[str, float]:
    """The probability of each decision within 400 runs, by counts of misses; the log ratio depends on nothing else."""
    up, down = math.log(rule.bad / rule.good), math.log((1 - rule.bad) / (1 - rule.good))
    upper, lower = -math.log(rule.false_fail), math.log(rule.false_pass)
    found = {PASS: 0.0, FAIL: 0.0}
    open_ = {0: 1.0}
    for runs in range(1, 401):
        following: dict[int, float] = {}
        for misses, share in open_.items():
            for more, part in ((1, share * miss), (0, share * (1 - miss))):
                ratio = (misses + more) * up + (runs - misses - more) * down
                if ratio >= upper - 1e-12:
                    found[FAIL] += part
                elif ratio <= lower + 1e-12:
                    found[PASS] += part
                else:
                    following[misses + more] = following.get(misses + more, 0.0) + part
        open_ = following
    return found


@pytest.mark.parametrize("rule", [Rule(0.3, 0.05), Rule(0.0, 0.3), Rule(0.1, 0.2, 0.0, 0.1)])
def test_a_rule_that_is_none_is_refused(rule: Rule) -> None:
    with pytest.raises(ValueError, match="no rule"):
        decide([True], rule)


@pytest.mark.parametrize(("hits", "n", "alpha", "optimal", "low", "high"), VECTORS["bernoulli"])
def test_bounds_of_proportions_are_those_of_confseq(
    hits: int, n: int, alpha: float, optimal: float, low: float, high: float
) -> None:
    assert proportion_sequence(hits, n, alpha, optimal) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(("s", "v", "tuned", "q", "one_sided", "two_sided"), VECTORS["beta_binomial"])
def test_the_mixture_is_that_of_confseq(
    s: float, v: float, tuned: float, q: float, one_sided: float, two_sided: float
) -> None:
    assert log_mixture(s, v, q, tuned / (q * (1 - q))) == pytest.approx(two_sided, abs=1e-9)


@pytest.mark.parametrize(("values", "alpha", "low", "high"), VECTORS["betting"])
def test_bounds_of_means_are_those_of_confseq(values: list[float], alpha: float, low: float, high: float) -> None:
    assert mean_sequence(values, 0, 1, alpha) == pytest.approx((low, high), abs=1e-9)


def test_bounds_scale_with_the_values() -> None:
    values = [0.2, 0.5, 0.9, 0.4] * 10
    low, high = mean_sequence(values, 0, 1, 0.05)
    assert mean_sequence([10 + 5 * x for x in values], 10, 15, 0.05) == pytest.approx((10 + 5 * low, 10 + 5 * high))
    with pytest.raises(ValueError, match="outside"):
        mean_sequence([2.0], 0, 1, 0.05)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_bounds_of_quantiles_hold_the_samples_own(values: list[float], q: float) -> None:
    low, high = quantile_sequence(values, q, 0.05)
    ordered = sorted(values)
    assert low <= ordered[min(len(values) - 1, int(len(values) * q))]
    assert high >= ordered[max(0, math.ceil(len(values) * q) - 1)]


@pytest.mark.slow
def test_sequences_hold_at_every_look() -> None:
    """Truths outside at any of 150 looks: fewer than the nominal 5 %, in 300 series."""
    chance = random.Random(5)
    missed = dict.fromkeys(("share", "mean", "median"), 0)
    for _ in range(300):
        values = [chance.betavariate(2, 5) for _ in range(150)]
        hits = 0
        wrong: set[str] = set()
        for n in range(1, len(values) + 1):
            hits += chance.random() < 0.9
            low, high = proportion_sequence(hits, n, 0.05)
            wrong |= {"share"} if not low <= 0.9 <= high else set()
            if n % 10 == 0:
                low, high = mean_sequence(values[:n], 0, 1, 0.05)
                wrong |= {"mean"} if not low <= 2 / 7 <= high else set()
                low, high = quantile_sequence(values[:n], 0.5, 0.05)
                wrong |= {"median"} if not low <= 0.26445 <= high else set()
        for name in wrong:
            missed[name] += 1
    assert all(count <= 15 for count in missed.values()), missed
