"""DuckDB in memory, which does not grow beyond a limit: what does not fit goes to a temporary folder."""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from typing import Any

from erisc.base.failure import Failure

LIMIT = "192MiB"
"""Of what a database keeps in memory."""


def connect(**settings: Any) -> Any:
    """A new database of one thread. Raises Failure when DuckDB is not installed."""
    try:
        import duckdb
    except ImportError as error:
        raise Failure("judging a run needs DuckDB, which is not installed", mend="pip install duckdb") from error
    return duckdb.connect(":memory:", config={"threads": 1, **settings})


@lru_cache(maxsize=1)
def workshop() -> Any:
    """The database in which rows are gathered, sorted and written to files."""
    folder = os.path.join(tempfile.gettempdir(), f"erisc-verdict-{os.getpid()}")
    return connect(memory_limit=LIMIT, temp_directory=folder)


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
