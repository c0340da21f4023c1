"""Faults that come when there is no load."""

from __future__ import annotations

import math

from erisc.compiler.codes import Code
from erisc.compiler.lasting import load_end
from erisc.compiler.lint.loads import loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Fault

RULE = Code(
    code="W0401",
    title="a fault without load",
    explanation="The fault comes when no load is there to feel it: after the last stage, or while all are at zero.",
    mend="Another time for the fault, or a longer load.",
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
    """The first instant of every fault that strikes nothing."""
    found, end = loaded(cell), load_end(cell.workloads)
    index, reached = 0, -math.inf
    wrong: dict[str, Fault] = {}
    for fault in cell.faults:  # in order, so one walk over both
        while index < len(found) and found[index][0] <= fault.at:
            reached = max(reached, found[index][1])
            index += 1
        if fault.at >= reached:
            wrong.setdefault(fault.name, fault)
    for name, fault in wrong.items():
        when = "after the end of the load" if fault.at >= end else "when there is no load"
        note = f"the load ends at {end:g} s, the fault comes at {fault.at:g} s"
        if fault.at < end:
            note = f"the fault comes at {fault.at:g} s, where every workload is at zero"
        trial.findings.add("W0401", f"fault `{name}` comes {when}", fault.span, note=note)
