"""A sweep point: its repeats taken together, and the rules that are judged over several runs."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.base.record import replace
from erisc.verdict import judge
from erisc.verdict.formulas import Formulas
from erisc.verdict.model import (
    BROKEN,
    FAIL,
    INCONCLUSIVE,
    PASS,
    CellVerdict,
    KpiResult,
    PointVerdict,
    SloResult,
)
from erisc.verdict.program import Slo
from erisc.verdict.statistics.sequential import CONTINUE, Decision, Rule, decide

BAD = 0.3
"""The share of runs that may not miss a rule."""


def point(cells: Sequence[CellVerdict], formulas: Formulas, doubts: judge.Doubts) -> PointVerdict:
    """The verdict on a sweep point. cells: its repeats; formulas: on all of them; doubts: those of any of them."""
    criteria = formulas.criteria
    alone = len(cells) == 1
    shown = cells[0].kpis if alone else tuple(judge.show(kpi, formulas) for kpi in criteria.kpis)
    slos = tuple(_slo(slo, cells, formulas, doubts) for slo in criteria.slos)
    broken = any(cell.outcome == BROKEN for cell in cells)
    outcome = BROKEN if broken else judge.overall(slo.outcome for slo in slos)
    return PointVerdict(cells[0].point, tuple(cell.id for cell in cells), outcome, shown, slos)


def _slo(slo: Slo, cells: Sequence[CellVerdict], formulas: Formulas, doubts: judge.Doubts) -> SloResult:
    if slo.runs is not None:
        return _over_runs(slo, slo.runs, cells, formulas, doubts)
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


def _over_runs(slo: Slo, due: int, cells: Sequence[CellVerdict], formulas: Formulas, doubts: judge.Doubts) -> SloResult:
    """The pooled estimate is judged when all runs that are due are there; before that, what is decided already."""
    kpi = formulas.criteria.kpi(slo.kpi)
    found = judge.judge(slo, kpi, formulas, {})
    runs = len(cells)
    if runs < due:
        return judge.doubted(_early(slo, due, cells, found), doubts)
    if found.outcome == INCONCLUSIVE and not kpi.by:
        needs = judge.runs_needed(slo, formulas.kpi(slo.kpi, 1 - slo.confidence), runs)
        more = f"; about {needs} runs would tell, {runs} were made" if needs is not None else ""
        found = replace(found, reason=f"{found.reason}{more}")
    return judge.doubted(found, doubts)


def _early(slo: Slo, due: int, cells: Sequence[CellVerdict], found: SloResult) -> SloResult:
    """Fewer runs than are due: Wald's test over the runs may have decided; a look after every run costs it no error."""
    runs = len(cells)
    decision = sequential(slo, [_kpi(cell, slo.kpi) for cell in cells])
    if decision.outcome == CONTINUE:
        reason = f"{due} runs are due, {runs} {'was' if runs == 1 else 'were'} made: {due - runs} more are needed"
        return replace(found, outcome=INCONCLUSIVE, reason=reason)
    outcome = PASS if decision.outcome == "pass" else FAIL
    said = f"decided after {decision.after} of {due} runs: no more than {BAD * 100:g} % of runs may miss it"
    return replace(found, outcome=outcome, reason=said)


def _kpi(cell: CellVerdict, name: str) -> KpiResult:
    return next(kpi for kpi in cell.kpis if kpi.name == name)


def sequential(slo: Slo, runs: Sequence[KpiResult]) -> Decision:
    """Whether the runs so far decide an SLO over several runs, so that the rest need not be made.

    Wald's sequential test on which runs met the rule, with the SLO's confidence against both errors.
    """
    error = 1 - slo.confidence
    rule = Rule(bad=BAD, false_fail=error, false_pass=error)
    values = [one.value for kpi in runs for one in (kpi.by or (kpi,))]
    if any(value is None for value in values):
        return decide([], rule)
    met = [all(judge.passes(slo, [one.value for one in (kpi.by or (kpi,))])) for kpi in runs]
    return decide(met, rule)
