"""The tables of a cell: written as Parquet, and opened for the queries of a KPI program."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from json import dumps
from typing import Any

from erisc.base.failure import Failure
from erisc.verdict.files import replacing
from erisc.verdict.history import CellHistory

DOUBLE, VARCHAR, BIGINT, INTEGER, BOOLEAN = "DOUBLE", "VARCHAR", "BIGINT", "INTEGER", "BOOLEAN"

COLUMNS: dict[str, dict[str, str]] = {
    "iterations": {
        "workload": VARCHAR,
        "iteration": BIGINT,
        "stage": VARCHAR,
        "intended_s": DOUBLE,
        "started_s": DOUBLE,
        "finished_s": DOUBLE,
        "duration_s": DOUBLE,
        "ok": BOOLEAN,
        "error": VARCHAR,
    },
    "api": {
        "workload": VARCHAR,
        "iteration": BIGINT,
        "op": VARCHAR,
        "intended_s": DOUBLE,
        "started_s": DOUBLE,
        "duration_s": DOUBLE,
        "ok": BOOLEAN,
    },
    "windows": {
        "name": VARCHAR,
        "kind": VARCHAR,
        "instance": INTEGER,
        "start_s": DOUBLE,
        "end_s": DOUBLE,
        "injected": BOOLEAN,
    },
    "faults": {
        "fault": VARCHAR,
        "action": VARCHAR,
        "service": VARCHAR,
        "hosts": VARCHAR,
        "instance": INTEGER,
        "planned_s": DOUBLE,
        "called_s": DOUBLE,
        "effective_s": DOUBLE,
        "heal_called_s": DOUBLE,
        "healed_s": DOUBLE,
        "error": VARCHAR,
    },
}
"""The tables of docs/formats.md, column by column."""

Row = tuple[object, ...]
"""Values in the order of a table's columns."""


def write_tables(cell: CellHistory, folder: str) -> None:
    """Write every table of the cell to `folder` as `<table>.parquet` (zstd), each whole or not at all."""
    rows: dict[str, Iterable[Row]] = {
        "iterations": cell.iterations,
        "api": cell.api,
        "windows": _rows("windows", cell.windows),
        "faults": _rows("faults", cell.faults),
    }
    connection = _connect()
    try:
        for table, values in rows.items():
            _write(connection, table, values, os.path.join(folder, f"{table}.parquet"))
    finally:
        connection.close()


def open_tables(folder: str) -> Any:
    """A DuckDB connection that holds the tables of `folder` and can reach nothing else: no file, no network."""
    connection = _connect()
    for table in COLUMNS:
        path = _literal(os.path.join(folder, f"{table}.parquet"))
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet({path})")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _connect() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise Failure("judging a run needs DuckDB, which is not installed", mend="pip install duckdb") from error
    return duckdb.connect(":memory:", config={"threads": 1})


def _write(connection: Any, table: str, rows: Iterable[Row], path: str) -> None:
    """By way of JSON lines: DuckDB reads a million of them in the time its executemany takes for a thousand."""
    columns = COLUMNS[table]
    with replacing(path) as beside:
        lines = f"{beside}.json"
        try:
            with open(lines, "w", encoding="utf-8") as file:
                file.writelines(f"{dumps(dict(zip(columns, row, strict=True)))}\n" for row in rows)
            types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
            source = f"read_json({_literal(lines)}, format = 'newline_delimited', columns = {{{types}}})"
            connection.execute(
                f"COPY (SELECT * FROM {source}) TO {_literal(beside)} (FORMAT parquet, COMPRESSION zstd)"
            )
        finally:
            if os.path.exists(lines):
                os.unlink(lines)


def _rows(table: str, records: Iterable[object]) -> Iterator[Row]:
    """Records as rows, in the order of the table's columns."""
    return (tuple(getattr(record, name) for name in COLUMNS[table]) for record in records)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
