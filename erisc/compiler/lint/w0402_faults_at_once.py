"""Two faults that hold the same service at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erisc.compiler.codes import Code

if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Fault

RULE = Code(
    code="W0402",
    title="two faults on the same service at once",
    explanation=(
        "Both hold the service on the same node set. When the first is healed, the second may be healed with it, and "
        "the recorded windows no longer say what was broken."
    ),
    mend="Move them apart in time.",
    example="""\
faults storm on site {
  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s
  fault again: at 22 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
    mended="""\
faults storm on site {
  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s
  fault again: at 32 s do kill(rabbitmq on one(controller)) for 5 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """The first heal may end both."""
    held: dict[tuple[str, str], Fault] = {}
    for fault in cell.faults:
        effect = fault.steps[0][0]
        where = effect.target.service, effect.target.nodes
        other = held.get(where)
        length = (other.steps[0][0].duration or 0.0) if other else 0.0
        if other is not None and fault.name != other.name and fault.at < other.at + length:
            note = f"`{other.name}` holds it from {other.at:g} s for {length:g} s, this comes at {fault.at:g} s"
            summary = f"faults `{other.name}` and `{fault.name}` hold `{where[0]}` at the same time"
            labels = [(other.span, "the other")]
            trial.findings.add("W0402", summary, fault.span, note=note, labels=labels, help="move them apart")
        if other is None or fault.at + (effect.duration or 0.0) > other.at + length:
            held[where] = fault
