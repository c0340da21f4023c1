"""Windows in which nothing can be seen."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.compiler.lint.planned import rows, stretches
from erisc.compiler.parts import leaves
from erisc.compiler.plan import Aggregate, Formula, Recover, Selection, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0605",
    title="a window in which nothing is planned",
    explanation=(
        "The window lies outside of the load, or no iteration of the workload is planned in it: the KPI will have no "
        "samples, and its SLOs will be inconclusive."
    ),
    mend="Another window, a longer load, or an earlier fault.",
    example="kpi success: ratio = count(boot[ok] before boot.steady) / count(boot before boot.steady)",
    mended="kpi success: ratio = count(boot[ok] before crash) / count(boot before crash)",
)


def check(trial: Trial, cell: Cell) -> None:
    """Never open while there is load, or without an arrival."""
    for kpi in trial.criteria.kpis:
        for selection in _read(kpi.formula):
            window = selection.window
            if window is None:
                continue
            found, planned = stretches(window, cell), rows(selection, cell)
            if found is None or (found and (planned is None or planned > 0)):
                continue
            where = f"`{window.kind} {window.of}" + (f" and {window.to}`" if window.to else "`")
            what = f"nothing of `{selection.workload}` is planned {where}" if found else f"there is no load {where}"
            labels = [(kpi.span, "so this has no samples")]
            trial.findings.add("W0605", what, window.span, labels=labels)


def _read(formula: Formula) -> Iterator[Selection]:
    for part in leaves(formula):
        if isinstance(part, Aggregate):
            yield rows_of(part)
        elif isinstance(part, Recover):
            yield part.series
