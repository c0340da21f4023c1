"""Which formulas are a share of rows."""

from __future__ import annotations

from erisc.compiler.plan import Aggregate, Binary, Filter, Formula, Selection


def share(formula: Formula) -> Selection | None:
    """The whole whose share a formula is: `ratio(…)`, `mean` of a truth, `count(some of these) / count(these)`."""
    if isinstance(formula, Aggregate) and isinstance(formula.over, Selection):
        of_truths = formula.function == "mean" and formula.over.column == "ok"
        return formula.over if formula.function == "ratio" or of_truths else None
    if not isinstance(formula, Binary) or formula.operator != "/":
        return None
    part, rows = _counted(formula.left), _counted(formula.right)
    return rows if part is not None and rows is not None and _within(part, rows) else None


def _counted(formula: Formula) -> Selection | None:
    if not isinstance(formula, Aggregate) or formula.function != "count":
        return None
    return formula.over if isinstance(formula.over, Selection) else None


def _within(part: Selection, whole: Selection) -> bool:
    """The same rows but for more filters."""
    if _rows(part) != _rows(whole) or not part.filters:
        return False
    return {_bare(one) for one in whole.filters} <= {_bare(one) for one in part.filters}


def _rows(selection: Selection) -> tuple[object, ...]:
    window = selection.window
    return selection.table, selection.workload, window and (window.kind, window.of, window.to, window.length)


def _bare(one: Filter) -> tuple[object, ...]:
    return one.column, one.operator, one.value
