"""Faults that nothing looks at."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code
from erisc.compiler.lasting import lasts
from erisc.compiler.lint.planned import stretches
from erisc.compiler.parts import selections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.planned import Stretch
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Fault

RULE = Code(
    code="W0208",
    title="a fault that no checked KPI looks at",
    explanation=(
        "The fault strikes outside of every window of the KPIs that the experiment checks, so the verdict is the same "
        "whatever it does."
    ),
    mend="Check a KPI whose window holds the fault (`during`, `after` or `before` it), or move the fault.",
    example="""\
workload boot on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
  hold 2 req/s for 30 s as late
}
faults storm on site {
  fault crash: at 70 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
    mended="""\
faults storm on site {
  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Planned faults at fixed times, while there is something checked and its windows are known."""
    read = [selection for kpi in trial.criteria.kpis for selection in selections(kpi.formula)]
    if not read:
        return
    named = {name for one in read if one.window for name in (one.window.of, one.window.to)}
    seen: list[Stretch] = []
    for selection in read:
        found = stretches(selection.window, cell)
        if found is None:
            return
        seen += found
    for declared in trial.uses.faults:
        for item in declared.node.items:
            own = [fault for fault in cell.faults if fault.name == item.name.text]
            if item.name.text in named or not own or isinstance(item.trigger, ast.Random):
                continue
            if not any(_meets(fault, seen) for fault in own):
                summary = f"no checked KPI looks at fault `{item.name.text}`"
                span = declared.source.span(item.name)
                trial.findings.add("W0208", summary, span, help="check a KPI whose window holds it")


def _meets(fault: Fault, seen: list[Stretch]) -> bool:
    over = fault.at + lasts(fault.steps, ())
    return any(begin <= over and fault.at <= end for begin, end in seen)
