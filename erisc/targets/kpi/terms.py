"""A formula becomes terms that are estimated and an expression over them."""

from __future__ import annotations

from typing import Any

from erisc.compiler.plan import (
    Aggregate,
    Binary,
    Filter,
    Formula,
    KpiRef,
    Number,
    Recover,
    Selection,
    Unary,
    Window,
    rows_of,
)
from erisc.targets.kpi import sql

Term = dict[str, Any]


def lower(formula: Formula) -> tuple[list[Term], Any]:
    """Terms `t1`, `t2`, … and the expression tree; see docs/schema/program.schema.json."""
    terms: list[Term] = []
    bare = isinstance(formula, Aggregate)
    return terms, _expression(formula, terms, bare)


def _expression(formula: Formula, terms: list[Term], bare: bool) -> Any:
    if isinstance(formula, Number):
        return float(formula.value)
    if isinstance(formula, KpiRef):
        return {"kpi": formula.name}
    if isinstance(formula, Unary):
        inner = _expression(formula.operand, terms, False)
        return {"op": "-", "left": inner} if formula.operator == "-" else inner
    if isinstance(formula, Binary):
        return _binary(formula, terms)
    return _reference(_recover(formula) if isinstance(formula, Recover) else _aggregate(formula, bare), terms)


def _binary(formula: Binary, terms: list[Term]) -> Any:
    share = proportion(formula)
    if share is not None:
        return _reference(share, terms)
    left = _expression(formula.left, terms, False)
    return {"op": formula.operator, "left": left, "right": _expression(formula.right, terms, False)}


def _reference(term: Term, terms: list[Term]) -> Any:
    """The same quantity twice in a formula is one term."""
    for known in terms:
        if {**known, "id": ""} == {"id": "", **term}:
            return {"term": known["id"]}
    name = f"t{len(terms) + 1}"
    terms.append({"id": name, **term})
    return {"term": name}


def proportion(formula: Binary) -> Term | None:
    """`count(subset) / count(set)` of one selection is a share of independent rows, not a quotient of two counts."""
    if formula.operator != "/" or not isinstance(formula.left, Aggregate) or not isinstance(formula.right, Aggregate):
        return None
    if (formula.left.function, formula.right.function) != ("count", "count"):
        return None
    part, whole = rows_of(formula.left), rows_of(formula.right)
    if _frame(part) != _frame(whole):
        return None
    wanted = [_bare(one) for one in part.filters]
    if any(_bare(one) not in wanted for one in whole.filters):
        return None
    given = [_bare(one) for one in whole.filters]
    more = tuple(one for one in part.filters if _bare(one) not in given)
    return _share(whole, _all(part.table, more), sql.columns(part))


def _frame(over: Selection) -> tuple[object, ...]:
    window = over.window
    return over.table, over.workload, None if window is None else (window.kind, window.of, window.length)


def _bare(one: Filter) -> tuple[object, ...]:
    return one.column, one.operator, type(one.value).__name__, one.value


def _all(table: str, filters: tuple[Filter, ...]) -> str:
    conditions = [sql.condition(table, one) for one in filters]
    if len(conditions) == 1:
        return conditions[0]
    return " AND ".join(f"({one})" for one in conditions) or "true"


def _share(over: Selection, hit: str, columns: list[str]) -> Term:
    return _hits("proportion", over, hit, columns)


def _hits(method: str, over: Selection, hit: str, columns: list[str]) -> Term:
    """A filter on NULL is no hit."""
    shown = hit if hit == "true" else f"coalesce({hit}, false)"
    return {"method": method, "sql": sql.select(f"{shown} AS hit", over), "columns": columns}


def _aggregate(formula: Aggregate, bare: bool) -> Term:
    over = rows_of(formula)
    if formula.function == "count":
        return _count(over, bare)
    if over.column == "rate":
        return {
            "method": "rate",
            "sql": sql.successes(over),
            "columns": sql.success_columns(over),
            "window": _window(over.window),
        }
    name = sql.column(over.table, over.column) or over.column
    if sql.COLUMNS[over.table][name] == sql.TRUTH:
        return _share(over, name, sql.columns(over, name))
    term: Term = {"method": formula.function}
    if formula.function.startswith("p"):
        term = {"method": "quantile", "q": quantile(formula.function)}
    return {
        **term,
        "sql": sql.select(f"{name} AS value, intended_s AS at_s", over),
        "columns": sql.columns(over, name, "intended_s"),
    }


def _count(over: Selection, bare: bool) -> Term:
    """By itself a count is what was seen; in arithmetic it estimates what would be seen again, and has an error.

    The rows it is taken from are kept: none at all is no sample, while none that matches is a count of zero.
    """
    frame = Selection(over.table, over.workload, "", (), over.window, over.span)
    hit = _all(over.table, over.filters)
    return _hits("count" if bare else "poisson", frame, hit, sql.columns(over))


def _recover(formula: Recover) -> Term:
    window = formula.series.window
    return {
        "method": "recover",
        "sql": sql.successes(formula.series),
        "columns": sql.success_columns(formula.series),
        "workload": formula.series.workload,
        "fault": window.of if window else "",
        "within": float(formula.within),
        "length": None if window is None or window.length is None else float(window.length),
        "combine": formula.combine,
    }


def _window(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    length = None if window.length is None else float(window.length)
    return {"kind": window.kind, "of": window.of, "length": length}


def quantile(function: str) -> float:
    """The share below: 0.99 for `p99`, 0.999 for `p99_9`. Raises ValueError when it is not a quantile's name."""
    share = float(function[1:].replace("_", "."))
    if not 0 < share < 100:
        raise ValueError(f"{function} is no quantile")
    return round(share / 100, 12)
