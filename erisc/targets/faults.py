"""The fault schedule: every planned instant of every fault of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Fault, Plan
from erisc.targets.names import shown
from erisc.targets.protocol import Files, Mark

FORMAT = 1
SELECTORS = ("one", "any", "all")


@record
class FaultsTarget:
    """Emits `cells/<id>/faults/schedule.json` for every cell, also for one without faults."""

    name: str = "faults"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Cell": "supported",
            "Fault": "supported",
            "Effect": "supported",
            "Target": "supported",
            "Reaction": "refused: not yet",
            "AtIteration": "refused: not yet",
            "When": "refused: not yet",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        found = tuple(diagnostic for cell in plan.cells for fault in cell.faults for diagnostic in _check(fault))
        if found:
            return {}, tuple(dict.fromkeys(found))
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


def _check(fault: Fault) -> Iterator[Diagnostic]:
    effect = fault.steps[0][0]
    if effect.target.selector not in SELECTORS:
        summary = f"the fault {shown(fault.name)} picks hosts with {shown(effect.target.selector)}"
        yield Diagnostic("E0521", summary, fault.span, help="use one(…), any(n, …) or all(…)")
    late = effect.duration is not None and not (isfinite(effect.duration) and effect.duration > 0)
    if late or not (isfinite(fault.at) and fault.at >= 0):
        lasts = "" if effect.duration is None else f" for {effect.duration:g} s"
        summary = f"the fault {shown(fault.name)} at {fault.at:g} s{lasts} cannot be scheduled"
        yield Diagnostic("E0522", summary, fault.span, help="start it at or after 0 s, for a positive time")
