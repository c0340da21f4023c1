"""A formula becomes terms that are estimated and an expression over them: docs/schema/program.schema.json."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from erisc.base.record import replace
from erisc.compiler.functions import quantile
from erisc.compiler.plan import (
    Aggregate,
    Binary,
    Filter,
    Formula,
    KpiRef,
    Number,
    Recover,
    Rolling,
    Selection,
    Unary,
    Window,
    rows_of,
)
from erisc.targets.kpi import sql
from erisc.targets.kpi.scans import Scan, Scans

Term = dict[str, Any]

STEPS = 10
"""A sliding window moves by a tenth of its width."""
ATTEMPTS = ("availability", "downtime", "recovery", "downtime_rally_runners", "mttr_rally_runners")
"""Functions of all iterations of a workload, whether they succeeded or not."""
_OK = "ok"


def lower(formula: Formula, scans: Scans) -> tuple[list[Term], Any]:
    """Terms `t1`, `t2`, … and the expression tree."""
    terms: list[Term] = []
    return terms, _expression(formula, terms, scans, isinstance(formula, Aggregate))


def _expression(formula: Formula, terms: list[Term], scans: Scans, bare: bool) -> Any:
    if isinstance(formula, Number):
        return float(formula.value)
    if isinstance(formula, KpiRef):
        return {"kpi": formula.name}
    if isinstance(formula, Unary):
        inner = _expression(formula.operand, terms, scans, False)
        return {"op": "-", "left": inner} if formula.operator == "-" else inner
    if isinstance(formula, Binary):
        return _binary(formula, terms, scans)
    if isinstance(formula, Recover):
        return _reference(_recover(formula.series, formula.within, formula.combine, scans), terms)
    if formula.function == "degradation":
        return _degradation(formula, terms, scans)
    return _reference(_aggregate(formula, scans, bare), terms)


def _binary(formula: Binary, terms: list[Term], scans: Scans) -> Any:
    share = proportion(formula, scans)
    if share is not None:
        return _reference(share, terms)
    left = _expression(formula.left, terms, scans, False)
    return {"op": formula.operator, "left": left, "right": _expression(formula.right, terms, scans, False)}


def _reference(term: Term, terms: list[Term]) -> Any:
    """The same quantity twice in a formula is one term."""
    for known in terms:
        if {**known, "id": ""} == {"id": "", **term}:
            return {"term": known["id"]}
    name = f"t{len(terms) + 1}"
    terms.append({"id": name, **term})
    return {"term": name}


def proportion(formula: Binary, scans: Scans) -> Term | None:
    """`count(subset) / count(set)` of one selection is a share of rows, not a quotient of two counts."""
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
    return _share(whole, more, scans)


def _frame(over: Selection) -> tuple[object, ...]:
    window = over.window
    return over.table, over.workload, None if window is None else (window.kind, window.of, window.to, window.length)


def _bare(one: Filter) -> tuple[object, ...]:
    return one.column, one.operator, type(one.value).__name__, one.value


def _rows(method: str, over: Selection, scan: Scan) -> Term:
    """What every term says of its rows: their scan, the filters that they pass, the window in which they lie."""
    where = [scan.flag(one) for one in over.filters]
    return {"method": method, "scan": scan.name, "where": where, "window": _window(over.window)}


def _share(over: Selection, hits: tuple[Filter, ...], scans: Scans) -> Term:
    scan = scans.of(over)
    return _proportion(over, [scan.flag(one) for one in hits], scan)


def _proportion(over: Selection, hits: list[str], scan: Scan) -> Term:
    """With how long the rows took, where that is known: it tells how they cluster when next to nothing failed."""
    term = _rows("proportion", over, scan) | {"hit": hits}
    took = "duration_s"
    return term | {"beside": scan.value(took)} if took in sql.COLUMNS[scan.table] else term


def _aggregate(formula: Aggregate, scans: Scans, bare: bool) -> Term:
    if isinstance(formula.over, Rolling):
        return _rolling(formula, formula.over, scans)
    over, function = formula.over, formula.function
    if function == "count":
        return _count(over, scans, bare)
    if function == "ratio":
        return _ratio(over, dict(formula.options), scans)
    if function in _SPECIAL:
        return _SPECIAL[function](over, dict(formula.options), scans)
    if over.column == "rate":
        return _successes("series", over, scans)
    return _column(function, over, dict(formula.options), scans)


def _rolling(formula: Aggregate, rolling: Rolling, scans: Scans) -> Term:
    """Stretches of `width` s, beginning `step` s after each other; `fold` says what becomes of their values."""
    inner = _aggregate(rolling.of, scans, True)
    fold = {"width": float(rolling.width), "step": float(rolling.width) / STEPS, **_fold(formula)}
    return {**inner, "rolling": fold}


def _fold(formula: Aggregate) -> dict[str, Any]:
    if formula.function.startswith("p") and formula.function[1:2].isdigit():
        return {"fold": "quantile", "q": quantile(formula.function)}
    return {"fold": formula.function, **_options(dict(formula.options))}


def _options(options: dict[str, Any]) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, int) else value for name, value in options.items()}


def _column(function: str, over: Selection, options: dict[str, Any], scans: Scans) -> Term:
    scan = scans.of(over)
    name = sql.column(scan.table, over.column) or over.column
    if sql.COLUMNS[scan.table][name] == sql.TRUTH:
        return _proportion(over, [scan.truth(name)], scan)
    method: Term = {**_options(options)}
    term = _rows(function, over, scan)
    if function.startswith("p") and function[1:2].isdigit():
        term, method = _rows("quantile", over, scan), {"q": quantile(function)}
    if function == "apdex":
        method["hit"] = [scan.truth(_OK)]
    return term | {"value": scan.value(name)} | method


def _count(over: Selection, scans: Scans, bare: bool) -> Term:
    """By itself a count is what was seen; in arithmetic it estimates what would be seen again, and has an error.

    The rows it is taken from are kept: none at all is no sample, while none that matches is a count of zero.
    """
    scan = scans.of(over)
    frame = replace(over, filters=())
    hits = [scan.flag(one) for one in over.filters]
    return _rows("count" if bare else "poisson", frame, scan) | {"hit": hits}


def _ratio(over: Selection, options: dict[str, Any], scans: Scans) -> Term:
    """The last `hits` filters are asked for among the rows that the others leave."""
    cut = len(over.filters) - int(options.get("hits", 1))
    return _share(replace(over, filters=over.filters[:cut]), over.filters[cut:], scans)


def _rate(over: Selection, options: dict[str, Any], scans: Scans) -> Term:
    scan = scans.of(over)
    return _rows("rate", replace(over, filters=()), scan) | {"hit": [scan.flag(one) for one in over.filters]}


def _successes(method: str, over: Selection, scans: Scans) -> Term:
    """Successful iterations by the instant they end."""
    scan = scans.of(over)
    term = _rows(method, over, scan)
    scan.value("duration_s")
    return term | {"value": scan.value("finished_s"), "hit": [scan.truth(_OK)], "workload": over.workload}


def _recover(series: Selection, within: float, combine: str, scans: Scans) -> Term:
    window = series.window
    return _successes("recover", series, scans) | {
        "fault": window.of if window else "",
        "within": float(within),
        "combine": combine,
    }


def _mttr(over: Selection, options: dict[str, Any], scans: Scans) -> Term:
    fault = over.window.of if over.window else ""
    return _successes("mttr", over, scans) | {"fault": fault, "within": float(options["within"])}


def _attempts(function: str) -> Callable[[Selection, dict[str, Any], Scans], Term]:
    """All iterations of a workload; those after a fault say which fault."""

    def term(over: Selection, options: dict[str, Any], scans: Scans) -> Term:
        scan = scans.of(over)
        made = _rows(function, over, scan) | {"hit": [scan.truth(_OK)], "workload": over.workload}
        if function not in ("availability", "downtime"):
            for name in ("started_s", "finished_s", "duration_s"):
                scan.value(name)
            made["fault"] = over.window.of if over.window else ""
        return made | _options(options)

    return term


def _throughput_at(over: Selection, options: dict[str, Any], scans: Scans) -> Term:
    scan = scans.of(over)
    value = scan.value(over.column)
    given = {"limit": options["limit"], "q": options["quantile"], "width": options["width"]}
    return _rows("throughput_at", over, scan) | {"value": value, "hit": [scan.truth(_OK)]} | _options(given)


_SPECIAL: dict[str, Callable[[Selection, dict[str, Any], Scans], Term]] = {
    "rate": _rate,
    "mttr": _mttr,
    "throughput_at": _throughput_at,
    **{function: _attempts(function) for function in ATTEMPTS},
}
"""Functions whose terms are not those of a column."""


def _degradation(formula: Aggregate, terms: list[Term], scans: Scans) -> Any:
    """The mean duration of the successes in the window over that of those before the fault."""
    over = rows_of(formula)
    good = (*over.filters, Filter(_OK, "==", True, over.span))
    now = replace(over, filters=good)
    fault = over.window.of if over.window else ""
    usual = replace(now, window=Window("before", fault, "", None, over.span))
    left, right = (_reference(_column("mean", one, {}, scans), terms) for one in (now, usual))
    return {"op": "/", "left": left, "right": right}


def _window(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    length = None if window.length is None else float(window.length)
    return {"kind": window.kind, "of": window.of, "to": window.to, "length": length}
