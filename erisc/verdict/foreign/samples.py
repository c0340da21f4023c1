"""Samples beside the load, as rows of the tables of docs/formats.md, and what could not be used."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from erisc.base.record import record
from erisc.verdict.columns import COLUMNS, VARCHAR
from erisc.verdict.model import Loss

Row = tuple[object, ...]
"""In the order of the table's columns."""


TIMES = {"at_s", "interval_s"}
"""Columns that say when, not what."""


@record
class Samples:
    """What a file gave: rows by table, and losses. wall: `at_s` counts from the epoch, else from t = 0 of the load."""

    rows: dict[str, tuple[Row, ...]]
    losses: tuple[Loss, ...]
    wall: bool = True


class Sampler:
    """Collects the rows of one file. A value that is no finite number is lost, and so is a row without any value."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._rows: dict[str, list[Row]] = {}
        self._losses: list[Loss] = []

    def add(self, table: str, place: int, labels: dict[str, Any], at: float | None, values: dict[str, Any]) -> None:
        """A row. place: of it in the file, from 1. at: s. values: what the tool says, None for what it does not."""
        kept = {column: self._number(place, column, value) for column, value in values.items() if value is not None}
        if all(value is None for column, value in kept.items() if column != "interval_s"):
            if not values or not any(value is not None for value in values.values()):
                self.lose(place, "", "a row without any value: left out")
            return
        self._append(table, {"at_s": at, **labels, **kept})

    def put(self, table: str, place: int, labels: dict[str, Any], values: dict[str, Any]) -> None:
        """A row of whatever table, columns as they are. A number that is not finite is lost, and a row without any."""
        kept: dict[str, Any] = {}
        for column, value in values.items():
            if isinstance(value, float) and not math.isfinite(value):
                self.lose(place, column, f"{column} is {value:g}, which is no measured value")
            else:
                kept[column] = value
        if set(kept) <= TIMES:
            self.lose(place, "", "a row without any value: left out")
        elif "duration_s" in kept and kept["duration_s"] < 0:
            self.lose(place, "duration_s", f"the clock ran backwards by {-kept['duration_s']:.6g} s: left out")
        else:
            self._append(table, {**labels, **kept})

    def _append(self, table: str, made: dict[str, Any]) -> None:
        self._rows.setdefault(table, []).append(tuple(self._cell(table, name, made) for name in COLUMNS[table]))

    def _cell(self, table: str, column: str, made: dict[str, Any]) -> object:
        value = made.get(column)
        return "" if value is None and COLUMNS[table][column] == VARCHAR else value

    def _number(self, place: int, column: str, value: Any) -> float | bool | None:
        if isinstance(value, bool):
            return value
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            self.lose(place, column, f"{column} is {str(value)[:40]!r}, a number was expected")
            return None
        if not math.isfinite(number):
            self.lose(place, column, f"{column} is {number:g}, which is no measured value")
            return None
        return number

    def lose(self, place: int, column: str, what: str) -> None:
        """State a loss; place 0 is the whole file."""
        self._losses.append(Loss(self.file, place, what, column))

    def done(self, wall: bool = True) -> Samples:
        """What was collected, rows by time."""
        rows = {table: tuple(sorted(rows, key=_when(table))) for table, rows in self._rows.items()}
        return Samples(rows, tuple(self._losses), wall)


def when(table: str) -> int:
    """Which column of a table says when a row was."""
    columns = list(COLUMNS[table])
    return next(columns.index(name) for name in ("at_s", "started_s", "start_s", "called_s") if name in columns)


def _when(table: str) -> Callable[[Row], float]:
    at = when(table)

    def key(row: Row) -> float:
        found = row[at]
        return found if isinstance(found, float) else -math.inf

    return key


def scaled(value: Any, factor: float) -> Any:
    """A value in its base unit, to twelve digits; what is no number is left to be found wanting by name."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return float(f"{value * factor:.12g}")
