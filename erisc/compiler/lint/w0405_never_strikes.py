"""Planned faults without an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erisc.compiler import ast
from erisc.compiler.codes import Code

if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0405",
    title="a fault that never strikes",
    explanation=(
        "The period is longer than the time there is, or chance left the random fault out: with this seed it has no "
        "instant in a cell. What waits for it, or is measured around it, has nothing to go by."
    ),
    mend="A shorter period, a higher rate, more time, or `uniform(n)`, which has n instants for certain.",
    example="""\
faults storm on site {
  fault crash: every 2 min do kill(rabbitmq on one(controller)) for 5 s
}
""",
    mended="""\
faults storm on site {
  fault crash: every 20 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Every periodic or random fault that has no instant in the cell."""
    strikes = {fault.name for fault in cell.faults}
    for declared in trial.uses.faults:
        for item in declared.node.items:
            if item.name.text in strikes or not isinstance(item.trigger, ast.Every | ast.Random):
                continue
            drawn = isinstance(item.trigger, ast.Random)
            note = "chance gave it no instant" if drawn else "its first instant would be too late"
            note += f" in cell {cell.id}"
            help_ = "a higher rate, a longer time, or `uniform(n)`" if drawn else "a shorter period, or `from`"
            span = declared.source.span(item.trigger)
            trial.findings.add("W0405", f"fault `{item.name.text}` never strikes", span, note=note, help=help_)
