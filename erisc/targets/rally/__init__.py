"""Rally: a task (format v2) for every workload, and the runner plug-in that drives its stages."""

from __future__ import annotations

import os

from erisc.base.failure import BROKEN_BED, Failure
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Plan, Workload
from erisc.targets.names import output_names
from erisc.targets.protocol import Files, Mark
from erisc.targets.rally.checks import Outputs, check_workload
from erisc.targets.rally.task import task
from erisc.targets.staged import rows

DRIVER = "rally"
PLUGIN = "rally/plugins/erisc_staged.py"


@record
class RallyTarget:
    """Emits `cells/<id>/rally/<workload>.json`, and the runner plug-in when there is any workload of Rally's."""

    name: str = "rally"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Workload": "supported",
            "Stage": "lowered to a stage of the runner erisc_staged, a step to holds",
            "Dealt": "lowered to a hold of the runner erisc_staged",
            "Mapping": "supported",
            "OutputRef": "lowered to a template variable, {{ topology__resource }}",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        found: dict[Diagnostic, None] = {}
        seen: dict[tuple[Workload, Outputs], bytes] = {}  # cells of a sweep have much in common
        for cell in plan.cells:
            known = output_names(cell)
            for workload in _own(cell):
                if (workload, known) not in seen:
                    diagnostics = check_workload(workload, known)
                    found.update(dict.fromkeys(diagnostics))
                    seen[workload, known] = b"" if diagnostics else task(workload)
                files[_path(cell, workload)] = seen[workload, known]
        if found or not files:
            return {}, tuple(found)
        return files | {PLUGIN: _plugin()}, ()

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {_path(cell, workload): _marks(workload) for cell in plan.cells for workload in _own(cell)}


TARGET = RallyTarget()


def _own(cell: Cell) -> list[Workload]:
    return [workload for workload in cell.workloads if workload.driver == DRIVER]


def _path(cell: Cell, workload: Workload) -> str:
    return f"cells/{cell.id}/rally/{workload.name}.json"


def _marks(workload: Workload) -> tuple[Mark, ...]:
    stages = "/subtasks/0/runner/erisc_staged/stages"
    own = (Mark("/subtasks/0", workload.span),)
    spans = [stage.span for stage in workload.stages for _ in rows(stage)]
    return own + tuple(Mark(f"{stages}/{index}", span) for index, span in enumerate(spans))


def _plugin() -> bytes:
    path = os.path.join(os.path.dirname(__file__), "plugin", "erisc_staged.py")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Failure(
            f"this installation of erisc is incomplete: {path}: {error.strerror}",
            mend="install erisc again",
            exit_code=BROKEN_BED,
        ) from error
