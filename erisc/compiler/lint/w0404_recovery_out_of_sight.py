"""Recoveries that may take longer than the load lasts."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.compiler.lasting import fault_end
from erisc.compiler.lint.loads import level_kept
from erisc.compiler.plan import Recover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Kpi, Slo

RULE = Code(
    code="W0404",
    title="a hold shorter than the recovery it must see",
    explanation=(
        "The SLO allows a recovery that is longer than what can be watched: until the load goes down, the window of "
        "`recover` ends or the fault strikes again. Of a service that takes as long as it may, nobody could tell."
    ),
    mend="A longer stage, an earlier fault, a longer window, or a stricter SLO.",
    example="""\
kpi recovery: duration = max(recover(boot.rate, within = 20 %) after crash for 30 s)
slo heals: recovery <= 50 s
experiment trial {
  use site, boot, storm
  check available, heals
}
""",
    mended="""\
kpi recovery: duration = max(recover(boot.rate, within = 20 %) after crash for 30 s)
slo heals: recovery <= 30 s
experiment trial {
  use site, boot, storm
  check available, heals
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Every SLO on a recovery that allows more than the plan can show."""
    kpis = {kpi.name: kpi for kpi in trial.criteria.kpis}
    for slo in trial.criteria.slos:
        kpi = kpis[slo.kpi]
        if isinstance(kpi.formula, Recover) and slo.operator in ("<", "<="):
            _check(trial, cell, slo, kpi, kpi.formula)


def _check(trial: Trial, cell: Cell, slo: Slo, kpi: Kpi, part: Recover) -> None:
    workload = next((one for one in cell.workloads if one.name == part.series.workload), None)
    window = part.series.window
    if workload is None or window is None:
        return
    struck = [fault for fault in cell.faults if fault.name == window.of]
    for index, fault in enumerate(struck):
        found = level_kept(workload, fault.at)
        if found is None or not found[1]:
            continue
        ends = [found[0]] + [other.at for other in struck[index + 1 : index + 2]]
        ends += [] if window.length is None else [fault_end(fault, ()) + window.length]
        seen = min(ends) - fault.at
        if seen < slo.limit:
            summary = f"SLO `{slo.name}` allows {slo.display}, but only {seen:g} s can be watched after `{fault.name}`"
            labels = [(fault.span, f"strikes at {fault.at:g} s"), (kpi.span, "measured here")]
            help_ = "a longer stage, an earlier fault, or a longer window"
            trial.findings.add("W0404", summary, slo.span, labels=labels, help=help_)
            return
