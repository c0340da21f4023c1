"""Plain Rally: the tasks of a bundle for `rally task start`, judged by Rally's SLAs, with faults as its hooks.

The tasks of `cells/<id>/rally` are erisc's own: no SLA, no hook, for the verdict and the timeline are elsewhere.
These are for whoever runs one of them without erisc. They need the runner plug-in of the bundle, `--plugin-paths
rally/plugins`.
"""

from __future__ import annotations

from collections.abc import Iterator

from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic, Label
from erisc.compiler.plan import Argument, Cell, Mapping, OutputRef, Plan, Workload
from erisc.targets.exports.lowering import folder, left_out, struck
from erisc.targets.exports.osfaults import OS_FAULTS
from erisc.targets.exports.rally_hooks import hooks_of
from erisc.targets.names import output_names, shown, variable
from erisc.targets.protocol import Files, Mark
from erisc.targets.rally import DRIVER
from erisc.targets.rally.checks import check_workload
from erisc.targets.rally.sla import Judged, Unjudged, judged
from erisc.targets.rally.task import document, written

CODE = "W0563"


@record
class RallyPlainExport:
    """Emits `cells/<id>/rally-plain/<workload>.json` and README.txt, which says what is left out."""

    name: str = "rally-plain"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Workload": "lowered to a task with SLAs and hooks",
            "Slo": "lowered to an SLA of Rally's where there is one; left out with a warning: the others",
            "Fault": "lowered to a hook that calls the script of the export osfaults, at a whole second",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        for cell in plan.cells:
            own = [one for one in cell.workloads if one.driver == DRIVER]
            if any(check_workload(one, output_names(cell)) for one in own) or not own:
                continue  # the target rally says what is wrong
            slas, left = judged(cell, plan.criteria[cell.criteria])
            texts = {f"{one.name}.json": _task(cell, one, slas) for one in own}
            files |= folder(cell, self.name, texts | {"README.txt": _readme(cell, own, slas, left)})
        return files, _warnings(plan)

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {}


EXPORT = RallyPlainExport()


def _task(cell: Cell, workload: Workload, slas: tuple[Judged, ...]) -> bytes:
    made = document(workload)
    (subtask,) = made["subtasks"]
    own = {one.name: one.config for one in slas if one.workload == workload.name}
    # Without an SLA Rally puts in one of its own: not one iteration may fail.
    subtask["sla"] = own or {"failure_rate": {"max": 100.0}}
    hooks = hooks_of(cell, workload)
    if hooks:
        subtask["hooks"] = hooks
    return written(made)


def _readme(cell: Cell, own: list[Workload], slas: tuple[Judged, ...], left: tuple[Unjudged, ...]) -> bytes:
    return "".join(f"{line}\n" for line in _lines(cell, own, slas, left)).encode()


def _lines(cell: Cell, own: list[Workload], slas: tuple[Judged, ...], left: tuple[Unjudged, ...]) -> Iterator[str]:
    yield f"Cell {cell.id} for plain Rally. In the folder of the bundle:"
    yield ""
    names = sorted({name for one in own for name in _variables(one.arguments)})
    given = "".join(f' --task-args \'{{"{name}": "…"}}\'' for name in names[:1]) if names else ""
    for one in own:
        path = f"cells/{cell.id}/rally-plain/{one.name}.json"
        yield f"  rally --plugin-paths rally/plugins task start {path}{given}"
    if names:
        yield ""
        yield f"Task arguments are the ids of what is to be there: {', '.join(names)}."
        yield from (f"  deploy cells/{cell.id}/heat/{one.name}.yaml first" for one in cell.topologies)
    yield ""
    yield "What plain Rally cannot do:"
    yield "  - confidence, windows and repeats: it compares each value of one task with its limit"
    if len(cell.workloads) > 1:
        yield "  - one clock for several loads: start the tasks at the same time; each begins when it is ready"
    yield from (
        f"  - the load {one.name}: it is of the driver {one.driver}" for one in cell.workloads if one not in own
    )
    yield from (f"  - the SLO {one.slo.name}: {one.why}" for one in left)
    yield from (f"  - the SLO {one.slo.name} exactly: it judges it {one.about}" for one in slas if one.about)
    yield from (f"  - the fault {one.name}: {one.why}" for one in left_out(OS_FAULTS, cell))
    if struck(cell):
        yield "Faults are hooks of the first task, at whole seconds, seconds late; they call cells/…/osfaults/play.py:"
        yield "  compile with --export osfaults too, and name the inventory in ERISC_INVENTORY"


def _variables(value: Argument) -> Iterator[str]:
    if isinstance(value, OutputRef):
        yield variable(value)
    for item in (
        [one for _, one in value.items] if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    ):
        yield from _variables(item)


def _warnings(plan: Plan) -> tuple[Diagnostic, ...]:
    """One for the whole Plan, so that nobody takes the tasks for the whole test."""
    found: dict[str, tuple[object, str]] = {}
    for cell in plan.cells:
        _, left = judged(cell, plan.criteria[cell.criteria])
        for one in left:
            found.setdefault(f"the SLO {shown(one.slo.name)}", (one.slo.span, one.why))
        for fault in left_out(OS_FAULTS, cell):
            found.setdefault(f"the fault {shown(fault.name)}", (fault.span, fault.why))
        for load in cell.workloads:
            if load.driver != DRIVER:
                found.setdefault(f"the load {shown(load.name)}", (load.span, f"it is of the driver {load.driver}"))
        if len(cell.workloads) > 1:
            second = cell.workloads[1]
            found.setdefault("one clock", (second.span, "tasks are started one by one"))
    if not found:
        return ()
    (name, (span, why)), *rest = found.items()
    labels = tuple(Label(place, f"{what}: {reason}") for what, (place, reason) in rest[:9])  # type: ignore[arg-type]
    summary = f"plain Rally leaves out {name}" + (f" and {len(rest)} more" if rest else "")
    help_ = "README.txt beside the tasks says it too; erisc itself does it all: `erisc run`"
    return (Diagnostic(CODE, summary, span, note=why, labels=labels, help=help_),)  # type: ignore[arg-type]
