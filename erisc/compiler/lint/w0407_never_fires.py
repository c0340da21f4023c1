"""Reactions whose event cannot come."""

from __future__ import annotations

import math

from erisc.compiler.codes import Code
from erisc.compiler.lasting import arrivals
from erisc.compiler.plan import AtIteration, When

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Reaction, Workload

RULE = Code(
    code="W0407",
    title="a fault that waits in vain",
    explanation=(
        "The iteration's number is beyond those that the workload plans, the share that is waited for cannot be "
        "exceeded, or the fault waits for another that never strikes."
    ),
    mend="A smaller number, a lower limit, or another event.",
    example="""\
faults storm on site {
  fault crash: at iteration 500 of boot do kill(rabbitmq on one(controller)) for 5 s
}
""",
    mended="""\
faults storm on site {
  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Every reaction whose trigger the plan excludes."""
    alive = {fault.name for fault in cell.faults}
    waiting = []
    for reaction in cell.reactions:
        why = _excluded(reaction, cell)
        if why:
            trial.findings.add("W0407", f"fault `{reaction.name}` waits in vain", reaction.span, note=why)
        elif _awaited(reaction):
            waiting.append(reaction)
        else:
            alive.add(reaction.name)
    while woken := [reaction for reaction in waiting if _awaited(reaction) in alive]:
        alive |= {reaction.name for reaction in woken}
        waiting = [reaction for reaction in waiting if reaction.name not in alive]
    for reaction in waiting:
        note = f"`{_awaited(reaction)}` never strikes"
        trial.findings.add("W0407", f"fault `{reaction.name}` waits in vain", reaction.span, note=note)


def _awaited(reaction: Reaction) -> str:
    """The fault that must strike first, "" when there is none."""
    trigger = reaction.trigger
    return str(dict(trigger.arguments.items).get("fault", "")) if isinstance(trigger, When) else ""


def _excluded(reaction: Reaction, cell: Cell) -> str:
    """Why the plan excludes the event; "" when it does not."""
    trigger = reaction.trigger
    if isinstance(trigger, AtIteration):
        planned = next((_iterations(one) for one in cell.workloads if one.name == trigger.workload), math.nan)
        if planned < trigger.iteration:
            return f"`{trigger.workload}` begins {planned:.0f} iterations"
    elif trigger.event == "error_rate" and trigger.limit is not None:
        low, high = trigger.operator.startswith("<"), trigger.limit >= 1
        beyond = trigger.limit > 1 if trigger.operator == ">=" else high
        if (not low and beyond) or (low and trigger.limit <= 0 and trigger.operator == "<"):
            return "a share lies between 0 and 100 %"
    return ""


def _iterations(workload: Workload) -> float:
    """How many begin at most; nan when only the run can tell."""
    if workload.model != "open" and any(stage.iterations is None for stage in workload.stages):
        return math.nan
    planned = sum(arrivals(stage) for stage in workload.stages)
    if workload.arrivals == "poisson":  # so many or fewer in all runs but one of a hundred million
        planned += 6 * math.sqrt(planned) + 6
    return math.ceil(planned - 1e-9)
