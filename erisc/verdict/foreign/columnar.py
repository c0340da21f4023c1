"""CSV and Parquet files as rows of any table of docs/formats.md, their columns mapped by name.

A column is the table's own: `goodput`, `rtt_s`. A time may also be `rtt_ms`, `rtt_us` or `rtt_ns`, or without a unit,
which is s. `at_s` (or `at`) is s from t = 0 of the load; `time` or `timestamp` is a moment instead: seconds or
milliseconds since the epoch, or ISO 8601. In `host`, `service` and `metrics` every further column is a label; elsewhere
it is stated as a loss.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.columns import BIGINT, BOOLEAN, COLUMNS, DOUBLE, INTEGER, MAP, VARCHAR
from erisc.verdict.foreign import texts
from erisc.verdict.foreign.samples import Sampler, Samples, scaled

MOMENTS = ("time", "timestamp")
UNITS = {"_s": 1.0, "_ms": 1e-3, "_us": 1e-6, "_ns": 1e-9, "": 1.0}
TRUE, FALSE = ("true", "1", "yes", "ok", "t"), ("false", "0", "no", "f")
FEW_NAMED = 5

Put = tuple[str, float]
"""A column of the table and the factor to its base unit; the column "" is a label's own name."""


def read_csv(table: str, path: str) -> Samples:
    """A CSV file with a header; separators are those that the first line shows. Raises Failure when it has none."""
    with texts.opened(path) as text:
        first = text.readline()
        if not first.strip():
            raise Failure(f"{path} is empty: it has no header", mend="name its columns", exit_code=WRONG_CALL)
        mark = max(",;\t", key=first.count)
        header = next(csv.reader([first], delimiter=mark))
        return _read(table, path, [name.strip() for name in header], _rows(csv.reader(text, delimiter=mark)))


def _rows(reader: Iterator[list[str]]) -> Iterator[list[Any]]:
    """Rows in which nothing stands for nothing; a line that is no CSV is empty."""
    while True:
        try:
            yield [value.strip() or None for value in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield []


def read_parquet(table: str, path: str) -> Samples:
    """A Parquet file. Raises Failure when it is none."""
    import duckdb

    quoted = path.replace("'", "''")
    try:
        found = duckdb.connect(":memory:").execute(f"SELECT * FROM read_parquet('{quoted}')")
    except duckdb.Error as error:
        raise Failure(
            f"{path} cannot be read as Parquet", mend="give a Parquet file", detail=str(error), exit_code=WRONG_CALL
        ) from error
    header = [str(column[0]) for column in found.description or ()]
    return _read(table, path, header, (list(row) for row in iter(found.fetchone, None)))


def _read(table: str, path: str, header: list[str], rows: Iterator[list[Any]]) -> Samples:
    if table not in COLUMNS:
        raise Failure(f"there is no table {table}", mend=f"use one of {', '.join(COLUMNS)}", exit_code=WRONG_CALL)
    sampler = Sampler(texts.shown(path))
    puts = [_put(table, name) for name in header]
    _missing(table, path, header, puts)
    for name, put in zip(header, puts, strict=True):
        if put is None:
            sampler.lose(0, name, f"the table {table} has no column {name}: it is not used")
    moments = [at for at, name in enumerate(header) if name in MOMENTS]
    seen: set[tuple[Any, ...]] = set()
    for place, row in enumerate(rows, 2):
        if len(row) != len(header):
            sampler.lose(place, "", f"{len(row)} values, {len(header)} columns: left out")
        elif _once(seen, row):
            _row(sampler, table, place, header, puts, row)
        else:
            sampler.lose(place, "", "the same as a row before it: left out as a repetition")
    return sampler.done(bool(moments))


def _once(seen: set[tuple[Any, ...]], row: list[Any]) -> bool:
    key = (hash(tuple(map(str, row))),)
    if key in seen:
        return False
    seen.add(key)
    return True


def _missing(table: str, path: str, header: list[str], puts: list[Put | None]) -> None:
    """A table without a value, or without a time, tells nothing."""
    named = {put[0] for put in puts if put is not None}
    values = [name for name, kind in COLUMNS[table].items() if kind in (DOUBLE, BOOLEAN) and name != "interval_s"]
    values = [name for name in values if name != "at_s"]
    timed = bool({"at_s", "started_s", "intended_s", "start_s", "called_s"} & named)
    if not timed or not named & set(values):
        lacks = "a time (at_s, time or timestamp)" if not timed else f"any of {', '.join(values[:FEW_NAMED])}"
        raise Failure(
            f"{path}: the table {table} needs {lacks}; its columns are {', '.join(header)}",
            mend="rename the file's columns",
            exit_code=WRONG_CALL,
        )


def _put(table: str, name: str) -> Put | None:
    columns = COLUMNS[table]
    if name in MOMENTS or name == "at":
        return next((put for put in ("at_s", "started_s", "start_s", "called_s") if put in columns), ""), 1.0
    if name in columns:
        return name, 1.0
    for suffix, factor in UNITS.items():
        base = name[: len(name) - len(suffix)] if suffix and name.endswith(suffix) else name if not suffix else ""
        if base and f"{base}_s" in columns:
            return f"{base}_s", factor
    return ("", 1.0) if columns.get("labels") == MAP else None


def _row(sampler: Sampler, table: str, place: int, header: list[str], puts: list[Put | None], row: list[Any]) -> None:
    labels: dict[str, Any] = {}
    values: dict[str, Any] = {}
    more: dict[str, str] = {}
    for name, put, value in zip(header, puts, row, strict=True):
        if put is None or value is None:
            continue
        if put[0] == "":
            more[name] = str(value)
            continue
        kind = COLUMNS[table][put[0]]
        if kind == MAP:
            more |= value if isinstance(value, dict) else {}
        elif kind == VARCHAR:
            labels[put[0]] = str(value)
        else:
            try:
                values[put[0]] = READ[kind if name not in MOMENTS else "moment"](value, put[1])
            except (ValueError, TypeError, OverflowError):
                sampler.lose(
                    place, name, f"{name} is {str(value)[:40]!r}: {EXPECTED.get(kind, 'a number')} was expected"
                )
    if COLUMNS[table].get("labels") == MAP:
        labels["labels"] = more
    sampler.put(table, place, labels, values)


def _float(value: Any, factor: float) -> float:
    return float(scaled(float(value), factor))


def _whole(value: Any, factor: float) -> int:
    return int(value)


def _truth(value: Any, factor: float) -> bool:
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(word)


def _moment(value: Any, factor: float) -> float:
    """s since the epoch."""
    if hasattr(value, "timestamp"):
        return float(value.timestamp())
    try:
        number = float(value)
    except ValueError:
        from datetime import UTC, datetime

        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return number if number < 1e11 else number / 1e3


READ: dict[str, Callable[[Any, float], Any]] = {
    DOUBLE: _float,
    INTEGER: _whole,
    BIGINT: _whole,
    BOOLEAN: _truth,
    "moment": _moment,
}
EXPECTED = {BOOLEAN: "true or false", INTEGER: "a whole number", BIGINT: "a whole number"}
