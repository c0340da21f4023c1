"""Prometheus: answers to queries (`/api/v1/query_range`, `/api/v1/query`) and text exposition, as rows of `metrics`.

Sources of the formats: Prometheus HTTP API v1, "Expression query result formats"; text-based format 0.0.4 and
OpenMetrics 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.foreign import documents, texts
from erisc.verdict.foreign.samples import Sampler, Samples

NAME = "__name__"
_LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)\s*(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+(?P<at>-?[\d.]+))?(?:\s+#.*)?$"
)
_NAMED = re.compile(r"([A-Za-z_]\w*)=(.+)", re.DOTALL)
_LABEL = re.compile(r'\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


def read(given: str) -> Samples:
    """The samples of `FILE`, or of `METRIC=FILE`: then every series in it is of that metric.

    Raises Failure when it is neither an answer of Prometheus nor an exposition.
    """
    named = _NAMED.match(given)
    metric, path = (named[1], named[2]) if named else ("", given)
    sampler = _Renamed(texts.shown(path), metric)
    with texts.opened(path) as text:
        start = next(texts.pieces(text, 4096), "").lstrip()[:1]
    if start in ("{", "["):
        return _answer(path, sampler)
    return _exposition(path, sampler)


class _Renamed(Sampler):
    """Gives series the name of the spec's metric; their own stays a label."""

    def __init__(self, file: str, metric: str) -> None:
        super().__init__(file)
        self._metric = metric

    def sample(self, place: int, name: str, labels: dict[str, str], at: float | None, value: Any) -> None:
        """Add a sample of a series."""
        if self._metric:
            labels, name = {NAME: name, **labels} if name else labels, self._metric
        self.add("metrics", place, {"metric": name, "labels": labels}, at, {"value": value})


def _answer(path: str, sampler: _Renamed) -> Samples:
    document, cut = documents.load(path)
    if cut is not None:
        sampler.lose(0, "", f"cut off at line {cut.line}, column {cut.column}: what came before it is kept")
    data = document.get("data", document) if isinstance(document, dict) else document
    result = data.get("result") if isinstance(data, dict) else data
    if not isinstance(result, list) or not any(isinstance(series, dict) and "metric" in series for series in result):
        said = document.get("error") if isinstance(document, dict) else None
        raise Failure(
            f"{path} holds no answer of Prometheus with a series in it" + (f": it says {said}" if said else ""),
            mend="give what /api/v1/query_range answers",
            exit_code=WRONG_CALL,
        )
    for place, series in enumerate(result, 1):
        if isinstance(series, dict):
            _series(sampler, place, series)
    return sampler.done()


def _series(sampler: _Renamed, place: int, series: dict[str, Any]) -> None:
    """Points in order of time; one that does not come after the one before is lost."""
    given = series.get("metric")
    labels = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
    name = labels.pop(NAME, "")
    points = series.get("values", [series["value"]] if "value" in series else [])
    before: float | None = None
    for point in points if isinstance(points, list) else []:
        at = point[0] if isinstance(point, list) and len(point) == 2 else None
        if isinstance(at, bool) or not isinstance(at, (int, float)):
            sampler.lose(place, "values", f"{name}: a point is [time, value], not {str(point)[:40]}")
        elif before is not None and at <= before:
            what = "the same time twice" if at == before else f"the clock ran backwards by {before - at:.6g} s"
            sampler.lose(place, "values", f"{name}: {what}: left out")
        else:
            before = float(at)
            sampler.sample(place, name, labels, before, point[1])


def _exposition(path: str, sampler: _Renamed) -> Samples:
    """A line a sample; its time is optional."""
    found = timed = 0
    with texts.opened(path) as text:
        for number, line in enumerate(_lines(texts.pieces(text, 1 << 16)), 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = _LINE.match(line.strip())
            if match is None:
                sampler.lose(number, "", f"no sample: {line.strip()[:60]!r}")
                continue
            found += 1
            at = _moment(match["at"])
            timed += at is not None
            labels = {key: _plain(value) for key, value in _LABEL.findall(match["labels"] or "")}
            sampler.sample(number, match["name"], labels, at, match["value"])
    if not found:
        raise Failure(
            f"{path} holds no samples of Prometheus",
            mend="give a query's JSON or a text exposition",
            exit_code=WRONG_CALL,
        )
    return sampler.done(timed > 0)


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest:
        yield rest


def _moment(text: str | None) -> float | None:
    """s since the epoch. The text format has ms, OpenMetrics s: what would lie beyond the year 5000 is in ms."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number < 1e11 else number / 1e3


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)
