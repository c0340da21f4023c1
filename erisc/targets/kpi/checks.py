"""What the KPI program cannot express, found before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Aggregate, Binary, Formula, Kpi, Plan, Recover, Selection, Unary, rows_of
from erisc.targets.kpi import sql
from erisc.targets.kpi.terms import quantile
from erisc.targets.names import closest

DEEPEST = 250
"""Levels of a formula; the verdict reads no deeper."""
FUNCTIONS = ("sum", "mean", "min", "max")


def check(plan: Plan) -> tuple[Diagnostic, ...]:
    """Everything in the formulas that has no term."""
    return tuple(dict.fromkeys(found for kpi in plan.criteria[0].kpis for found in _kpi(kpi, plan)))


def _kpi(kpi: Kpi, plan: Plan) -> Iterator[Diagnostic]:
    if _too_deep(kpi.formula):
        summary = f"the formula of {kpi.name} is nested more than {DEEPEST} deep"
        yield Diagnostic("E0542", summary, kpi.span, help="split it: a KPI may use other KPIs")
        return
    for part in _parts(kpi.formula):
        if isinstance(part, Aggregate):
            yield from _selection(rows_of(part))
            yield from _aggregate(part)
        elif isinstance(part, Recover):
            yield from _selection(part.series)
            yield from _recover(part, plan)


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
    if isinstance(formula, Unary):
        yield from _parts(formula.operand)
    elif isinstance(formula, Binary):
        yield from _parts(formula.left)
        yield from _parts(formula.right)
    else:
        yield formula


def _selection(over: Selection) -> Iterator[Diagnostic]:
    if over.table not in sql.COLUMNS:
        yield Diagnostic("E0541", f"there is no recorded table `{over.table}`", over.span, help="use api or iterations")
        return
    known = tuple(sql.COLUMNS[over.table])
    for one in over.filters:
        if sql.column(over.table, one.column) is None:
            summary = f"the table `{over.table}` has no column `{one.column}`"
            yield Diagnostic("E0541", summary, one.span, help=closest(one.column, known))
    if over.column not in ("", "rate") and sql.column(over.table, over.column) is None:
        summary = f"the table `{over.table}` has no column `{over.column}`"
        yield Diagnostic("E0541", summary, over.span, help=closest(over.column, known))


def _aggregate(part: Aggregate) -> Iterator[Diagnostic]:
    if part.function == "count" or rows_of(part).table not in sql.COLUMNS:
        return
    if not _known(part.function):
        yield Diagnostic("E0542", f"there is no aggregate `{part.function}`", part.span, help="use count, mean, p95, …")
    elif rows_of(part).column == "rate":
        if part.function != "mean" or rows_of(part).table != "iterations":
            summary = f"`{part.function}` of a rate is not defined: a rate is averaged over a window"
            yield Diagnostic("E0542", summary, part.span, help="use mean(…) or recover(…)")
    else:
        yield from _column(part)


def _column(part: Aggregate) -> Iterator[Diagnostic]:
    name = sql.column(rows_of(part).table, rows_of(part).column)
    if rows_of(part).column == "":
        yield Diagnostic(
            "E0542", f"`{part.function}` needs a column", part.span, help=f"name one: {rows_of(part).table}.duration"
        )
    elif name is not None:
        kind = sql.COLUMNS[rows_of(part).table][name]
        if kind == sql.TEXT or (kind == sql.TRUTH and part.function != "mean"):
            yield Diagnostic("E0542", f"`{part.function}` of the column `{name}` is not a number", part.span)


def _known(function: str) -> bool:
    if function in FUNCTIONS:
        return True
    try:
        return function.startswith("p") and quantile(function) > 0
    except ValueError:
        return False


def _recover(part: Recover, plan: Plan) -> Iterator[Diagnostic]:
    help_text = "write recover(WORKLOAD.rate, within = 5 %) after FAULT for 10 min"
    series, window = part.series, part.series.window
    if series.table != "iterations" or series.column != "rate" or series.workload not in _workloads(plan):
        yield Diagnostic("E0543", "recovery is that of a workload's rate", part.span, help=help_text)
    faults = {fault.name for cell in plan.cells for fault in cell.faults}
    if window is None or window.kind != "after" or window.of not in faults:
        yield Diagnostic("E0543", "recovery is counted after a fault of the experiment", part.span, help=help_text)
    if not 0 <= part.within < 1:
        yield Diagnostic("E0543", f"a tolerance of {part.within * 100:g} % leaves no rate to come back to", part.span)


def _workloads(plan: Plan) -> set[str]:
    return {workload.name for cell in plan.cells for workload in cell.workloads}
