"""Write each database as SQL that makes it again: tables, and the rows that migrations put there.

usage: python -m erisc_zone.dump_schemas FOLDER DATABASE… < connection.json

One file a database, `FOLDER/<database>.sql`. Refuses what it does not write (views, triggers, routines).
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pymysql

_ROWS = 200


def refuse_more_than_tables(cursor: Any, database: str) -> None:
    """Raises SystemExit when the database holds something besides tables."""
    for kind, table, column in (
        ("views", "VIEWS", "TABLE_SCHEMA"),
        ("triggers", "TRIGGERS", "TRIGGER_SCHEMA"),
        ("routines", "ROUTINES", "ROUTINE_SCHEMA"),
    ):
        cursor.execute(f"SELECT COUNT(*) FROM information_schema.{table} WHERE {column} = %s", (database,))
        if cursor.fetchone()[0]:
            raise SystemExit(f"the database {database} has {kind}, which this cannot write")


def dump(connection: Any, database: str) -> str:
    """The SQL of one database."""
    lines = ["SET FOREIGN_KEY_CHECKS=0;", "SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';", "SET AUTOCOMMIT=0;"]
    with connection.cursor() as cursor:
        refuse_more_than_tables(cursor, database)
        cursor.execute(f"SHOW FULL TABLES FROM `{database}` WHERE Table_type = 'BASE TABLE'")
        for table in [row[0] for row in cursor.fetchall()]:
            cursor.execute(f"SHOW CREATE TABLE `{database}`.`{table}`")
            lines.append(cursor.fetchone()[1] + ";")
            cursor.execute(f"SELECT * FROM `{database}`.`{table}`")
            lines += rows(connection, table, list(cursor.fetchall()))
    return "\n".join([*lines, "COMMIT;", ""])


def rows(connection: Any, table: str, found: list[tuple[Any, ...]]) -> list[str]:
    """INSERT statements, some hundred rows each."""
    values = ["(" + ",".join(connection.escape(value) for value in row) + ")" for row in found]
    return [
        f"INSERT INTO `{table}` VALUES {','.join(values[start : start + _ROWS])};"
        for start in range(0, len(values), _ROWS)
    ]


def main() -> None:
    """Write all the named databases."""
    folder, *databases = sys.argv[1:]
    connection = pymysql.connect(**json.load(sys.stdin), charset="utf8mb4")
    for database in databases:
        with open(os.path.join(folder, f"{database}.sql"), "w", encoding="utf-8") as file:
            file.write(dump(connection, database))


if __name__ == "__main__":
    main()
