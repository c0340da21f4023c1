"""The fault schedule: every planned instant of every fault of a cell, and the faults that wait for an event."""

from __future__ import annotations

from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import (
    Argument,
    AtIteration,
    Cell,
    Effect,
    Fault,
    Mapping,
    Plan,
    Reaction,
    Span,
    Steps,
    Target,
    When,
)
from erisc.targets.fault_checks import check_cell
from erisc.targets.protocol import Files, Mark

FORMAT = 2


@record
class FaultsTarget:
    """Emits `cells/<id>/faults/schedule.json` for every cell, also for one without faults."""

    name: str = "faults"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Cell": "supported",
            "Allowance": "supported",
            "Fault": "supported",
            "Effect": "lowered to an effect of a step; refused: actions that no installed package has",
            "Target": "supported",
            "Reaction": "supported",
            "AtIteration": "supported",
            "When": "supported",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        found = dict.fromkeys(diagnostic for cell in plan.cells for diagnostic in check_cell(cell))
        if found:
            return {}, tuple(found)
        return {_path(cell): json_text.dump(_schedule(cell)) for cell in plan.cells}, ()

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {_path(cell): _marks(cell) for cell in plan.cells}


TARGET = FaultsTarget()


def _path(cell: Cell) -> str:
    return f"cells/{cell.id}/faults/schedule.json"


def _ordered(cell: Cell) -> list[Fault]:
    return sorted(cell.faults, key=lambda fault: (fault.at, fault.name, fault.instance))


def _schedule(cell: Cell) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "cell": cell.id,
        "allowances": {one.nodes: one.most for one in cell.allowances},
        "faults": [_fault(fault) for fault in _ordered(cell)],
        "reactions": [_reaction(reaction) for reaction in cell.reactions],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    at = {"name": fault.name, "instance": fault.instance, "at": float(fault.at)}
    return at | {"steps": steps_of(fault.steps), "source": _source(fault.span)}


def _reaction(reaction: Reaction) -> dict[str, Any]:
    trigger = {"name": reaction.name, "trigger": _trigger(reaction.trigger)}
    return trigger | {"steps": steps_of(reaction.steps), "source": _source(reaction.span)}


def _trigger(trigger: AtIteration | When) -> dict[str, Any]:
    if isinstance(trigger, AtIteration):
        return {"kind": "iteration", "workload": trigger.workload, "iteration": trigger.iteration}
    return {
        "kind": "when",
        "event": trigger.event,
        "arguments": _plain(trigger.arguments),
        "operator": trigger.operator,
        "limit": trigger.limit,
        "after": float(trigger.after),
        "most": trigger.most,
    }


def steps_of(steps: Steps) -> list[list[dict[str, Any]]]:
    """Steps as the schedule has them."""
    return [[_effect(effect) for effect in step] for step in steps]


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "action": effect.action,
        "target": _target(effect.target),
        "arguments": _plain(effect.arguments),
        "duration": None if effect.duration is None else float(effect.duration),
        "choice": f"{effect.choice & 0xFFFF_FFFF_FFFF_FFFF:016x}",
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "service": target.service,
        "nodes": target.nodes,
        "topology": target.topology,
        "selector": target.selector,
        "count": target.count,
        "primary": target.primary,
        "where": [{"column": one.column, "operator": one.operator, "value": one.value} for one in target.where],
    }


def _plain(value: Argument) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _source(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}


def _marks(cell: Cell) -> tuple[Mark, ...]:
    faults = (Mark(f"/faults/{index}", fault.span) for index, fault in enumerate(_ordered(cell)))
    reactions = (Mark(f"/reactions/{index}", reaction.span) for index, reaction in enumerate(cell.reactions))
    return (*faults, *reactions)
