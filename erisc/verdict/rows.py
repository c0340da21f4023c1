"""The rows that terms are estimated on: those of a scan in a window, by time, with the labels that are meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from erisc.base.record import replace
from erisc.verdict.frames import Array, Cache, Frame, Labels
from erisc.verdict.history import CellHistory
from erisc.verdict.program import Criteria, Term
from erisc.verdict.spans import Stretch, openings

T = TypeVar("T")


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
