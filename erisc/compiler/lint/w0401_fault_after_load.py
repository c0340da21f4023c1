"""Faults that come when the load is over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from erisc.compiler.codes import Code

if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Workload

RULE = Code(
    code="W0401",
    title="a fault after the end of the load",
    explanation="The fault comes when no load is left to feel it.",
    mend="An earlier fault, or a longer load.",
    example="""\
faults storm on site {
  fault crash: at 2 min do kill(rabbitmq on one(controller)) for 5 s
}
""",
    mended="""\
faults storm on site {
  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Every fault whose last instant, or whose only chance, is past the end of the load."""
    end = max((_end(workload) for workload in cell.workloads), default=math.inf)
    last = {fault.name: fault.at for fault in cell.faults}
    foretold = {reaction.name for reaction in cell.reactions}
    for declared in trial.uses.faults:
        for item in declared.node.items:
            name = item.name.text
            if name not in foretold and last.get(name, math.inf) > end:
                summary = f"fault `{name}` comes after the end of the load"
                came = f", the fault comes at {last[name]:g} s" if name in last else ""
                note = f"the load ends at {end:g} s{came}"
                trial.findings.add("W0401", summary, declared.source.span(item.trigger), note=note)


def _end(workload: Workload) -> float:
    """When the load of a workload ends, s from t = 0; inf when only the run can tell."""
    last = workload.stages[-1]
    return math.inf if last.start is None or last.duration is None else last.start + last.duration
