"""Two faults that hold the same target at the same time."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler.codes import Code
from erisc.compiler.lasting import effects_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell, Effect, Fault

RULE = Code(
    code="W0402",
    title="two faults on the same target at once",
    explanation=(
        "Both hold the service, or do the same to the hosts, or one of them takes the hosts down. When the first is "
        "healed, the second may be healed with it, and the recorded windows no longer say what was broken."
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


@record
class _Hold:
    """An effect from `begin` to `end`, s from t = 0."""

    begin: float
    end: float
    fault: Fault
    effect: Effect


def check(trial: Trial, cell: Cell) -> None:
    """The first heal may end both; said once for every pair of faults."""
    open_: list[_Hold] = []
    said: set[tuple[str, str]] = set()
    for hold in sorted(_holds(cell), key=lambda one: one.begin):
        open_ = [one for one in open_ if one.end > hold.begin]
        for other in open_:
            pair = other.fault.name, hold.fault.name
            if pair not in said and _meet(trial, other, hold):
                said.add(pair)
                _say(trial, other, hold)
        open_.append(hold)


def _holds(cell: Cell) -> Iterator[_Hold]:
    for fault in cell.faults:
        for begin, end, effect in effects_of(fault.steps, ()):
            yield _Hold(fault.at + begin, fault.at + end, fault, effect)


def _meet(trial: Trial, one: _Hold, other: _Hold) -> bool:
    """Whether both may strike the same: a service, hosts in the same way, or hosts that are down meanwhile."""
    first, second = one.effect, other.effect
    if (first.target.topology, first.target.nodes) != (second.target.topology, second.target.nodes):
        return False
    same = first.target.service == second.target.service
    if same and (first.target.service or first.action == second.action):
        return True
    return any(not effect.target.service and _is_down(trial, effect) for effect in (first, second))


def _is_down(trial: Trial, effect: Effect) -> bool:
    """Whether nothing runs on the hosts meanwhile."""
    action = trial.context.program.names["action"].get(effect.action)
    return action is not None and any(field.key.text == "down" for field in action.node.block.fields)


def _say(trial: Trial, one: _Hold, other: _Hold) -> None:
    target, name = other.effect.target, other.fault.name
    what = f"`{target.service}`" if target.service else f"hosts of `{target.nodes}`"
    what = f"servers of `{target.topology}.{target.nodes}`" if target.topology else what
    note = (
        f"`{one.fault.name}` holds from {one.begin:g} s for {one.end - one.begin:g} s, "
        f"{'this' if name != one.fault.name else 'the other effect'} comes at {other.begin:g} s"
    )
    if name == one.fault.name:
        summary = f"fault `{name}` strikes {what} twice at the same time"
    else:
        summary = f"faults `{one.fault.name}` and `{name}` hold {what} at the same time"
    labels = [(one.effect.span, "the other")] if one.effect.span != other.effect.span else []
    span = other.fault.span if name != one.fault.name else other.effect.span
    trial.findings.add("W0402", summary, span, note=note, labels=labels, help="move them apart")
