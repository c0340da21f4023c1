"""Arithmetic on estimates holds the truth when its parts do."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from erisc.verdict.statistics.estimate import Estimate, combine, constant, negate, unseen

numbers = st.floats(-100, 100)


@st.composite
def inside(draw: st.DrawFn) -> tuple[Estimate, float]:
    """An interval and a number in it."""
    low, truth, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    ends = draw(st.sampled_from([(low, high), (-math.inf, high), (low, math.inf)]))
    return Estimate(truth, *ends, 10, "observed"), truth


@given(inside(), inside(), st.sampled_from("+-*/"))
def test_the_interval_holds_the_truth(x: tuple[Estimate, float], y: tuple[Estimate, float], operator: str) -> None:
    (left, a), (right, b) = x, y
    assume(operator != "/" or abs(b) > 1e-6)
    truth = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}[operator]
    found = combine(operator, left, right)
    slack = 1e-9 * max(1.0, abs(truth))
    assert found.low - slack <= truth <= found.high + slack
    assert found.value is not None
    assert math.isclose(found.value, truth, rel_tol=1e-9, abs_tol=1e-9)


def test_a_divisor_that_may_be_zero_leaves_no_bound() -> None:
    found = combine("/", constant(1.0), Estimate(0.5, -1.0, 2.0, 5, "observed"))
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert combine("/", constant(1.0), constant(0.0)).value is None


def test_constants_need_no_samples_and_the_rarest_term_counts() -> None:
    rare = Estimate(1.0, 0.5, 1.5, 7, "batch means")
    assert combine("*", constant(2.0), rare).n == 7
    assert combine("+", rare, Estimate(1.0, 0.5, 1.5, 900, "counted")).n == 7


def test_what_was_not_seen_stays_unseen() -> None:
    found = combine("-", constant(1.0), negate(unseen("counted", "no samples")))
    assert not found.seen
    assert found.note == "no samples"
