"""SLOs that plain Rally can judge, as its SLAs; and why it cannot judge the others.

Rally compares values of all iterations of one task with limits: it knows no confidence, no windows, and no repeats. Its
SLAs are failure_rate, max_seconds_per_iteration, max_avg_duration (and per atomic action), performance_degradation and
outliers (Rally 5.1.1, rally/plugins/task/sla).
"""

from __future__ import annotations

from typing import Any

from erisc.base.record import record
from erisc.compiler.plan import (
    Aggregate,
    Binary,
    Cell,
    Criteria,
    Filter,
    Formula,
    KpiRef,
    Number,
    Selection,
    Slo,
    Window,
    Workload,
)

_AT_MOST = ("<", "<=")


@record
class Judged:
    """An SLA: of which workload, its name, its configuration; `about`: what differs from the SLO, "" for nothing."""

    slo: Slo
    workload: str
    name: str
    config: Any
    about: str = ""


@record
class Unjudged:
    """An SLO that Rally has nothing for, and why."""

    slo: Slo
    why: str


def judged(cell: Cell, criteria: Criteria) -> tuple[tuple[Judged, ...], tuple[Unjudged, ...]]:
    """What plain Rally makes of the SLOs of a cell."""
    kpis = {kpi.name: kpi.formula for kpi in criteria.kpis}
    found: list[Judged] = []
    left: list[Unjudged] = []
    for slo in criteria.slos:
        formula = _resolved(kpis[slo.kpi], kpis)
        one = _sla(slo, formula, cell)
        if isinstance(one, Judged) and any((one.workload, one.name) == (other.workload, other.name) for other in found):
            one = Unjudged(slo, f"another SLO is the SLA `{one.name}` of `{one.workload}` already")
        if isinstance(one, Judged):
            found.append(one)
        else:
            left.append(one)
    return tuple(found), tuple(left)


def _resolved(formula: Formula, kpis: dict[str, Formula]) -> Formula:
    """Without the names of other KPIs, where they stand for the whole or for one side."""
    if isinstance(formula, KpiRef):
        return _resolved(kpis[formula.name], kpis)
    if isinstance(formula, Binary):
        left, right = _resolved(formula.left, kpis), _resolved(formula.right, kpis)
        return Binary(formula.operator, left, right, formula.span)
    return formula


def _sla(slo: Slo, formula: Formula, cell: Cell) -> Judged | Unjudged:
    over = _success(formula)
    if over is not None:
        limit = round((1 - slo.limit) * 100, 9)
        return _made(slo, over, cell, "failure_rate", {"max": limit}, at_most=False)
    over = _degradation(formula)
    if over is not None:
        return _made(slo, over, cell, "performance_degradation", {"max_degradation": round(slo.limit * 100, 9)})
    if isinstance(formula, Aggregate) and isinstance(formula.over, Selection) and formula.over.column == "duration":
        if formula.function == "max":
            return _made(slo, formula.over, cell, "max_seconds_per_iteration", slo.limit)
        if formula.function == "mean":
            return _mean(slo, formula.over, cell)
    return Unjudged(slo, "Rally has no such SLA")


def _mean(slo: Slo, over: Selection, cell: Cell) -> Judged | Unjudged:
    """Of iterations, or of one atomic action of a workload."""
    if over.table == "iterations":
        return _made(slo, over, cell, "max_avg_duration", slo.limit)
    named = {one.column: one.value for one in over.filters if one.operator == "=="}
    if over.table == "api" and set(named) == {"op", "workload"} and len(over.filters) == 2:
        of = Selection("iterations", str(named["workload"]), "duration", (), over.window, over.span)
        return _made(slo, of, cell, "max_avg_duration_per_atomic", {str(named["op"]): slo.limit})
    return Unjudged(slo, 'Rally means an action of one workload: api[op == "…", workload == "…"].duration')


def _made(slo: Slo, over: Selection, cell: Cell, name: str, config: Any, *, at_most: bool = True) -> Judged | Unjudged:
    if (slo.operator in _AT_MOST) != at_most:
        return Unjudged(slo, "Rally bounds it on the other side")
    workload = next((one for one in cell.workloads if one.name == over.workload), None)
    if workload is None or workload.driver != "rally":
        return Unjudged(slo, "it is not of one workload of Rally's")
    if name != "failure_rate" and over.filters:
        return Unjudged(slo, "Rally filters no iterations")
    if slo.limit <= 0 and name in ("max_seconds_per_iteration", "max_avg_duration"):
        return Unjudged(slo, "Rally takes no limit of nothing")
    about = "" if _whole(over.window, workload) else "of all iterations, where the spec looks at a window"
    return Judged(slo, workload.name, name, config, about)


def _whole(window: Window | None, workload: Workload) -> bool:
    """Whether a window holds all of the load of a workload."""
    if window is None:
        return True
    loaded = [stage for stage in workload.stages if stage.level_from or stage.level_to]
    return window.kind == "during" and all(window.of == f"{workload.name}.{stage.name}" for stage in loaded)


def _success(formula: Formula) -> Selection | None:
    """The iterations behind a share of successes, `ratio(w[ok])` or `count(w[ok]) / count(w)`."""
    if isinstance(formula, Aggregate) and formula.function == "ratio":
        over = formula.over
        return over if isinstance(over, Selection) and _ok(over.filters) and over.table == "iterations" else None
    if not isinstance(formula, Binary) or formula.operator != "/":
        return None
    hits, rows = formula.left, formula.right
    if not (isinstance(hits, Aggregate) and isinstance(rows, Aggregate) and hits.function == rows.function == "count"):
        return None
    if not isinstance(hits.over, Selection) or not isinstance(rows.over, Selection) or rows.over.filters:
        return None
    same = _place(hits.over) == _place(rows.over)
    return hits.over if same and _ok(hits.over.filters) and hits.over.table == "iterations" else None


def _place(over: Selection) -> tuple[object, ...]:
    window = over.window
    return over.table, over.workload, window and (window.kind, window.of, window.to, window.length)


def _ok(filters: tuple[Filter, ...]) -> bool:
    return len(filters) == 1 and (filters[0].column, filters[0].operator, filters[0].value) == ("ok", "==", True)


def _degradation(formula: Formula) -> Selection | None:
    """The iterations behind `max(w.duration) / min(w.duration) - 1`, Rally's performance degradation."""
    if not isinstance(formula, Binary) or formula.operator != "-" or not isinstance(formula.right, Number):
        return None
    ratio = formula.left
    if formula.right.value != 1 or not isinstance(ratio, Binary) or ratio.operator != "/":
        return None
    high, low = ratio.left, ratio.right
    if not isinstance(high, Aggregate) or not isinstance(low, Aggregate):
        return None
    if (high.function, low.function) != ("max", "min") or (high.over != low.over and not _same(high, low)):
        return None
    over = high.over
    return over if isinstance(over, Selection) and (over.table, over.column) == ("iterations", "duration") else None


def _same(one: Aggregate, other: Aggregate) -> bool:
    left, right = one.over, other.over
    if not isinstance(left, Selection) or not isinstance(right, Selection):
        return False
    return (_place(left), left.column, len(left.filters)) == (_place(right), right.column, len(right.filters))
