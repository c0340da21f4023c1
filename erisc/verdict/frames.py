"""The rows of a cell as columns in memory: every scan is read once, column by column, and shared by all its terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.program import Scan

Array = Any
"""A one-dimensional numpy array."""
Labels = tuple[tuple[str, str], ...]
"""Labels and their texts."""

BUDGET = 280_000_000
"""Bytes of columns that are kept in memory; what was used longest ago makes room, and is read again."""
SMALL = 64_000_000
"""Bytes of a scan with all its columns, up to which they are read in one go."""
MOST_LABELS = 1000
"""Combinations of label values that get a value of their own."""


class Cache:
    """Columns by what they are, as many as fit."""

    def __init__(self) -> None:
        self._kept: dict[object, Array] = {}
        self._size = 0

    def get(self, key: object, make: Callable[[], Array]) -> Array:
        """The column of a key, made when it is not there."""
        if key in self._kept:
            self._kept[key] = self._kept.pop(key)
            return self._kept[key]
        made = make()
        self.put(key, made)
        return made

    def put(self, key: object, made: Array) -> None:
        """Keep a column; what was used longest ago makes room."""
        self.reserve(_bytes(made))
        self._size += _bytes(made)
        self._kept[key] = made

    def reserve(self, size: int) -> None:
        """Make room before a column of so many bytes is made."""
        while self._kept and self._size + size > BUDGET:
            self._size -= _bytes(self._kept.pop(next(iter(self._kept))))

    def __contains__(self, key: object) -> bool:
        return key in self._kept


def _bytes(column: Array) -> int:
    """What a column, or a pair of them, holds by itself: a view of another one costs nothing."""
    if isinstance(column, tuple):
        return sum(map(_bytes, column))
    return int(column.nbytes) if isinstance(column, np.ndarray) and column.base is None else 0


class Frame:
    """One scan of one cell, in the order of the table. used: its columns that terms ask for."""

    def __init__(self, connection: Any, scan: Scan, used: Sequence[str], cache: Cache) -> None:
        self._connection = connection
        self._scan = scan
        self._used = used
        self._cache = cache
        self._every: dict[tuple[str, ...], tuple[Labels, ...]] = {}
        self._runs: dict[tuple[str, ...], list[slice] | None] = {}
        self._small: bool | None = None

    def column(self, name: str) -> Array:
        """A column of numbers (NaN where there is none), or a flag."""
        return self._cache.get((self._scan.id, name), lambda: self._read(name))

    def _read(self, name: str) -> Array:
        """One column of a large table; of a small one all that is used, because then it is the statement that costs."""
        if self._small is None:
            [(rows,)] = self._query(f"SELECT count(*) FROM ({self._scan.sql})").fetchall()
            self._small = 8 * rows * len(self._used) < SMALL
            self._bytes = 8 * int(rows)
        if not self._small or name not in self._used:
            self._cache.reserve(self._bytes)
            return self._arrays([name])[name]
        found = self._arrays(self._used)
        for other, column in found.items():
            if (self._scan.id, other) not in self._cache and other != name:
                self._cache.put((self._scan.id, other), column)
        return found[name]

    def _arrays(self, names: Sequence[str]) -> dict[str, Array]:
        shown = ", ".join(f'"{name}"' for name in names)
        found = self._query(f"SELECT {shown} FROM ({self._scan.sql})").fetchnumpy()
        return {name: self._array(found[name]) for name in names}

    def _array(self, found: Array) -> Array:
        if found.dtype == bool:
            return np.ma.filled(found, False)
        return _numbers(found, endless=self._scan.table in ("iterations", "api"))

    def labels(self, names: tuple[str, ...]) -> tuple[Labels, ...]:
        """Every combination of texts that the rows have, sorted."""
        if names not in self._every:
            self._every[names], self._runs[names] = self._labels(names)
        return self._every[names]

    def _labels(self, names: tuple[str, ...]) -> tuple[tuple[Labels, ...], list[slice] | None]:
        """The combinations; and the slice of each, when the rows of each follow each other in the table."""
        shown = ", ".join(f"coalesce(by_{name}::VARCHAR, '')" for name in names)
        rows = f"SELECT {shown}, row_number() OVER () FROM ({self._scan.sql})"
        columns = [f"c{place}" for place in range(len(names))]
        every = ", ".join(columns)
        sql = f"SELECT {every}, min(r) - 1, max(r), count(*) FROM ({rows}) AS rows({every}, r) GROUP BY {every}"
        found = sorted(self._query(sql).fetchall())[:MOST_LABELS]
        together = all(end - start == count for *_, start, end, count in found)
        runs = [slice(start, end) for *_, start, end, _ in found] if together else None
        return tuple(tuple(zip(names, row, strict=False)) for row in found), runs

    def labelled(self, labels: Labels) -> Any:
        """Which rows have these texts: a slice when they follow each other in the table, else a mask."""
        names = tuple(name for name, _ in labels)
        every = self.labels(names)
        if labels not in every:
            return slice(0, 0)
        runs, place = self._runs[names], every.index(labels)
        return runs[place] if runs is not None else self._places(names, every) == place

    def _places(self, names: tuple[str, ...], every: tuple[Labels, ...]) -> Array:
        """The place of every row's combination among all of them."""
        joined = " || chr(31) || ".join(f"coalesce(by_{name}::VARCHAR, '')" for name in names)
        texts = ", ".join(_literal("\x1f".join(text for _, text in one)) for one in every)
        code = f"(list_position([{texts}], {joined}) - 1)::SMALLINT"

        def read() -> Array:
            return np.ma.filled(self._query(f"SELECT {code} AS c FROM ({self._scan.sql})").fetchnumpy()["c"], -1)

        return self._cache.get((self._scan.id, "by", *names), read)

    def _query(self, sql: str) -> Any:
        """Run a query. Raises Failure quoting DuckDB's message."""
        try:
            return self._connection.execute(sql)
        except Exception as error:  # DuckDB's own classes are not imported at load time
            raise Failure(
                "a query of the KPI program does not run on the tables of this run",
                mend="compile the spec again with this erisc",
                detail=f"{sql}\n{error}",
                exit_code=WRONG_CALL,
            ) from error


def _numbers(found: Array, endless: bool) -> Array:
    """As float64. A time that an iteration does not have is infinite: it never finished; elsewhere NaN: not said."""
    values = np.ma.getdata(found)
    if values.dtype != np.float64:
        values = values.astype(np.float64)
    mask = np.ma.getmaskarray(found) if isinstance(found, np.ma.MaskedArray) else None
    if mask is not None and mask.any():
        values = values.copy()
        values[mask] = math.inf if endless else math.nan
    return values


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
