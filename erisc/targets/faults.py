"""The fault schedule: every planned instant of every fault of a cell."""

from __future__ import annotations

from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Fault, Plan
from erisc.targets.fault_checks import check_cell
from erisc.targets.protocol import Files, Mark

FORMAT = 1


@record
class FaultsTarget:
    """Emits `cells/<id>/faults/schedule.json` for every cell, also for one without faults."""

    name: str = "faults"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Cell": "supported",
            "Fault": "lowered to an entry of the schedule; refused: several effects",
            "Effect": "lowered to the action of an entry; refused: actions that the executor lacks, arguments",
            "Target": "lowered to a service on one, any or all hosts of a set; refused: hosts, labels, the rest",
            "Reaction": "refused: the executor watches no events yet",
            "AtIteration": "refused: the executor watches no iterations yet",
            "When": "refused: the executor watches no events yet",
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
    return {"format": FORMAT, "cell": cell.id, "faults": [_fault(fault) for fault in _ordered(cell)]}


def _fault(fault: Fault) -> dict[str, Any]:
    effect, span = fault.steps[0][0], fault.span
    target = effect.target
    return {
        "name": fault.name,
        "instance": fault.instance,
        "at": float(fault.at),
        "duration": None if effect.duration is None else float(effect.duration),
        "action": effect.action,
        "target": {
            "service": target.service,
            "nodes": target.nodes,
            "selector": target.selector,
            "count": target.count,
        },
        "choice": f"{effect.choice & 0xFFFF_FFFF_FFFF_FFFF:016x}",
        "source": {"file": span.file, "line": span.line, "column": span.column},
    }


def _marks(cell: Cell) -> tuple[Mark, ...]:
    return tuple(Mark(f"/faults/{index}", fault.span) for index, fault in enumerate(_ordered(cell)))
