"""A sweep point: its repeats taken together, and the rules that are judged over several runs."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.base.record import record, replace
from erisc.verdict import judge
from erisc.verdict.formulas import Formulas
from erisc.verdict.model import (
    BROKEN,
    FAIL,
    INCONCLUSIVE,
    PASS,
    CellVerdict,
    Decided,
    KpiResult,
    PointVerdict,
    SloResult,
)
from erisc.verdict.program import Kpi, Slo
from erisc.verdict.sequences import NAMES, WALD, Look, look
from erisc.verdict.statistics.estimate import Estimate

LOOKS = 0.8
"""The share of an SLO's error that goes to the looks of a run that may stop early; the rest is for the judgement of all
its runs when it did not, so that both together err no more than the SLO allows.
"""


@record
class Repeats:
    """How a point's repeats were made. looked: with `--stop-early`; skipped: ids of cells that were not needed."""

    looked: bool = False
    skipped: tuple[str, ...] = ()


def point(cells: Sequence[CellVerdict], formulas: Formulas, doubts: judge.Doubts, plan: Repeats) -> PointVerdict:
    """The verdict on a sweep point. cells: its repeats; formulas: on all of them; doubts: those of any of them."""
    criteria = formulas.criteria
    alone = len(cells) == 1
    shown = cells[0].kpis if alone else tuple(judge.show(kpi, formulas) for kpi in criteria.kpis)
    slos = tuple(_slo(slo, cells, formulas, doubts, plan) for slo in criteria.slos)
    broken = any(cell.outcome == BROKEN for cell in cells)
    outcome = BROKEN if broken else judge.overall(slo.outcome for slo in slos)
    return PointVerdict(cells[0].point, tuple(cell.id for cell in cells), outcome, shown, slos, plan.skipped)


def _slo(slo: Slo, cells: Sequence[CellVerdict], formulas: Formulas, doubts: judge.Doubts, plan: Repeats) -> SloResult:
    if slo.runs is not None:
        return _over_runs(slo, slo.runs, cells, formulas, doubts, plan)
    own = [found for cell in cells for found in cell.slos if found.name == slo.name]
    return own[0] if len(own) == 1 else _every_run(slo, own, cells, formulas)


def _every_run(slo: Slo, own: Sequence[SloResult], cells: Sequence[CellVerdict], formulas: Formulas) -> SloResult:
    """Every repeat is judged on its own: one that fails fails the point; the value is that of all repeats."""
    kpi = formulas.criteria.kpi(slo.kpi)
    outcome = judge.overall(found.outcome for found in own)
    told = [f"repeat {cell.repeat}: {found.reason}" for cell, found in zip(cells, own, strict=True)
            if found.outcome == outcome]  # fmt: skip
    reason = f"{len(told)} of {len(own)} repeats {_WORDS[outcome]}; {told[0]}"
    pooled = judge.judge(slo, kpi, formulas, {})
    return replace(pooled, outcome=outcome, reason=reason)


_WORDS = {PASS: "pass", FAIL: "fail", INCONCLUSIVE: "are inconclusive"}


def _over_runs(
    slo: Slo, due: int, cells: Sequence[CellVerdict], formulas: Formulas, doubts: judge.Doubts, plan: Repeats
) -> SloResult:
    """The pooled estimate is judged when all runs that are due are there; before that, what is decided already. A run
    that was stopped early is judged by what stopped it: the moment was chosen by what was seen.
    """
    kpi = formulas.criteria.kpi(slo.kpi)
    runs = len(cells)
    if runs < due or plan.skipped:
        return judge.doubted(_early(slo, kpi, cells, formulas, plan), doubts)
    strict = replace(slo, confidence=1 - (1 - slo.confidence) * (1 - LOOKS)) if plan.looked else slo
    found = judge.judge(strict, kpi, formulas, {})
    if found.outcome == INCONCLUSIVE and not kpi.by:
        needs = judge.runs_needed(strict, formulas.kpi(slo.kpi, 1 - strict.confidence), runs)
        more = f"; about {needs} runs would tell, {runs} were made" if needs is not None else ""
        found = replace(found, reason=f"{found.reason}{more}")
    return judge.doubted(found, doubts)


def _early(slo: Slo, kpi: Kpi, cells: Sequence[CellVerdict], formulas: Formulas, plan: Repeats) -> SloResult:
    """By the looks after every run, which cost it no error."""
    planned = max(slo.runs or 0, len(cells) + len(plan.skipped))
    found = look_at(slo, kpi, cells, planned, looked=plan.looked)
    pooled = judge.judge(slo, kpi, formulas, {})
    if found.outcome == INCONCLUSIVE:
        return replace(pooled, outcome=INCONCLUSIVE, reason=_undecided(len(cells), planned, found, plan))
    value = pooled.value if found.way == WALD else found.value
    over = Estimate(value, found.low, found.high, pooled.n, NAMES[found.way], seen=found.way != WALD)
    reason = f"decided after {found.after} of {planned} runs: {found.said}"
    return replace(
        judge.result(slo, kpi, judge.Ruling(found.outcome, reason, over)),
        confidence=1 - _error(slo, plan.looked),
        decided=Decided(found.after, planned, NAMES[found.way]),
    )


def _undecided(runs: int, planned: int, found: Look, plan: Repeats) -> str:
    made = f"{runs} {'was' if runs == 1 else 'were'} made"
    if plan.skipped:
        return f"{planned} runs were planned, {made}, which do not decide it by {found.said}"
    return f"{planned} runs are due, {made}: {planned - runs} more are needed"


def look_at(slo: Slo, kpi: Kpi, cells: Sequence[CellVerdict], planned: int, *, looked: bool) -> Look:
    """What the repeats so far, in their order, say of an SLO over several runs.

    planned: how many there are to be; looked: whether the run asked after every one, with the wish to stop.
    """
    return look(slo, kpi, [_kpi(cell, slo.kpi) for cell in cells], planned, _error(slo, looked))


def _error(slo: Slo, looked: bool) -> float:
    return (1 - slo.confidence) * (LOOKS if looked else 1.0)


def _kpi(cell: CellVerdict, name: str) -> KpiResult:
    return next(kpi for kpi in cell.kpis if kpi.name == name)
