"""The load drivers of erisc's own: a load task (docs/formats.md) for every workload of theirs."""

from __future__ import annotations

from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Argument, Cell, Mapping, OutputRef, Plan, Workload
from erisc.targets.load_checks import check_load
from erisc.targets.names import output_names, variable
from erisc.targets.protocol import Files, Mark
from erisc.targets.staged import rows, staged

FORMAT = 1
DRIVERS = ("http", "openstack", "rpc")


@record
class LoadsTarget:
    """Emits `cells/<id>/<driver>/<workload>.json`. drivers: whose workloads are its business."""

    name: str = "loads"
    drivers: tuple[str, ...] = DRIVERS

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Workload": "supported",
            "Stage": "lowered to stages, a step to holds",
            "Dealt": "lowered to a hold",
            "Mapping": "supported",
            "OutputRef": "lowered to a variable, {{ topology__resource }}",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        found: dict[Diagnostic, None] = {}
        for cell in plan.cells:
            for workload in self._own(cell):
                known, site = output_names(cell), plan.architectures[cell.architecture]
                found |= dict.fromkeys(check_load(workload, site, known))
                files[_path(cell, workload)] = b"" if found else json_text.dump(_task(workload))
        return ({}, tuple(found)) if found else (files, ())

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {_path(cell, workload): _marks(workload) for cell in plan.cells for workload in self._own(cell)}

    def _own(self, cell: Cell) -> list[Workload]:
        return [workload for workload in cell.workloads if workload.driver in self.drivers]


TARGET = LoadsTarget()


def _path(cell: Cell, workload: Workload) -> str:
    return f"cells/{cell.id}/{workload.driver}/{workload.name}.json"


def _task(workload: Workload) -> dict[str, Any]:
    what = {"format": FORMAT, "driver": workload.driver, "scenario": workload.scenario}
    return {**what, "arguments": _plain(workload.arguments), **staged(workload)}


def _plain(value: Argument) -> Any:
    if isinstance(value, OutputRef):
        return f"{{{{ {variable(value)} }}}}"
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _marks(workload: Workload) -> tuple[Mark, ...]:
    spans = [stage.span for stage in workload.stages for _ in rows(stage)]
    own = (Mark("/scenario", workload.span),)
    return own + tuple(Mark(f"/stages/{index}", span) for index, span in enumerate(spans))
