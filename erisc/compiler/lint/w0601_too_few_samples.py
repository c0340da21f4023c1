"""Confidence that the planned load cannot reach."""

from __future__ import annotations

import math

from erisc.compiler.codes import Code
from erisc.compiler.functions import quantile
from erisc.compiler.lint.planned import rows, stretches
from erisc.compiler.lint.repeats import repeats
from erisc.compiler.lint.shares import share
from erisc.compiler.plan import Aggregate, Formula, Selection, Slo, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0601",
    title="a confidence that the planned load cannot reach",
    explanation=(
        "To bound a quantile q with confidence c takes at least ln(1 - c) / ln(q) samples: 59 for a p95 at 95 %, 299 "
        "for a p99, 2995 for a p99.9. To bound a share s, even one without a single failure, takes at least "
        "z² s / (1 - s): 2703 for 99.9 % at 95 %; a share of 100 % cannot be bounded by any number. With fewer the "
        "verdict can only be inconclusive."
    ),
    mend="A longer stage, a higher load, repeats that are judged together (`over 5 runs`), or less confidence.",
    example="slo available: success >= 99.9 %",
    mended="slo available: success >= 90 %",
)


def check(trial: Trial, cell: Cell) -> None:
    """Planned samples are too few to bound what an SLO limits."""
    kpis = {kpi.name: kpi for kpi in trial.criteria.kpis}
    for slo in trial.criteria.slos:
        kpi = kpis[slo.kpi]
        planned, needed = _planned(kpi.formula, slo, cell)
        if planned is None:
            continue
        planned *= repeats(trial) if slo.runs else 1
        if planned < needed:
            note = f"{needed:.0f} samples are needed at least, {planned:.0f} are planned"
            help_ = "a longer stage, a higher load, or less confidence; as it is the verdict will be inconclusive"
            if math.isinf(needed):
                note, help_ = "no number of samples shows that a share is exact", "leave some room: 99.9 %"
            labels = [(kpi.span, "measured here")]
            summary = f"SLO `{slo.name}` cannot reach its confidence"
            trial.findings.add("W0601", summary, slo.span, note=note, labels=labels, help=help_)


def _planned(formula: Formula, slo: Slo, cell: Cell) -> tuple[float | None, float]:
    """The most samples that the plan brings, None when that is not known; and how many a pass takes."""
    if isinstance(formula, Aggregate) and formula.function == "availability":
        limit = slo.limit if slo.operator in (">", ">=") else 1 - slo.limit
        return _slots(formula, cell), share_needs(limit, slo.confidence)
    selection, needed = needs(formula, slo)
    return rows(selection, cell) if selection is not None and needed else None, needed


def needs(formula: Formula, slo: Slo) -> tuple[Selection | None, float]:
    """The rows behind a quantile or a share, and how many a pass takes; 0 when that is not known."""
    above = slo.operator in (">", ">=")
    whole = share(formula)
    if whole is not None:
        return whole, share_needs(slo.limit if above else 1 - slo.limit, slo.confidence)
    if not isinstance(formula, Aggregate) or not isinstance(formula.over, Selection):
        return None, 0
    try:
        below = quantile(formula.function)
    except ValueError:
        return None, 0
    return formula.over, samples_needed(1 - below if above else below, slo.confidence)


def _slots(formula: Aggregate, cell: Cell) -> float | None:
    """The most slots of time that an availability can look at."""
    found = stretches(rows_of(formula).window, cell)
    if found is None or any(math.isinf(end) for _, end in found):
        return None
    resolution = float(dict(formula.options)["resolution"])
    return float(sum(math.ceil((end - begin) / resolution) for begin, end in found))


def samples_needed(quantile: float, confidence: float) -> int:
    """The fewest samples whose extreme bounds a quantile with the confidence: ln(1 - c) / ln(q), 59 for a p95 at 95 %.

    Source: distribution-free tolerance limits (Wilks 1941).
    """
    return math.ceil(math.log(1 - confidence) / math.log(quantile) - 1e-9)


def share_needs(limit: float, confidence: float) -> float:
    """The fewest samples, all of them good, that bound a share from below: Wilson's score of n of n is n / (n + z²).

    Infinite for a share of 1, 0 for one that needs no samples. Source: Wilson 1927.
    """
    if limit <= 0:
        return 0.0
    return math.inf if limit >= 1 else math.ceil(normal_quantile(confidence) ** 2 * limit / (1 - limit) - 1e-9)


def normal_quantile(confidence: float) -> float:
    """z with P(Z <= z) = confidence, for 0.5 and more, to 1e-9: bisection of the error function."""
    low, high = 0.0, 40.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2)) / 2 > 1 - confidence else (low, middle)
    return low
