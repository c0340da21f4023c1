"""Rows of a table that need not fit into memory: gathered in DuckDB, read back some at a time.

Millions of iterations as Python objects would take a gigabyte; as columns they take what DuckDB allows itself, and the
rest is on disk.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from erisc.verdict.columns import COLUMNS, DOUBLE
from erisc.verdict.database import literal, workshop

T = TypeVar("T")
Row = tuple[object, ...]
"""Values in the order of a table's columns."""

CHUNK = 20_000
"""Rows that pass between Python and DuckDB at once."""
_numbers = itertools.count()


class Stored(Sequence[T], Generic[T]):
    """Rows in the order of the table; each is made when it is asked for. where: a condition that they meet. whole: what
    these are a part of; it is not forgotten before them.
    """

    def __init__(
        self, name: str, table: str, make: Callable[..., T], where: str = "true", whole: object = None
    ) -> None:
        self._name = name
        self._whole = whole
        self._make = make
        self._where = where
        self._columns = ", ".join(COLUMNS[table])
        [(self._length,)] = _query(f"SELECT count(*) FROM {name} WHERE {where}").fetchall()
        [(self._end,)] = _query(f"SELECT count(*) FROM {name}").fetchall()
        self._table = table

    def __len__(self) -> int:
        return int(self._length)

    def __iter__(self) -> Iterator[T]:
        for start in range(0, self._end, CHUNK):
            window = f"rowid >= {start} AND rowid < {start + CHUNK}"
            rows = _query(f"SELECT {self._columns} FROM {self._name} WHERE {window} AND {self._where}").fetchall()
            for row in rows:
                yield self._make(*row)

    def __getitem__(self, place: Any) -> Any:
        # Not spelled out with `typing.overload`: its registry would keep the database alive at the interpreter's end,
        # about which DuckDB complains.
        if isinstance(place, slice):
            return tuple(itertools.islice(self, *place.indices(len(self))))
        if place < 0:
            place += len(self)
        for row in itertools.islice(self, place, None):
            return row
        raise IndexError(place)

    def of(self, workload: str) -> Stored[T]:
        """Those of one workload."""
        return Stored(self._name, self._table, self._make, f"workload = {literal(workload)}", self)

    def write(self, path: str, options: str) -> None:
        """As a file of DuckDB's COPY."""
        _query(f"COPY (SELECT {self._columns} FROM {self._name}) TO {literal(path)} ({options})")


class _Owned:
    """A table that goes when nobody holds this any more."""

    def __init__(self, name: str) -> None:
        self._drop = workshop().execute
        self._sql = f"DROP TABLE IF EXISTS {name}"

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the database may be gone first
            self._drop(self._sql)


class Gathering:
    """Rows on their way into a Stored, in any order."""

    def __init__(self, table: str, order: str) -> None:
        self._table = table
        self._order = order
        self._types = {**COLUMNS[table], "part": "INTEGER", "place": "INTEGER"}
        self._name = f"{table}_{next(_numbers)}"
        self._rows: list[Row] = []
        _query(f"CREATE TABLE {self._name}_raw ({', '.join(f'{name} {kind}' for name, kind in self._types.items())})")

    def add(self, row: Row) -> None:
        """row: the table's columns, then two whole numbers: which part of the table it belongs to, and its place among
        rows that the order does not tell apart.
        """
        self._rows.append(row)
        if len(self._rows) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        database = workshop()
        database.register("columns", arrays(self._types, self._rows))
        casts = ", ".join(f"{name}::{kind}" for name, kind in self._types.items())
        database.execute(f"INSERT INTO {self._name}_raw SELECT {casts} FROM columns")
        database.unregister("columns")
        self._rows = []

    def stored(self, make: Callable[..., T]) -> Stored[T]:
        """All of them, part by part, each in order. They are forgotten when nobody holds the result any more."""
        self._flush()
        columns = ", ".join(COLUMNS[self._table])
        order = f"part, {self._order}, place"
        _query(f"CREATE TABLE {self._name} AS SELECT {columns} FROM {self._name}_raw ORDER BY {order}")
        self.drop()
        return Stored(self._name, self._table, make, whole=_Owned(self._name))

    def drop(self) -> None:
        """Forget what was gathered."""
        _query(f"DROP TABLE IF EXISTS {self._name}_raw")


def arrays(types: dict[str, str], rows: Sequence[Row]) -> dict[str, Any]:
    """Rows as arrays by column; what is missing among numbers is NaN, which DuckDB takes for NULL."""
    import numpy as np

    kinds = {DOUBLE: float}
    return {
        name: np.array(values, dtype=kinds.get(kind, object))
        for (name, kind), values in zip(types.items(), zip(*rows, strict=True), strict=True)
    }


def _query(sql: str) -> Any:
    return workshop().execute(sql)
