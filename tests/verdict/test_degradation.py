"""Recovery by errors and latency, on services whose truth is known."""

import math
import random

import pytest

from erisc.verdict.after_faults import pooled_published, pooled_recovery
from erisc.verdict.degradation import Attempt, baseline, recovery
from erisc.verdict.recovery import Outcome, Strike, Watch
from erisc.verdict.statistics.estimate import Estimate, unseen

ONSET, HEALED, END = 30.0, 35.0, 120.0


def service(
    seed: int, bad: tuple[float, float] = (0.0, 0.0), share: float = 1.0, slow: float = 1.0, rate: float = 10.0
) -> list[Attempt]:
    """Poisson arrivals, log-normal latency of 0.2 s; those that begin in `bad` fail, or take `slow` times as long."""
    chance = random.Random(seed)
    rows, at = [], 0.0
    while (at := at + chance.expovariate(rate)) < END:
        took = 0.2 * math.exp(chance.gauss(0.0, 0.3))
        hit = bad[0] <= at < bad[1] and chance.random() < share
        took *= slow if hit else 1.0
        rows.append(Attempt(at, at + took, took, hit and slow == 1.0))
    return rows


def judged(rows: list[Attempt], until: float = END, alpha: float = 0.025) -> Outcome:
    return recovery(Strike("crash", ONSET, HEALED), rows, Watch(0.0, until), alpha, fresh=True)


def test_a_service_that_fails_for_a_while_has_recovered_when_it_stops() -> None:
    found = judged(service(1, (31.0, 45.0)))
    assert found.value == pytest.approx(15.0, abs=0.5)
    assert found.low <= 15.0 <= found.high


def test_a_service_that_is_slow_for_a_while_is_as_degraded() -> None:
    found = judged(service(2, (31.0, 45.0), slow=10.0))
    assert found.value == pytest.approx(15.0 + 2.0, abs=2.0)
    assert found.low <= 15.0 <= found.high


def test_a_partial_loss_is_seen() -> None:
    found = judged(service(3, (31.0, 60.0), share=0.5))
    assert found.low <= 30.0 <= found.high


def test_what_is_degraded_when_the_watch_ends_has_not_recovered() -> None:
    found = judged(service(4, (31.0, END)))
    assert (found.value, found.high) == (None, math.inf)
    assert found.low > 60.0
    assert "not recovered" in found.note


def test_a_last_good_iteration_alone_is_no_recovery() -> None:
    rows = service(5, (31.0, END), share=0.6)
    last = rows[-1]
    rows[-1] = Attempt(last.started, last.started + 0.2, 0.2, False)
    assert judged(rows).value is None


def test_without_degradation_recovery_took_no_time_and_says_how_short_one_would_be_missed() -> None:
    found = judged(service(6))
    assert (found.value, found.low) == (0.0, 0.0)
    assert HEALED - ONSET < found.high < HEALED - ONSET + 5.0


def test_an_iteration_that_never_finished_is_bad() -> None:
    rows = [row if row.started < 100.0 else Attempt(row.started, None, None, False) for row in service(7)]
    assert judged(rows).value is None


def test_too_short_a_baseline_tells_nothing() -> None:
    found = judged([row for row in service(8) if row.started > 29.5])
    assert not found.seen
    assert "fewer than 10 iterations ended before crash" in found.note


def test_a_service_that_fails_anyway_is_judged_by_what_was_usual() -> None:
    chance = random.Random(9)
    rows = [row._replace(failed=chance.random() < 0.3) for row in service(9)]
    usual = baseline(rows, 0.0, ONSET, fresh=True)
    assert usual is not None
    assert 0.25 < usual.share < 0.45
    assert judged(rows).value == 0.0


def test_services_without_a_fault_are_seldom_called_degraded() -> None:
    wrong = sum(judged(service(seed)).value != 0.0 for seed in range(100, 160))
    assert wrong <= 4  # 2.5 % of 60 are 1.5; more than 4 come with a probability of 0.02


def test_outages_are_covered_by_the_interval() -> None:
    chance = random.Random(11)
    missed = 0
    for seed in range(200, 240):
        end = chance.uniform(32.0, 80.0)
        found = judged(service(seed, (31.0, end), slow=chance.choice((1.0, 8.0))))
        missed += not found.low <= end - ONSET <= found.high
    assert missed <= 4


# --- repeats ---


def told(value: float | None, low: float, high: float = math.inf, note: str = "") -> Estimate:
    return Estimate(value, low, high, 1, "scan", note)


def test_a_repeat_that_was_not_seen_to_recover_leaves_no_mean() -> None:
    found = pooled_recovery([told(10, 9, 11), told(None, 60, note="not recovered"), told(12, 11, 13)], 0.025)
    assert (found.value, found.high, found.n) == (None, math.inf, 3)
    # The curve falls to 2/3 at 10 s and to 1/3 at 12 s: 10 + 2 * 2/3 + 48 / 3.
    assert found.note == (
        "recovery was not seen in 1 of 3 runs; restricted to 60 s its mean is 27.33 s; not recovered; "
        "recovery was seen in 2 of 3 runs"
    )


def test_a_repeat_without_degradation_counts() -> None:
    found = pooled_recovery([told(10, 9, 11), told(0, 0, 1), told(11, 10, 12)], 0.025)
    assert (found.value, found.n) == (7.0, 3)
    assert found.low <= 7.0 <= found.high
    assert found.note == "recovery was seen in 2 of 3 runs; no degradation was seen in 1 of 3 runs"


def test_one_repeat_has_its_own_interval() -> None:
    found = pooled_recovery([told(10, 9, 11)], 0.025)
    assert (found.value, found.low, found.high) == (10, 9, 11)


def test_a_repeat_that_cannot_tell_is_named() -> None:
    found = pooled_recovery([told(10, 9, 11), unseen("scan", "too little load")], 0.025)
    assert found.n == 1
    assert "1 of 2 runs cannot tell: too little load" in found.note
    assert not pooled_recovery([unseen("scan", "too little load")], 0.025).seen


def test_the_published_mean_drops_what_it_did_not_detect_and_says_so() -> None:
    found = pooled_published([told(2, 1, 3), unseen("x", "no error"), told(4, 3, 5)], 0.025)
    assert (found.value, found.n) == (3.0, 2)
    assert found.note == "1 of 3 runs left out, as published: no error"
    assert found.low <= 3.0 <= found.high
