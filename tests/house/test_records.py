"""Records behave as frozen dataclasses do."""

from __future__ import annotations

import copy
import pickle

import pytest

from erisc.base.record import FrozenRecordError, fields, is_record, record, replace


@record
class Point:
    x: int
    y: int = 2


@record
class Named(Point):
    name: str = "origin"


@record
class Other:
    x: int
    y: int = 2


def test_values_defaults_and_names() -> None:
    assert (Point(1).x, Point(1).y) == (1, 2)
    assert Point(y=3, x=1) == Point(1, 3)
    assert Named(1, 2, "p").name == "p"
    assert fields(Named) == ("x", "y", "name")
    assert repr(Named(1)) == "Named(x=1, y=2, name='origin')"


def test_kinds_are_told_apart() -> None:
    assert Point(1) != Other(1)  # type: ignore[comparison-overlap]
    assert Point(1) != Named(1)
    assert hash(Point(1)) == hash(Point(1))
    assert is_record(Point(1))
    assert not is_record((1, 2))


def test_nothing_changes() -> None:
    point = Point(1)
    with pytest.raises(FrozenRecordError, match=r"Point\.x cannot be set"):
        point.x = 5  # type: ignore[misc]
    with pytest.raises(AttributeError):
        point.z = 5  # type: ignore[attr-defined]
    assert replace(point, y=9) == Point(1, 9)


@pytest.mark.parametrize("words", [(), (1, 2, 3)])
def test_wrong_number_of_values(words: tuple[int, ...]) -> None:
    with pytest.raises(TypeError):
        Point(*words)


def test_unknown_and_repeated_names() -> None:
    with pytest.raises(TypeError, match="'z'"):
        Point(1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="'x'"):
        Point(1, x=2)  # type: ignore[misc]


def test_copies_and_pickles() -> None:
    assert copy.deepcopy(Named(1)) == Named(1)
    assert pickle.loads(pickle.dumps(Named(1, 4, "q"))) == Named(1, 4, "q")


def test_match() -> None:
    match Point(7):
        case Point(x, y):
            assert (x, y) == (7, 2)


def test_a_field_may_be_called_value() -> None:
    @record
    class Held:
        value: int

    assert replace(Held(1), value=2) == Held(2)
