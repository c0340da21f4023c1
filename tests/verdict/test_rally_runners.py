"""The published method on series whose answer is worked out by hand."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.verdict.rally_runners import GAP, Iteration, Span, clusters, degraded, downtime, moving, threshold


def steady(n: int, duration: float = 0.5, failed: tuple[int, ...] = ()) -> list[Iteration]:
    """An iteration a second."""
    return [Iteration(float(index), duration, index in failed) for index in range(n)]


def test_one_error_is_down_for_half_the_gaps_around_it() -> None:
    assert downtime(steady(20, failed=(5,))) == Span(1.0, 0.0, 2.0, True)


def test_errors_that_lie_apart_are_outages_of_their_own() -> None:
    assert downtime(steady(40, failed=(5, 8, 20))) == Span(4.0 + 1.0, 3.0, 7.0, True)


def test_an_outage_at_the_end_has_no_neighbour_behind_it() -> None:
    assert downtime(steady(20, failed=(18, 19))) == Span(1.5, 1.0, 2.0, False)


def test_no_error_no_downtime() -> None:
    assert downtime(steady(20)) is None


@pytest.mark.parametrize(("between", "found"), [(GAP, 1), (GAP + 1, 2)])
def test_at_most_six_others_lie_between_members_of_a_cluster(between: int, found: int) -> None:
    assert len(clusters([3, 3 + between + 1])) == found


@given(st.sets(st.integers(0, 300), min_size=1))
def test_clusters_hold_every_member_once_and_in_order(members: set[int]) -> None:
    found = clusters(sorted(members))
    assert all(first <= last for first, last in found)
    assert all(last + GAP + 1 < first for (_, last), (first, _) in pairwise(found))
    assert sum(sum(first <= one <= last for one in members) for first, last in found) == len(members)


def test_the_moving_mean_leaves_out_the_last() -> None:
    assert moving([1.0] * 21) == []
    assert moving([1.0] * 22) == [1.0]


def test_the_threshold_is_the_mean_and_four_deviations_after_the_warm_up() -> None:
    rows = steady(40)
    rows[15] = Iteration(15.0, 0.9, False)
    # 19 iterations from the eleventh to the last but one that ended before 30: mean 0.5 + 0.4 / 19.
    mean = 0.5 + 0.4 / 19
    deviation = ((18 * (0.5 - mean) ** 2 + (0.9 - mean) ** 2) / 19) ** 0.5
    assert threshold(rows, 30.0) == pytest.approx(mean + 4 * deviation)


def test_without_a_baseline_there_is_no_threshold() -> None:
    with pytest.raises(ValueError, match="no baseline"):
        degraded(steady(40), 5.0)


def test_degradation_lasts_while_the_moving_mean_is_over_the_threshold() -> None:
    rows = [
        Iteration(float(index), 5.0 if 60 <= index < 80 else 0.5 + 0.01 * (index % 2), False) for index in range(150)
    ]
    found = degraded(rows, 50.0)
    assert found is not None
    # Means of 21 that hold at least one slow one: those that begin at 40 to 79, 39 s from the first to the last.
    assert (found.value, found.ended) == (39.0, True)


def test_what_is_degraded_at_the_end_is_said_to_be_so() -> None:
    rows = [Iteration(float(index), 5.0 if index >= 60 else 0.5 + 0.01 * (index % 2), False) for index in range(100)]
    found = degraded(rows, 50.0)
    assert found is not None
    assert not found.ended
