"""Faults that are still open when the load ends."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.compiler.lasting import fault_end, load_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0406",
    title="a fault that outlasts the load",
    explanation=(
        "The fault is healed early, when the load ends, so it is shorter than the spec says, and nobody sees what "
        "comes after the heal."
    ),
    mend="An earlier or shorter fault, or a longer load.",
    example="""\
faults storm on site {
  fault crash: at 50 s do kill(rabbitmq on one(controller)) for 20 s
}
""",
    mended="""\
faults storm on site {
  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 20 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """The first instant of every fault that would be healed after the load."""
    end = load_end(cell.workloads)
    said = set()
    for fault in cell.faults:
        over = fault_end(fault, ())
        if fault.name not in said and fault.at < end < over:
            said.add(fault.name)
            note = f"it would last from {fault.at:g} s to {over:g} s, the load ends at {end:g} s"
            summary = f"fault `{fault.name}` is still open when the load ends"
            trial.findings.add("W0406", summary, fault.span, note=note, help="strike earlier, or for less")
