"""Planned faults that may have no instant."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code
from erisc.compiler.lasting import load_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell
    from erisc.compiler.program import Declared

RULE = Code(
    code="W0405",
    title="a fault that may never strike",
    explanation=(
        "The period is longer than the time there is, or a random fault has less than one instant on average, or none "
        "in the only cell there is. What waits for it, or is measured around it, has nothing to go by."
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
    """Every periodic or random fault that has no instant, or can be expected to have less than one."""
    strikes = {fault.name for fault in cell.faults}
    for declared in trial.uses.faults:
        for item in declared.node.items:
            struck = item.name.text in strikes
            if isinstance(item.trigger, ast.Every) and not struck:
                _say(trial, declared, item, "its first instant would be too late", "a shorter period, or `from`")
            elif isinstance(item.trigger, ast.Random):
                expected = _expected(trial, declared, item.trigger, cell)
                note = f"{expected:.2g} instants are expected in a cell"
                if expected < 1 or (not struck and not _has_several_cells(trial)):
                    note += "" if struck else f", in cell {cell.id} it has none"
                    _say(trial, declared, item, note, "a higher rate, a longer time, or `uniform(n)`")


def _say(trial: Trial, declared: Declared, item: ast.Fault, note: str, help_: str) -> None:
    span = declared.source.span(item.trigger)
    trial.findings.add("W0405", f"fault `{item.name.text}` may never strike", span, note=note, help=help_)


def _has_several_cells(trial: Trial) -> bool:
    items = trial.declared.node.items
    return any(isinstance(item, ast.SweepList | ast.SweepRange | ast.Repeat) for item in items)


def _expected(trial: Trial, declared: Declared, trigger: ast.Random, cell: Cell) -> float:
    """How many instants a cell has on average, what is left out not counted; with the parameters as declared."""
    constants = trial.context.constants(declared.source)

    def number(node: ast.Node | None, default: float) -> float:
        value = None if node is None else constants.value(node.value if isinstance(node, ast.Named) else node)
        return default if value is None else float(value.data)

    time = number(trigger.until, load_end(cell.workloads)) - number(trigger.begin, 0.0)
    parameter = number(trigger.process.arguments[0], 1.0)
    kind = trigger.process.function.word.text
    return {"poisson": time * parameter, "exponential": time / parameter}.get(kind, parameter)
