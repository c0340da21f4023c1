"""Clocks of generators: the best of many questions, and when load must not be timed by one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.executor.generators.clocks import Reading, best, objection

SECONDS = st.floats(0.0, 0.5)


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=20))
def test_the_true_offset_is_within_what_is_uncertain(offset: float, trips: list[tuple[float, float]]) -> None:
    """However unlike the ways there and back are."""
    readings = [Reading(100.0, 100.0 + out + back, 100.0 + out + offset, 0.0) for out, back in trips]
    found = best(readings)
    assert found is not None
    assert found.uncertainty == min(reading.uncertainty for reading in readings)
    assert abs(found.offset - offset) <= found.uncertainty + 1e-9 * max(1.0, abs(offset))


def test_nothing_is_known_of_a_clock_that_was_not_read() -> None:
    assert best([]) is None
    assert objection("g1", None) == "generator g1 does not tell its time"


@pytest.mark.parametrize(
    ("trip", "apart", "says"),
    [
        (0.0004, 0.0, ""),
        (0.0004, -0.9, ""),
        (0.03, 0.0, "generator g1: its clock is known to 15.0 ms only; 10 ms are allowed"),
        (0.0004, 2.5, "generator g1: its date is +2.5 s off; 1 s are allowed"),
        (math.inf, 0.0, "generator g1: its clock is known to inf ms only; 10 ms are allowed"),
    ],
)
def test_a_clock_is_refused_beyond_a_bound(trip: float, apart: float, says: str) -> None:
    assert objection("g1", Reading(0.0, trip, 5.0, apart)) == says
