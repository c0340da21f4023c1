"""How long the parts of a Plan last, and what load there is: pure functions of the Plan for whoever reads it."""

from __future__ import annotations

import math

from erisc.base.record import record
from erisc.compiler.plan import Effect, Fault, Filter, Node, Stage, Steps, Target, Topology, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Places = Iterable[Node | Topology]
    """Where effects strike: node sets and topologies."""


@record
class Level:
    """A stretch of load: s from the stage's start, the level at both ends (1/s or users)."""

    start: float
    end: float
    low: float
    high: float


def fitting(node: Node, where: Sequence[Filter]) -> int:
    """How many hosts of a node set the filters leave."""
    labels = dict(node.labels)
    return node.count if all((labels[one.column] == one.value) == (one.operator == "==") for one in where) else 0


def picked_hosts(target: Target, node: Node) -> int:
    """How many hosts of its node set a target strikes."""
    return picked(target, fitting(node, target.where))


def picked(target: Target, there: int) -> int:
    """How many of the hosts or servers that are there a target strikes."""
    minority = max((there - 1) // 2, 0)
    return {
        "one": 1, "any": target.count, "primary": 1, "minority": minority, "majority": there // 2 + 1
    }.get(target.selector, there)  # fmt: skip


def _struck(target: Target, places: Places) -> int:
    """How many hosts or servers a target strikes; 1 when its set is not among the places."""
    for place in places:
        if isinstance(place, Topology):
            if place.name == target.topology:
                return next((picked(target, one.count) for one in place.servers if one.name == target.nodes), 1)
        elif not target.topology and place.name == target.nodes:
            return picked_hosts(target, place)
    return 1


def effect_lasts(effect: Effect, places: Places) -> float:
    """s; 0 for what is over by itself. `each` strikes one host after the other."""
    if effect.duration is None:
        return 0.0
    if effect.target.selector != "each":
        return effect.duration
    return effect.duration * max(_struck(effect.target, places), 1)


def lasts(steps: Steps, places: Places) -> float:
    """s from the first effect to the end of the last: steps follow each other, each as long as its longest effect."""
    known = tuple(places)
    return sum(max(effect_lasts(effect, known) for effect in step) for step in steps)


def effects_of(steps: Steps, places: Places) -> Iterator[tuple[float, float, Effect]]:
    """Every effect with its begin and end, s from the strike of its fault."""
    known, begin = tuple(places), 0.0
    for step in steps:
        for effect in step:
            yield begin, begin + effect_lasts(effect, known), effect
        begin += max(effect_lasts(effect, known) for effect in step)


def levels(stage: Stage) -> tuple[Level, ...]:
    """The stage as stretches of constant or linear load; () when only the run can tell how long it is.

    A `step` stage holds each level for `every` s; the last step is smaller when `height` does not divide the way.
    So does a part of a mix of users, which come and go one by one.
    """
    if stage.duration is None:
        return ()
    if stage.dealt:
        ends = (*(one.at for one in stage.dealt[1:]), stage.duration)
        return tuple(Level(one.at, end, one.users, one.users) for one, end in zip(stage.dealt, ends, strict=True))
    if stage.height is None or stage.every is None:
        return (Level(0.0, stage.duration, stage.level_from, stage.level_to),)
    return tuple(
        Level(index * stage.every, (index + 1) * stage.every, level, level)
        for index, level in enumerate(step_levels(stage.level_from, stage.level_to, stage.height))
    )


def step_levels(first: float, last: float, height: float) -> list[float]:
    """first, first ± height, … and last."""
    whole = math.floor(abs(last - first) / height + 1e-9)
    sign = 1 if last >= first else -1
    found = [round(first + sign * height * index, 9) for index in range(whole + 1)]
    return found if abs(found[-1] - last) <= 1e-9 * max(abs(last), 1.0) else [*found, last]


def arrivals(stage: Stage) -> float:
    """Iterations that an open stage begins: the integral of its level. nan when only the run can tell."""
    if stage.iterations is not None:
        return float(stage.iterations)
    if stage.duration is None:
        return math.nan
    return sum((level.low + level.high) / 2 * (level.end - level.start) for level in levels(stage))


def stage_end(stage: Stage) -> float:
    """s from t = 0; inf when only the run can tell."""
    return math.inf if stage.start is None or stage.duration is None else stage.start + stage.duration


def load_end(workloads: Iterable[Workload]) -> float:
    """When the last load ends, s from t = 0; inf when only the run can tell, or when there is none."""
    return max((stage_end(workload.stages[-1]) for workload in workloads), default=math.inf)


def fault_end(fault: Fault, places: Places) -> float:
    """When a planned instant is healed, s from t = 0; at once when it is over by itself."""
    return fault.at + lasts(fault.steps, places)
