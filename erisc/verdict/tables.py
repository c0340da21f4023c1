"""The tables of a cell: written as Parquet, and opened for the queries of a KPI program."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from erisc.verdict.columns import COLUMNS, RECORDED
from erisc.verdict.database import connect, literal, workshop
from erisc.verdict.files import replacing
from erisc.verdict.history import CellHistory
from erisc.verdict.stored import CHUNK, Row, Stored, arrays

PARQUET = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd"
"""Version 2 splits doubles into byte streams and takes whole numbers by their differences: a quarter less on disk."""


def write_tables(cell: CellHistory, folder: str) -> None:
    """Write every table of the cell to `folder` as `<table>.parquet`, each whole or not at all.

    A table of samples without rows has no file.
    """
    rows: dict[str, Iterable[Row]] = {
        "iterations": cell.iterations,
        "api": cell.api,
        "windows": _rows("windows", cell.windows),
        "faults": _rows("faults", cell.faults),
        **dict(cell.samples),
    }
    for table, values in rows.items():
        _write(table, values, os.path.join(folder, f"{table}.parquet"))


def open_tables(folder: str, names: Iterable[str] = COLUMNS, root: str = "") -> Any:
    """A DuckDB connection on those tables of `folder`, read in place. It can reach nothing outside of `root`, in which
    `folder` lies ("": `folder` itself), and no network. Opened one after the other, tables of one `root` share one
    database, which takes 20 ms to make.
    """
    connection = _reader(root or folder).cursor()
    for table in names:
        path = os.path.join(folder, f"{table}.parquet")
        if table in RECORDED or os.path.exists(path):
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM read_parquet({literal(path)})")
        else:
            declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS[table].items())
            connection.execute(f"CREATE TEMP TABLE {table} ({declared})")
    return connection


@lru_cache(maxsize=1)
def _reader(root: str) -> Any:
    """A database that reads nothing outside of `root`. Its connections are told apart by their temporary views."""
    connection = connect()
    connection.execute(f"SET allowed_directories = [{literal(root)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _write(table: str, rows: Iterable[Row], path: str) -> None:
    """By way of numpy columns, which DuckDB takes as they are: its executemany takes a thousand times as long."""
    connection = workshop()
    if isinstance(rows, Stored):
        with replacing(path) as beside:
            rows.write(beside, PARQUET)
        return
    declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS[table].items())
    with replacing(path) as beside:
        connection.execute(f"CREATE TEMP TABLE written ({declared})")
        try:
            for some in _chunks(rows):
                connection.register("columns", arrays(COLUMNS[table], some))
                casts = ", ".join(f"{name}::{kind}" for name, kind in COLUMNS[table].items())
                connection.execute(f"INSERT INTO written SELECT {casts} FROM columns")
                connection.unregister("columns")
            connection.execute(f"COPY written TO {literal(beside)} ({PARQUET})")
        finally:
            connection.execute("DROP TABLE written")


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists of at most `CHUNK`, none of them empty."""
    source = iter(rows)
    while some := list(islice(source, CHUNK)):
        yield some


def _rows(table: str, records: Iterable[object]) -> Iterator[Row]:
    """Records as rows, in the order of the table's columns."""
    return (tuple(getattr(record, name) for name in COLUMNS[table]) for record in records)
