"""What the KPI program cannot express, found before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.functions import find
from erisc.compiler.plan import (
    Aggregate,
    Binary,
    Criteria,
    Filter,
    Formula,
    Kpi,
    KpiRef,
    Metric,
    Plan,
    Recover,
    Rolling,
    Selection,
    Unary,
    rows_of,
)
from erisc.targets.kpi import sql
from erisc.targets.kpi.scans import source
from erisc.targets.names import closest

DEEPEST = 250
"""Levels of a formula; the verdict reads no deeper."""
ROWS_ALONE = ("count", "rate", "ratio", "availability", "downtime", "recovery", "downtime_rally_runners",
              "mttr_rally_runners")  # fmt: skip
"""Functions of rows, not of a column."""
SERIES = ("mean", "mttr")
"""Functions of a rate."""


@record
class _Known:
    """What formulas may refer to."""

    metrics: dict[str, Metric]
    workloads: frozenset[str]
    faults: frozenset[str]


def check(plan: Plan) -> tuple[Diagnostic, ...]:
    """Everything in the formulas that has no term."""
    known = _Known(
        {metric.name: metric for metric in plan.metrics},
        frozenset(workload.name for cell in plan.cells for workload in cell.workloads),
        frozenset(
            name
            for cell in plan.cells
            for name in (*(fault.name for fault in cell.faults), *(one.name for one in cell.reactions))
        ),
    )
    found = (one for criteria in plan.criteria for kpi in criteria.kpis for one in _kpi(kpi, criteria, known))
    return tuple(dict.fromkeys(found))


def _kpi(kpi: Kpi, criteria: Criteria, known: _Known) -> Iterator[Diagnostic]:
    if _too_deep(kpi.formula):
        summary = f"the formula of {kpi.name} is nested more than {DEEPEST} deep"
        yield Diagnostic("E0542", summary, kpi.span, help="split it: a KPI may use other KPIs")
        return
    for part in _parts(kpi.formula):
        if isinstance(part, Aggregate):
            yield from _selection(rows_of(part), known)
            yield from _aggregate(part, known)
        elif isinstance(part, Recover):
            yield from _selection(part.series, known)
            yield from _recover(part, known)
    yield from _labels(kpi, criteria, known)


def _too_deep(formula: Formula) -> bool:
    level = [formula]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    return bool(level)


def _inside(formula: Formula) -> tuple[Formula, ...]:
    if isinstance(formula, Unary):
        return (formula.operand,)
    return (formula.left, formula.right) if isinstance(formula, Binary) else ()


def _parts(formula: Formula) -> Iterator[Formula]:
    inside = _inside(formula)
    if not inside:
        yield formula
    for inner in inside:
        yield from _parts(inner)


def _selection(over: Selection, known: _Known) -> Iterator[Diagnostic]:
    table = source(over, known.metrics).table
    if table not in sql.COLUMNS:
        help_text = f"the tables are {', '.join(sql.COLUMNS)}"
        yield Diagnostic("E0541", f"there is no recorded table `{over.table}`", over.span, help=help_text)
        return
    for one in over.filters:
        yield from _filter(one, table)
    if over.column not in ("", "rate") and sql.column(table, over.column) is None:
        yield _no_column(table, over.column, over)


def _filter(one: Filter, table: str) -> Iterator[Diagnostic]:
    if sql.column(table, one.column) is None and sql.label(table, one.column) is None:
        yield _no_column(table, one.column, one)


def _no_column(table: str, name: str, at: Selection | Filter) -> Diagnostic:
    summary = f"the table `{table}` has no column `{name}`"
    return Diagnostic("E0541", summary, at.span, help=closest(name, tuple(sql.COLUMNS[table])))


def _labels(kpi: Kpi, criteria: Criteria, known: _Known) -> Iterator[Diagnostic]:
    """`by` needs the label in every table that the formula reads, also by way of other KPIs."""
    if not kpi.by:
        return
    for over in reads(kpi, criteria):
        table = source(over, known.metrics).table
        for name in kpi.by if table in sql.COLUMNS else ():
            if sql.label(table, name) is None:
                summary = f"the rows of `{table}` cannot be told apart by `{name}`"
                labels = tuple(one for one, kind in sql.COLUMNS[table].items() if kind == sql.TEXT)
                yield Diagnostic("E0544", summary, kpi.span, help=closest(name, labels))


def reads(kpi: Kpi, criteria: Criteria) -> Iterator[Selection]:
    """The selections that a KPI rests on, also by way of the KPIs that it names."""
    for part in _parts(kpi.formula):
        if isinstance(part, Aggregate):
            yield rows_of(part)
        elif isinstance(part, Recover):
            yield part.series
        elif isinstance(part, KpiRef):
            for other in criteria.kpis:
                if other.name == part.name:
                    yield from reads(other, criteria)


def _aggregate(part: Aggregate, known: _Known) -> Iterator[Diagnostic]:
    over = rows_of(part)
    table = source(over, known.metrics).table
    if table not in sql.COLUMNS:
        return
    if find(part.function) is None or part.function == "recover":
        yield Diagnostic("E0542", f"there is no aggregate `{part.function}`", part.span, help="use count, mean, p95, …")
        return
    if isinstance(part.over, Rolling):
        yield from _aggregate(part.over.of, known)
        return
    if part.function in ROWS_ALONE:
        yield from _rows(part, over, known)
    elif over.column == "rate":
        if part.function not in SERIES or table != "iterations":
            summary = f"`{part.function}` of a rate is not defined: a rate is averaged over a window"
            yield Diagnostic("E0542", summary, part.span, help="use mean(…) or recover(…)")
    else:
        yield from _column(part, over, table)
    if part.function in ("mttr", "recovery", "degradation", "downtime_rally_runners", "mttr_rally_runners"):
        yield from _after_fault(part, over, known)


def _rows(part: Aggregate, over: Selection, known: _Known) -> Iterator[Diagnostic]:
    if part.function in ("count", "rate"):
        return
    if part.function == "ratio" and not over.filters:
        yield Diagnostic("E0542", "`ratio` needs a filter: what is it the share of?", part.span)
    if part.function != "ratio" and over.table != "iterations":
        yield Diagnostic("E0542", f"`{part.function}` looks at the iterations of a workload", part.span)


def _after_fault(part: Aggregate, over: Selection, known: _Known) -> Iterator[Diagnostic]:
    window = over.window
    if window is None or window.kind not in ("after", "during") or window.of not in known.faults:
        summary = f"`{part.function}` is counted after a fault of the experiment"
        yield Diagnostic("E0543", summary, part.span, help="add `after FAULT for 10 min`")


def _column(part: Aggregate, over: Selection, table: str) -> Iterator[Diagnostic]:
    name = sql.column(table, over.column)
    if over.column == "":
        help_text = f"name one: {over.table}.duration"
        yield Diagnostic("E0542", f"`{part.function}` needs a column", part.span, help=help_text)
    elif name is not None:
        kind = sql.COLUMNS[table][name]
        if kind != sql.NUMBER and not (kind == sql.TRUTH and part.function == "mean"):
            yield Diagnostic("E0542", f"`{part.function}` of the column `{name}` is not a number", part.span)
        elif part.function in ("apdex", "throughput_at", "degradation") and "ok" not in sql.COLUMNS[table]:
            summary = f"`{part.function}` needs to know what failed: `{table}` has no column `ok`"
            yield Diagnostic("E0542", summary, part.span)


def _recover(part: Recover, known: _Known) -> Iterator[Diagnostic]:
    help_text = "write recover(WORKLOAD.rate, within = 5 %) after FAULT for 10 min"
    series, window = part.series, part.series.window
    if series.table != "iterations" or series.column != "rate" or series.workload not in known.workloads:
        yield Diagnostic("E0543", "recovery is that of a workload's rate", part.span, help=help_text)
    if window is None or window.kind != "after" or window.of not in known.faults:
        yield Diagnostic("E0543", "recovery is counted after a fault of the experiment", part.span, help=help_text)
    if not 0 <= part.within < 1:
        yield Diagnostic("E0543", f"a tolerance of {part.within * 100:g} % leaves no rate to come back to", part.span)
