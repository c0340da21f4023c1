"""Tables as SQL: what a formula may name, conditions, and the statement of a scan. docs/formats.md has the tables."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.base.json_text import number
from erisc.compiler.plan import Filter, Scalar

NUMBER, TRUTH, TEXT, MAP = "number", "truth", "text", "map"

Columns = dict[str, str]


def _table(**kinds: str) -> Columns:
    return {name: kind for kind, names in kinds.items() for name in names.split()}


COLUMNS: dict[str, Columns] = {
    "iterations": _table(
        text="workload stage error", number="iteration intended_s started_s finished_s duration_s", truth="ok"
    ),
    "api": _table(text="workload op", number="iteration intended_s started_s duration_s", truth="ok"),
    "net": _table(
        text="workload host peer az protocol direction stream",
        number="at_s interval_s goodput packets rtt_s jitter_s loss retransmits",
    ),
    "storage": _table(
        text="workload host az job op",
        number="at_s interval_s iops bandwidth latency_s latency_p50_s latency_p95_s latency_p99_s latency_p99_9_s"
        " errors",
    ),
    "cpu": _table(text="workload host az cpu", number="at_s interval_s used user system iowait steal throughput"),
    "memory": _table(text="workload host az", number="at_s interval_s total used available swapped throughput"),
    "host": _table(text="host az name", map="labels", number="at_s interval_s value"),
    "service": _table(text="host az service name", map="labels", number="at_s interval_s value"),
    "probes": _table(text="name host target error", number="at_s interval_s duration_s", truth="ok"),
    "routes": _table(text="host peer protocol prefix next_hop event", number="at_s interval_s metric"),
    "metrics": _table(text="metric", map="labels", number="at_s interval_s value"),
    "faults": _table(
        text="fault action service hosts error",
        number="instance planned_s called_s effective_s heal_called_s healed_s",
    ),
}
"""What a formula may name, by table; a time's `_s` may be left out: `api.duration`."""

_MOMENTS = {"iterations": "intended_s", "api": "intended_s", "faults": "coalesce(called_s, planned_s)"}
"""By what the rows of a table belong to a window: when they were meant to start, or began; the others' by `at_s`."""
WHOLE = ("iteration", "instance")
"""Columns of whole numbers."""
_OPERATORS = {"==": "=", "!=": "IS DISTINCT FROM", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def moment(table: str) -> str:
    """SQL for the instant by which a row belongs to a window."""
    return _MOMENTS.get(table, "at_s")


def column(table: str, name: str) -> str | None:
    """The table's own name of a column, None when it has none of that name."""
    known = COLUMNS.get(table, {})
    return next((found for found in (name, f"{name}_s") if found in known), None)


def label(table: str, name: str) -> str | None:
    """SQL for a text that rows are told apart by: a column, or one of a table's `labels`; None when there is none."""
    own = column(table, name)
    if own is not None:
        return own if COLUMNS[table][own] in (TEXT, TRUTH) else None
    return f"labels[{literal(name)}]" if COLUMNS.get(table, {}).get("labels") == MAP else None


def condition(table: str, one: Filter) -> str:
    """A filter as SQL that is true or false, never null."""
    own = column(table, one.column)
    name = own if own is not None else label(table, one.column) or one.column
    if one.operator == "==" and isinstance(one.value, bool):
        return f"coalesce({name if one.value else f'NOT {name}'}, false)"
    return f"coalesce({name} {_OPERATORS[one.operator]} {literal(one.value)}, false)"


def literal(value: Scalar) -> str:
    """A value as an SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return number(value)


def statement(table: str, columns: Sequence[tuple[str, str]], only: Sequence[tuple[str, str]]) -> str:
    """One SELECT: `columns` as (SQL, name), of the rows in which the columns of `only` have these texts."""
    shown = ",\n  ".join(code if code == name else f"{code} AS {name}" for code, name in columns)
    where = " AND ".join(f"{name} = {literal(text)}" for name, text in only)
    return f"SELECT\n  {shown}\nFROM {table}" + (f"\nWHERE {where}" if where else "")
