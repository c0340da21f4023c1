"""Hooks of plain Rally: faults at their second or at their iteration, by the script of os-faults.

Rally's triggers are whole seconds, and a hook takes three to four seconds to its effect on a host. A hook without a
description breaks Rally's JSON report; a failed hook changes neither the SLA nor the exit code.
"""

from __future__ import annotations

import shlex
from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import AtIteration, Cell, Fault, Plan, Reaction, Workload
from erisc.targets.exports.lowering import folder, left_out, struck, warnings
from erisc.targets.exports.osfaults import OS_FAULTS
from erisc.targets.protocol import Files, Mark

HOOKS = "rally-hooks"
RALLY = "rally"


def hooks_of(cell: Cell, workload: Workload) -> list[dict[str, Any]]:
    """The `hooks` of a workload's subtask: what waits for its iterations, and with the first one, what is planned.

    The commands are run in the folder of the bundle; ERISC_INVENTORY names the inventory.
    """
    lost = {one.name for one in left_out(OS_FAULTS, cell)}
    first = next((one for one in cell.workloads if one.driver == RALLY), None)
    planned = cell.faults if first is not None and first.name == workload.name else ()
    found = [_hook(cell, one, {"unit": "time", "at": [round(one.at)]}) for one in planned if one.name not in lost]
    for one in cell.reactions:
        trigger = one.trigger
        if isinstance(trigger, AtIteration) and trigger.workload == workload.name and one.name not in lost:
            found.append(_hook(cell, one, {"unit": "iteration", "at": [trigger.iteration]}))
    return found


def _hook(cell: Cell, fault: Fault | Reaction, event: dict[str, Any]) -> dict[str, Any]:
    instance = fault.instance if isinstance(fault, Fault) else 0
    script = f'exec python3 cells/{cell.id}/osfaults/play.py -i "$ERISC_INVENTORY" --fault "$1" --instance {instance}'
    command = f"/bin/sh -c {shlex.quote(script)} play {shlex.quote(fault.name)}"
    return {
        "description": f"the fault {fault.name} of the spec, number {instance}, by os-faults",
        "action": {"sys_call": command},
        "trigger": {"event": event},
    }


@record
class RallyHooksExport:
    """Emits `cells/<id>/rally-hooks/<workload>.json`: `hooks` for the subtask of the workload's task."""

    name: str = HOOKS

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Fault": "lowered to a hook that calls the script of the export osfaults, at a whole second",
            "AtIteration": "lowered to a hook at the iteration",
            "When": "left out with a warning: Rally watches no events",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        for cell in plan.cells:
            made = {one.name: hooks_of(cell, one) for one in cell.workloads if one.driver == RALLY and struck(cell)}
            texts = {
                f"{name}.json": json_text.dump(_document(rows), quote=_quote) for name, rows in made.items() if rows
            }
            files |= folder(cell, self.name, texts)
        return files, warnings(OS_FAULTS, plan)

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {}


EXPORT = RallyHooksExport()


def _quote(text: str) -> str:
    """Rally reads a task as a template of Jinja2 first: no opening brace of a text must begin a tag."""
    return json_text.quote(text).replace("{", "\\u007b")


def _document(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"hooks": rows}
