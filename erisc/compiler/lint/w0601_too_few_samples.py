"""Confidence that the planned load cannot reach."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from erisc.compiler.codes import Code
from erisc.compiler.plan import Aggregate, Binary, Kpi, Selection, Slo, rows_of

if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0601",
    title="a confidence that the planned load cannot reach",
    explanation=(
        "To bound a share q with confidence c takes at least ln(1 - c) / ln(q) samples: 59 for a p95 at 95 %, 299 for "
        "a p99, 2995 for a p99.9. With fewer the verdict can only be inconclusive."
    ),
    mend="A longer stage, a higher load, or less confidence.",
    example="slo available: success >= 99.9 %",
    mended="slo available: success >= 90 %",
)


def check(trial: Trial, cell: Cell) -> None:
    """Planned arrivals of an open model are too few to bound what an SLO limits."""
    kpis = {kpi.name: kpi for kpi in trial.criteria.kpis}
    for slo in trial.criteria.slos:
        kpi = kpis[slo.kpi]
        selection, quantile = _bounded(kpi, slo)
        if selection is None or not 0 < quantile < 1:
            continue
        planned, needed = _arrivals(selection, cell), samples_needed(quantile, slo.confidence)
        if planned < needed:
            note = (
                f"{needed} samples bound a share of {quantile * 100:g} % with a confidence of "
                f"{slo.confidence * 100:g} %; {planned:.0f} are planned"
            )
            labels = [(kpi.span, "measured here")]
            help_ = "a longer stage, a higher load, or less confidence; as it is the verdict will be inconclusive"
            summary = f"SLO `{slo.name}` cannot reach its confidence"
            trial.findings.add("W0601", summary, slo.span, note=note, labels=labels, help=help_)


def _bounded(kpi: Kpi, slo: Slo) -> tuple[Selection | None, float]:
    """The rows behind a percentile or a share of good rows, and the quantile that must be bounded."""
    formula = kpi.formula
    above = slo.operator in (">", ">=")
    if isinstance(formula, Aggregate) and (match := re.fullmatch(r"p(\d+)(?:_(\d+))?", formula.function)):
        quantile = float(f"{match[1]}.{match[2] or 0}") / 100
        return rows_of(formula), 1 - quantile if above else quantile
    if (
        isinstance(formula, Binary)
        and formula.operator == "/"
        and isinstance(formula.left, Aggregate)
        and isinstance(formula.right, Aggregate)
        and formula.left.function == formula.right.function == "count"
        and rows_of(formula.left).filters
    ):
        return rows_of(formula.right), slo.limit if above else 1 - slo.limit
    return None, 0.0


def _arrivals(selection: Selection, cell: Cell) -> float:
    """Planned rows in a stage of an open model, an operation once an iteration; inf when that is not known."""
    if selection.window is None or (selection.table == "api" and all(f.column != "op" for f in selection.filters)):
        return math.inf
    workload, _, name = selection.window.of.partition(".")
    for candidate in cell.workloads:
        for one in candidate.stages if candidate.name == workload and candidate.model == "open" else ():
            if one.name == name:
                return (one.level_from + one.level_to) / 2 * (one.duration or math.inf)
    return math.inf


def samples_needed(quantile: float, confidence: float) -> int:
    """The fewest samples whose extreme bounds a quantile with the confidence: ln(1 - c) / ln(q), 59 for a p95 at 95 %.

    Source: distribution-free tolerance limits (Wilks 1941).
    """
    return math.ceil(math.log(1 - confidence) / math.log(quantile) - 1e-9)
