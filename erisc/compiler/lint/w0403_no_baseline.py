"""Recovery after a fault that strikes while the load moves."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.compiler.lint.loads import is_known, level_kept
from erisc.compiler.parts import leaves
from erisc.compiler.plan import Recover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Kpi

RULE = Code(
    code="W0403",
    title="a recovery without a baseline",
    explanation=(
        "`recover` compares with the steady rate before the fault. A fault that strikes during a ramp, or when the "
        "workload is over or at zero, has none: the verdict is inconclusive."
    ),
    mend="Strike during a `hold`, some time after it begins.",
    example="""\
workload boot on site {
  run rally("Dummy.dummy")
  ramp 0 req/s -> 2 req/s over 30 s
  hold 2 req/s for load as steady
}
kpi recovery: duration = max(recover(boot.rate, within = 20 %) after crash for 30 s)
slo heals: recovery <= 20 s
experiment trial {
  use site, boot, storm
  check available, heals
}
""",
    mended="""\
workload boot on site {
  run rally("Dummy.dummy")
  ramp 0 req/s -> 2 req/s over 10 s
  hold 2 req/s for load as steady
}
kpi recovery: duration = max(recover(boot.rate, within = 20 %) after crash for 30 s)
slo heals: recovery <= 20 s
experiment trial {
  use site, boot, storm
  check available, heals
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Every fault whose recovery is asked for, and that strikes outside of a held level."""
    for kpi in trial.criteria.kpis:
        for part in leaves(kpi.formula):
            if isinstance(part, Recover):
                _check(trial, cell, kpi, part)


def _check(trial: Trial, cell: Cell, kpi: Kpi, part: Recover) -> None:
    workload = next((one for one in cell.workloads if one.name == part.series.workload), None)
    if workload is None or part.series.window is None:
        return
    for fault in cell.faults:
        if fault.name != part.series.window.of:
            continue
        found = level_kept(workload, fault.at)
        if found is None and not is_known(workload):
            continue
        if found is None or not found[1]:
            state = "is over or has not begun" if found is None else "goes up or down"
            summary = f"`{workload.name}` has no steady rate to come back to after `{fault.name}`"
            note = f"the fault comes at {fault.at:g} s, when the load {state}"
            labels = [(kpi.span, "asked for here")]
            trial.findings.add("W0403", summary, fault.span, note=note, labels=labels, help="strike during a `hold`")
            return
