"""The fault schedule of a cell, as the bundle has it. See docs/formats.md, "Fault schedule"."""

from __future__ import annotations

from typing import Any

from erisc.base.record import record


@record
class Filter:
    """`label operator value`; operator `==` or `!=`."""

    label: str
    operator: str
    value: str


@record
class Target:
    """`service` ("" for the hosts themselves) where `selector` picks from the group `nodes`, or from the servers
    `nodes` of a `topology` of the cell.

    selector: one, any, all, minority, majority, primary, each. count: of `any`. primary: the service that is asked.
    """

    service: str
    nodes: str
    topology: str
    selector: str
    count: int
    primary: str
    where: tuple[Filter, ...]


@record
class Effect:
    """arguments: the action's own, in base units. duration: s, None when it is over by itself. choice: 64 bits."""

    action: str
    target: Target
    arguments: dict[str, Any]
    duration: float | None
    choice: int


Steps = tuple[tuple[Effect, ...], ...]
"""Steps follow each other; the effects of a step begin together."""


@record
class Fault:
    """One planned instant, `at` s from t = 0."""

    name: str
    instance: int
    at: float
    steps: Steps


@record
class AtIteration:
    """The workload begins its iteration number `iteration`, counted from 1."""

    workload: str
    iteration: int


@record
class When:
    """An event holds for `after` s; compared when it has an `operator`. most: how often the fault strikes."""

    event: str
    arguments: dict[str, Any]
    operator: str
    limit: float | None
    after: float
    most: int


@record
class Reaction:
    """A fault whose instant only the run can tell."""

    name: str
    trigger: AtIteration | When
    steps: Steps


@record
class Schedule:
    """allowances: node set to how many of its hosts may be struck at one time, None for all."""

    allowances: dict[str, int | None]
    faults: tuple[Fault, ...]
    reactions: tuple[Reaction, ...]


NOTHING = Schedule({}, (), ())
FORMAT = 2


def read_schedule(data: dict[str, Any]) -> Schedule:
    """Raises KeyError, TypeError or ValueError when the data is no schedule of this format."""
    if data["format"] != FORMAT:
        raise ValueError(f"fault schedule of format {data['format']!r}; this erisc reads format {FORMAT}")
    return Schedule(
        allowances={name: None if most is None else int(most) for name, most in data["allowances"].items()},
        faults=tuple(
            Fault(one["name"], int(one["instance"]), float(one["at"]), read_steps(one["steps"]))
            for one in data["faults"]
        ),
        reactions=tuple(
            Reaction(one["name"], _trigger(one["trigger"]), read_steps(one["steps"])) for one in data["reactions"]
        ),
    )


def read_steps(steps: list[list[dict[str, Any]]]) -> Steps:
    """The steps of a fault or a reaction."""
    return tuple(tuple(_effect(effect) for effect in step) for step in steps)


def _effect(effect: dict[str, Any]) -> Effect:
    duration = effect["duration"]
    return Effect(
        action=effect["action"],
        target=read_target(effect["target"]),
        arguments=dict(effect["arguments"]),
        duration=None if duration is None else float(duration),
        choice=int(effect["choice"], 16),
    )


def read_target(target: dict[str, Any]) -> Target:
    """A target of an effect, or hosts that are an argument of an action (those strike no service)."""
    where = tuple(Filter(one["column"], one["operator"], str(one["value"])) for one in target["where"])
    return Target(
        service=target.get("service", ""),
        nodes=target["nodes"],
        topology=target.get("topology", ""),
        selector=target["selector"],
        count=int(target["count"]),
        primary=target["primary"],
        where=where,
    )


def _trigger(trigger: dict[str, Any]) -> AtIteration | When:
    if trigger["kind"] == "iteration":
        return AtIteration(trigger["workload"], int(trigger["iteration"]))
    limit = trigger["limit"]
    return When(
        event=trigger["event"],
        arguments=dict(trigger["arguments"]),
        operator=trigger["operator"],
        limit=None if limit is None else float(limit),
        after=float(trigger["after"]),
        most=int(trigger["most"]),
    )
