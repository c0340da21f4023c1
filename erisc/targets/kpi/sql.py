"""Selections of the Plan as SQL over the tables of docs/formats.md."""

from __future__ import annotations

from erisc.base.json_text import number
from erisc.compiler.plan import Filter, Scalar, Selection, Window

TIME, TRUTH, TEXT = "time", "truth", "text"

COLUMNS: dict[str, dict[str, str]] = {
    "api": {
        "workload": TEXT,
        "iteration": "count",
        "op": TEXT,
        "intended_s": TIME,
        "started_s": TIME,
        "duration_s": TIME,
        "ok": TRUTH,
    },
    "iterations": {
        "workload": TEXT,
        "iteration": "count",
        "stage": TEXT,
        "intended_s": TIME,
        "started_s": TIME,
        "finished_s": TIME,
        "duration_s": TIME,
        "ok": TRUTH,
        "error": TEXT,
    },
}
"""What a formula may name, by table; a time's `_s` may be left out: `api.duration`."""

_OPERATORS = {"==": "=", "!=": "IS DISTINCT FROM", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def column(table: str, name: str) -> str | None:
    """The table's own name of a column, None when it has none of that name."""
    known = COLUMNS.get(table, {})
    return next((found for found in (name, f"{name}_s") if found in known), None)


def select(what: str, over: Selection, filters: tuple[Filter, ...] | None = None) -> str:
    """`SELECT what` over the rows of a selection; `filters` in place of its own."""
    chosen = over.filters if filters is None else filters
    return _statement(what, over.table, [*_rows(over), *(condition(over.table, one) for one in chosen), *_window(over)])


def successes(series: Selection) -> str:
    """When iterations of a series succeeded and how long they took: the instant of a success is its end."""
    conditions = ["ok", *_rows(series), *(condition(series.table, one) for one in series.filters)]
    return _statement("finished_s AS at_s, duration_s AS took_s", series.table, conditions)


def columns(over: Selection, *more: str) -> list[str]:
    """The columns that `select` reads, each once, in order."""
    window = ["intended_s"] if over.window else []
    return list(dict.fromkeys([*more, *_named(over), *window]))


def success_columns(series: Selection) -> list[str]:
    """The columns that `successes` reads, each once, in order."""
    return list(dict.fromkeys(["ok", "finished_s", "duration_s", *_named(series)]))


def _named(over: Selection) -> list[str]:
    filtered = [column(over.table, one.column) or one.column for one in over.filters]
    return [*(["workload"] if over.workload else []), *filtered]


def condition(table: str, one: Filter) -> str:
    """A filter as SQL."""
    name = column(table, one.column) or one.column
    if one.value is True and one.operator == "==":
        return name
    if one.value is False and one.operator == "==":
        return f"NOT {name}"
    return f"{name} {_OPERATORS[one.operator]} {literal(one.value)}"


def literal(value: Scalar) -> str:
    """A value as an SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return number(value)


def _statement(what: str, table: str, conditions: list[str]) -> str:
    where = "\n  AND ".join(conditions)
    return f"SELECT {what}\nFROM {table}" + (f"\nWHERE {where}" if where else "")


def _rows(over: Selection) -> list[str]:
    return [f"workload = {literal(over.workload)}"] if over.workload else []


def _window(over: Selection) -> list[str]:
    if over.window is None:
        return []
    bounds = " AND ".join(_bounds(over.window))
    name = literal(over.window.of)
    return [f"EXISTS (\n    SELECT 1 FROM windows AS w\n    WHERE w.name = {name} AND {bounds}\n  )"]


def _bounds(window: Window) -> list[str]:
    """The start belongs to a window, its end does not. A window still open has no `after`."""
    if window.kind == "before":
        earliest = [] if window.length is None else [f"intended_s >= w.start_s - {literal(window.length)}"]
        return [*earliest, "intended_s < w.start_s"]
    if window.kind == "after":
        latest = [] if window.length is None else [f"intended_s < w.end_s + {literal(window.length)}"]
        return ["intended_s >= w.end_s", *latest]
    return ["intended_s >= w.start_s", "intended_s < coalesce(w.end_s, 'infinity'::DOUBLE)"]
