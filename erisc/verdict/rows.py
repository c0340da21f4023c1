"""The rows of a cell as columns in memory: every scan is read once, column by column, and shared by all its terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import replace
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Criteria, Scan, Term
from erisc.verdict.spans import Stretch, openings

Array = Any
"""A one-dimensional numpy array."""
T = TypeVar("T")
Labels = tuple[tuple[str, str], ...]
"""Labels and their texts."""

BUDGET = 280_000_000
"""Bytes of columns that are kept in memory; what was used longest ago makes room, and is read again."""
SMALL = 64_000_000
"""Bytes of a scan with all its columns, up to which they are read in one go."""
MOST_LABELS = 1000
"""Combinations of label values that get a value of their own."""


class Rows:
    """The rows of a term in order of time, all of one length.

    value: the column, infinite for what never finished; None when the term has none. hit: whether a row has all the
    flags that are asked for. unknown: rows left out because they have no value. Times are made when they are asked for.
    """

    def __init__(self, at: Callable[[], Array], value: Array, hit: Array, unknown: int) -> None:
        self._at = at
        self.value = value
        self.hit = hit
        self.unknown = unknown

    @property
    def at(self) -> Array:
        """s from t = 0."""
        return self._at()

    @property
    def n(self) -> int:
        """How many."""
        return len(self.hit)

    def part(self, chosen: slice) -> Rows:
        """Those of a slice."""
        value = None if self.value is None else self.value[chosen]
        return Rows(lambda: self.at[chosen], value, self.hit[chosen], 0)


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


class Site:
    """What terms are estimated on: one cell, its tables behind a DuckDB connection, and the labels that are meant."""

    def __init__(self, connection: Any, cell: CellHistory, criteria: Criteria) -> None:
        self.cell = cell
        self.labels: Labels = ()
        self._criteria = criteria
        self._connection = connection
        self._cache = Cache()
        self._frames: dict[str, Frame] = {}
        self._known: dict[object, Any] = {}

    def labelled(self, labels: Labels) -> Site:
        """The same cell, for the rows with these labels."""
        site = Site(self._connection, self.cell, self._criteria)
        site._cache, site._frames, site._known, site.labels = self._cache, self._frames, self._known, labels
        return site

    def frame(self, scan: str) -> Frame:
        """A scan; its columns are read when they are first asked for."""
        if scan not in self._frames:
            wanted = next(one for one in self._criteria.scans if one.id == scan)
            self._frames[scan] = Frame(self._connection, wanted, self._criteria.used(scan), self._cache)
        return self._frames[scan]

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What was made before for the same key and labels, or is made now."""
        place = (key, self.labels)
        if place not in self._known:
            self._known[place] = make()
        found: T = self._known[place]
        return found

    def reserve(self, size: int) -> None:
        """Make room for so many bytes beside the columns that are kept."""
        self._cache.reserve(size)

    def quantiles(self, term: Term) -> tuple[float, ...]:
        """Every q that the program asks for of the same rows: one partition gives them all."""
        if "quantiles" not in self._known:
            asked: dict[object, set[float]] = {}
            for one in (one for kpi in self._criteria.kpis for one in kpi.terms if one.method == "quantile"):
                asked.setdefault(one.but_q, set()).add(one.q)
            self._known["quantiles"] = asked
        return tuple(sorted(self._known["quantiles"].get(term.but_q, set()) | {term.q}))

    def rows(self, term: Term) -> Rows:
        """The rows of a term in order of time; those without a value are left out and counted."""
        hit = self._hit(term)

        def at() -> Array:
            return self._cut(term, "at_s")

        if not term.value:
            return Rows(at, None, hit, 0)
        value = self._cut(term, term.value)
        place = (term.scan, term.where, term.window, term.value, "whole")
        if self.once(place, lambda: not len(value) or not np.isnan(np.min(value))):
            return Rows(at, value, hit, 0)
        unknown = np.isnan(value)
        return Rows(lambda: at()[~unknown], value[~unknown], hit[~unknown], int(np.count_nonzero(unknown)))

    def beside(self, term: Term) -> Callable[[], Array] | None:
        """How long the rows of a term took, all of them; None where its table does not say."""
        return (lambda: self._cut(term, term.beside)) if term.beside else None

    def columns(self, term: Term, *names: str) -> tuple[Array, ...]:
        """Further columns of the rows in which the term's filters hold, whatever its window; `at_s` is the time."""
        whole = replace(term, window=None)
        return tuple(self._cut(whole, name) for name in names)

    def _hit(self, term: Term) -> Array:
        if not term.hit:
            return np.broadcast_to(np.True_, self._count(term))
        found = self._cut(term, term.hit[0])
        for name in term.hit[1:]:
            found = found & self._cut(term, name)
        return found

    def _count(self, term: Term) -> int:
        places, _ = self._chosen(self.frame(term.scan), term)
        if isinstance(places, slice):
            return len(range(*places.indices(len(self.frame(term.scan).column("at_s")))))
        return int(np.count_nonzero(places)) if places.dtype == bool else len(places)

    def _cut(self, term: Term, name: str) -> Array:
        """A column of the rows of a term, by time."""
        key = (term.scan, term.where, term.window, self.labels, name)

        def make() -> Array:
            frame = self.frame(term.scan)
            places, order = self._chosen(frame, term)
            column = frame.column(name)[places]
            return column if order is None else column[order]

        return self._cache.get(key, make)

    def _chosen(self, frame: Frame, term: Term) -> tuple[Any, Array | None]:
        """Which rows are meant, a slice where they can be had without a copy, and the order of their time."""
        key = (term.scan, term.where, term.window, self.labels, "which")
        found: tuple[Any, Array | None] = self._cache.get(key, lambda: self._choose(frame, term))
        return found

    def _choose(self, frame: Frame, term: Term) -> tuple[Any, Array | None]:
        places: Any = frame.labelled(self.labels) if self.labels else slice(None)
        for name in term.where:
            flag = frame.column(name)
            places = flag & places if not isinstance(places, slice) else _within(flag, places)
        at = frame.column("at_s")
        if term.window is not None:
            places = _in_window(at, places, openings(term.window, self.cell))
        return _packed(places), _order(at[places])


def _within(flag: Array, places: slice) -> Array:
    """A flag, for the rows of a slice."""
    if places == slice(None):
        return flag
    found = np.zeros(len(flag), dtype=bool)
    found[places] = flag[places]
    return found


def _in_window(at: Array, places: Any, open_: Sequence[Stretch]) -> Any:
    """The rows whose time lies in a stretch. The start belongs to a window, its end does not."""
    if isinstance(places, slice) and len(open_) == 1:
        times = at[places]
        if _order(times) is None:
            first, last = (int(place) for place in np.searchsorted(times, open_[0], side="left"))
            start = places.start or 0
            return slice(start + first, start + last)
    inside = np.zeros(len(at), dtype=bool)
    for start, end in open_:
        inside |= (at >= start) & (at < end)
    return inside & places if not isinstance(places, slice) else _within(inside, places)


def _packed(places: Any) -> Any:
    """A mask as indices when it is thin, so that thousands of terms can keep theirs."""
    if isinstance(places, slice) or 8 * int(np.count_nonzero(places)) > len(places):
        return places
    return np.flatnonzero(places)


def _order(at: Array) -> Array | None:
    """The order that sorts times; None when they are sorted. 32 bits do for all the rows that fit into memory."""
    if len(at) < 2 or bool(np.all(at[1:] >= at[:-1])):
        return None
    return np.argsort(at, kind="stable").astype(np.int32)
