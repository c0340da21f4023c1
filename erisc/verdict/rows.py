"""The rows of a cell as columns in memory: every scan is read once, column by column, and shared by all its terms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Scan, Term
from erisc.verdict.spans import Stretch, openings

Array = Any
"""A one-dimensional numpy array."""
Labels = tuple[tuple[str, str], ...]
"""Labels and their texts."""

BUDGET = 256_000_000
"""Bytes of columns that are kept of one scan; what was read first makes room."""
MOST_LABELS = 1000
"""Combinations of label values that get a value of their own."""


@record
class Rows:
    """The rows of a term in order of time, all of one length.

    at: s from t = 0. value: the column, infinite for what never finished; None when the term has none. hit: whether a
    row has all the flags that are asked for. unknown: rows left out because they have no value.
    """

    at: Array
    value: Array
    hit: Array
    unknown: int

    @property
    def n(self) -> int:
        """How many."""
        return len(self.at)

    def part(self, chosen: Any) -> Rows:
        """Those of a slice or a mask."""
        value = None if self.value is None else self.value[chosen]
        return Rows(self.at[chosen], value, self.hit[chosen], 0)


class Frame:
    """One scan of one cell, sorted by time."""

    def __init__(self, connection: Any, scan: Scan) -> None:
        self._connection = connection
        self._scan = scan
        self._known: dict[str, Array] = {}
        at = self._read("at_s")
        self._order: Array | None = None
        if len(at) > 1 and not bool(np.all(at[1:] >= at[:-1])):
            self._order = np.argsort(at, kind="stable")
        self.at: Array = self._sorted(at)

    def column(self, name: str) -> Array:
        """A column of numbers (NaN where there is none), or a flag."""
        if name not in self._known:
            read = self._sorted(self._read(name))
            while self._known and sum(kept.nbytes for kept in self._known.values()) + read.nbytes > BUDGET:
                del self._known[next(iter(self._known))]
            self._known[name] = read
        return self._known[name]

    def labels(self, names: tuple[str, ...]) -> tuple[Labels, ...]:
        """Every combination of texts that the rows have, sorted."""
        shown = ", ".join(f"coalesce(by_{name}::VARCHAR, '')" for name in names)
        rows = self._query(f"SELECT DISTINCT {shown} FROM ({self._scan.sql})").fetchall()
        return tuple(tuple(zip(names, row, strict=True)) for row in sorted(rows)[:MOST_LABELS])

    def labelled(self, labels: Labels) -> Array:
        """Which rows have these texts."""
        places = self.column_of_places(tuple(name for name, _ in labels))
        return places == self._places[tuple(name for name, _ in labels)][labels]

    _places: dict[tuple[str, ...], dict[Labels, int]]

    def column_of_places(self, names: tuple[str, ...]) -> Array:
        """The place of every row's combination among `labels(names)`."""
        key = f"places of {' '.join(names)}"
        if key not in self._known:
            if not hasattr(self, "_places"):
                self._places = {}
            every = self.labels(names)
            self._places[names] = {one: place for place, one in enumerate(every)}
            self._known[key] = self._sorted(self._read_places(names, every))
        return self._known[key]

    def _read_places(self, names: tuple[str, ...], every: tuple[Labels, ...]) -> Array:
        joined = " || chr(31) || ".join(f"coalesce(by_{name}::VARCHAR, '')" for name in names)
        texts = ", ".join(_literal("\x1f".join(text for _, text in one)) for one in every)
        found = self._query(f"SELECT (list_position([{texts}], {joined}) - 1)::SMALLINT AS c FROM ({self._scan.sql})")
        return np.ma.filled(found.fetchnumpy()["c"], -1)

    def _read(self, name: str) -> Array:
        found = self._query(f'SELECT "{name}" AS c FROM ({self._scan.sql})').fetchnumpy()["c"]
        if found.dtype == bool:
            return np.ma.filled(found, False)
        return _numbers(found, endless=self._scan.table in ("iterations", "api"))

    def _sorted(self, values: Array) -> Array:
        return values if self._order is None else values[self._order]

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

    def __init__(self, connection: Any, cell: CellHistory, scans: tuple[Scan, ...]) -> None:
        self.cell = cell
        self._connection = connection
        self._scans = {scan.id: scan for scan in scans}
        self._frames: dict[str, Frame] = {}
        self.labels: Labels = ()

    def labelled(self, labels: Labels) -> Site:
        """The same cell, for the rows with these labels."""
        site = Site(self._connection, self.cell, ())
        site._scans, site._frames, site.labels = self._scans, self._frames, labels
        return site

    def frame(self, scan: str) -> Frame:
        """A scan, read when it is first asked for."""
        if scan not in self._frames:
            self._frames[scan] = Frame(self._connection, self._scans[scan])
        return self._frames[scan]

    def rows(self, term: Term) -> Rows:
        """The rows of a term in order of time; those without a value are left out and counted."""
        frame = self.frame(term.scan)
        places = self._chosen(frame, term)
        value = frame.column(term.value)[places] if term.value else None
        hit = self._hit(frame, term, places)
        at = frame.at[places]
        if value is None:
            return Rows(at, None, hit, 0)
        unknown = np.isnan(value)
        if not unknown.any():
            return Rows(at, value, hit, 0)
        return Rows(at[~unknown], value[~unknown], hit[~unknown], int(np.count_nonzero(unknown)))

    def columns(self, term: Term, *names: str) -> tuple[Array, ...]:
        """Further columns of the rows in which the term's filters hold, whatever its window; `at_s` is the time."""
        frame = self.frame(term.scan)
        places = self._flags(frame, term.where, self._label(frame))
        taken = slice(None) if places is None else places
        return tuple((frame.at if name == "at_s" else frame.column(name))[taken] for name in names)

    def _chosen(self, frame: Frame, term: Term) -> Any:
        """A slice when all rows of one stretch are meant, else a mask: no copy is made of ten million rows."""
        mask = self._flags(frame, term.where, self._label(frame))
        if term.window is None:
            return slice(None) if mask is None else mask
        slices = [_slice(frame.at, one) for one in openings(term.window, self.cell)]
        if mask is None and len(slices) == 1:
            return slices[0]
        inside = np.zeros(len(frame.at), dtype=bool)
        for one in slices:
            inside[one] = True
        return inside if mask is None else inside & mask

    def _label(self, frame: Frame) -> Array | None:
        return frame.labelled(self.labels) if self.labels else None

    def _flags(self, frame: Frame, names: tuple[str, ...], mask: Array | None) -> Array | None:
        for name in names:
            flag = frame.column(name)
            mask = flag if mask is None else mask & flag
        return mask

    def _hit(self, frame: Frame, term: Term, places: Any) -> Array:
        flags = self._flags(frame, term.hit, None)
        return np.ones(len(frame.at[places]), dtype=bool) if flags is None else flags[places]


def _slice(at: Array, stretch: Stretch) -> slice:
    """The start belongs to a window, its end does not."""
    start, end = (int(place) for place in np.searchsorted(at, stretch, side="left"))
    return slice(start, end)
