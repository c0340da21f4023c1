"""What the terms of a program read, gathered: one statement for all that is taken from the same rows of a table."""

from __future__ import annotations

from typing import Any

from erisc.base.record import record
from erisc.compiler.plan import Filter, Metric, Selection
from erisc.targets.kpi import sql


@record
class Source:
    """Rows of one table: those in which the columns of `only` have these texts."""

    table: str
    only: tuple[tuple[str, str], ...]


def source(over: Selection, metrics: dict[str, Metric]) -> Source:
    """Where a selection's rows come from. A metric of the Plan is the rows of `metrics` that have its name."""
    if over.table in metrics and over.table not in sql.COLUMNS:
        return Source("metrics", (("metric", over.table),))
    return Source(over.table, (("workload", over.workload),) if over.workload else ())


class Scans:
    """The statements of a program; they grow as terms ask for columns. `metrics`: those of the Plan by name."""

    def __init__(self, metrics: dict[str, Metric]) -> None:
        self.metrics = metrics
        self._scans: dict[Source, Scan] = {}

    def of(self, over: Selection) -> Scan:
        """The scan that a selection's rows come from."""
        where = source(over, self.metrics)
        if where not in self._scans:
            self._scans[where] = Scan(f"s{len(self._scans) + 1}", where)
        return self._scans[where]

    def data(self) -> list[dict[str, Any]]:
        """As they stand in the program."""
        return [scan.data() for scan in self._scans.values()]


class Scan:
    """One statement. It gives `at_s`, columns of numbers by their own names, flags `f1`, `f2`, …, and labels."""

    def __init__(self, name: str, where: Source) -> None:
        self.name = name
        self.table = where.table
        self._only = where.only
        self._columns: dict[str, str] = {"at_s": sql.moment(where.table)}
        self._flags: dict[str, str] = {}
        self._labels: dict[str, str] = {}

    def value(self, name: str) -> str:
        """A column of numbers; its name in the statement."""
        own = sql.column(self.table, name) or name
        self._columns.setdefault(own, f"{own}::DOUBLE" if own in sql.WHOLE else own)
        return own

    def flag(self, one: Filter) -> str:
        """Whether a row passes a filter; its name in the statement."""
        return self._flag(sql.condition(self.table, one))

    def truth(self, name: str) -> str:
        """A column that is true or false, null taken for false; its name in the statement."""
        return self._flag(f"coalesce({sql.column(self.table, name) or name}, false)")

    def _flag(self, code: str) -> str:
        return self._flags.setdefault(code, f"f{len(self._flags) + 1}")

    def label(self, name: str) -> None:
        """A text that rows are told apart by, as `by_<name>`."""
        self._labels[f"by_{name}"] = sql.label(self.table, name) or name

    def data(self) -> dict[str, Any]:
        """As it stands in the program; `columns`: those of the table that it reads."""
        flags = [(code, name) for code, name in self._flags.items()]
        shown = [*((code, name) for name, code in (self._columns | self._labels).items()), *flags]
        text = sql.statement(self.table, shown, self._only)
        known = sql.COLUMNS[self.table]
        named = [name for name, _ in self._only] + [code for code, _ in shown]
        read = [name for name in known if any(_mentions(code, name) for code in named)]
        return {"id": self.name, "table": self.table, "sql": text, "columns": read}


def _mentions(code: str, name: str) -> bool:
    """Whether a piece of SQL that this package wrote reads the column: it stands before any literal."""
    head = code.split("'", 1)[0]
    words = head.replace("(", " ").replace(")", " ").replace("[", " ").replace(":", " ").replace(",", " ").split()
    return name in words
