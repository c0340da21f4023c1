"""os-faults (opendev.org/performa/os-faults, 0.3.0): its configuration, and a script that plays the faults through it.

What os-faults can do is the table below, method by method of its API; its sentences are never made of an author's text,
because it lower-cases them and matches loosely. Partitions and all that shapes traffic are not in it: `disconnect` and
`connect` are NotImplemented in every driver.
"""

from __future__ import annotations

from typing import Any

from erisc.base.record import record
from erisc.base.yaml_text import dump
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Effect, Plan
from erisc.targets.exports.lowering import (
    Call,
    Tool,
    content,
    folder,
    header,
    left_out,
    script,
    strikers,
    struck,
    warnings,
)
from erisc.targets.protocol import Files, Mark


def _call(inject: str, heal: str = "") -> Call:
    """Methods of a service or of nodes."""
    return lambda effect: {"inject": inject, "heal": heal}


def _kill(effect: Effect) -> dict[str, Any] | str:
    signal = dict(effect.arguments.items).get("signal", "KILL")
    if signal != "KILL":
        return f"os-faults kills with KILL, not with {signal}"
    return {"inject": "kill", "heal": "start"}


def _burn(effect: Effect) -> dict[str, Any] | str:
    """`stress` takes all processors, for whole seconds, and ends by itself."""
    share, lasts = dict(effect.arguments.items).get("share"), effect.duration or 0.0
    if share != 1.0:
        return "os-faults stresses all processors, not a share of them"
    if lasts != int(lasts):
        return "os-faults stresses for whole seconds"
    return {"inject": "stress", "heal": "", "arguments": {"target": "cpu", "duration": int(lasts)}}


OS_FAULTS = Tool(
    "os-faults",
    "W0561",
    {
        "kill": _kill,
        "terminate": _call("terminate", "start"),
        "freeze": _call("freeze", "unfreeze"),
        "restart": _call("restart"),
        "stop": _call("terminate", "start"),
        "start": _call("start"),
        "reboot": _call("reboot"),
        "reset": _call("reset"),
        "power_off": _call("poweroff", "poweron"),
        "power_on": _call("poweron"),
        "burn_cpu": _burn,
    },
    at_iterations=True,
)


@record
class OsFaultsExport:
    """Emits `cells/<id>/osfaults/`: os-faults.yaml, faults.json, play.py, resolve.py."""

    name: str = "osfaults"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Fault": "lowered to calls of os-faults; left out with a warning: what it cannot do",
            "Effect": "lowered to a method of a service or of nodes",
            "Target": "lowered to nodes of an inventory, picked by play.py",
            "Reaction": "left out with a warning, but at iterations, for the hooks of Rally",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        for cell in plan.cells:
            if struck(cell):
                files |= folder(cell, self.name, _files(plan, cell))
        return files, warnings(OS_FAULTS, plan)

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {}


EXPORT = OsFaultsExport()


def _files(plan: Plan, cell: Cell) -> dict[str, bytes]:
    return {
        "os-faults.yaml": _config(cell),
        "faults.json": content(OS_FAULTS, plan, cell),
        "play.py": script("osfaults_play.py"),
        "resolve.py": script("resolve.py"),
    }


def _config(cell: Cell) -> bytes:
    """What is known before the run: the services. play.py fills in the nodes, and units that the inventory names."""
    lost = {one.name for one in left_out(OS_FAULTS, cell)}
    faults = (one for one in strikers(cell) if one.name not in lost)
    names = {effect.target.service for one in faults for step in one.steps for effect in step} - {""}
    services = {
        name: {"driver": "system_service", "args": {"service_name": name, "grep": name}} for name in sorted(names)
    }
    document: dict[str, Any] = {"cloud_management": {"driver": "universal"}}
    document |= {"services": services} if services else {}
    head = [
        "Configuration of os-faults 0.3.0. play.py adds the nodes of an inventory and the units that it names.",
        "`grep` is a pattern of os-faults for the processes of a service: make it one that nothing else matches.",
        *header(OS_FAULTS, cell),
    ]
    return "".join(f"# {line}\n" for line in head).encode() + dump(document).encode()
