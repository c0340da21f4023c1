"""A Plan as a chart for the terminal: load, faults and windows over time, reactions, SLOs, cells."""

from __future__ import annotations

import math

from erisc.cli.plan_chart.axis import Axis, ruler
from erisc.cli.plan_chart.demands import slo_rows, window_rows, windows_of
from erisc.cli.plan_chart.faults import fault_rows
from erisc.cli.plan_chart.load import load_label, load_rows
from erisc.cli.plan_chart.look import Look
from erisc.cli.plan_chart.summary import cell_line, summary
from erisc.cli.plan_chart.words import window_in_words
from erisc.compiler.lasting import lasts, stage_end
from erisc.compiler.plan import Cell, Node, Plan, Topology

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def chart(plan: Plan, cell: Cell, look: Look) -> Iterator[str]:
    """The lines of the chart of one cell of a Plan."""
    nodes, criteria = plan.architectures[cell.architecture].nodes, plan.criteria[cell.criteria]
    places: tuple[Node | Topology, ...] = (*nodes, *cell.topologies)
    axis = _axis(plan, cell, places, look)
    yield from summary(plan, look)
    yield ""
    yield look.paint("bold", cell_line(cell, plan, look))
    yield from ruler(axis, look)
    for workload in cell.workloads:
        yield from load_rows(workload, axis, look)
    for title, rows in (
        ("faults", list(fault_rows(cell, places, axis, look))),
        ("windows of the KPIs", list(window_rows(criteria, cell, axis, look))),
        ("checked", list(slo_rows(criteria, cell, plan.cells[-1].repeat, look))),
    ):
        if rows:
            yield ""
            yield look.paint("bold", title)
            yield from rows


def _axis(plan: Plan, cell: Cell, places: tuple[Node | Topology, ...], look: Look) -> Axis:
    """As long as what is known of load and faults, as wide as the labels leave it."""
    ends = [stage_end(stage) for workload in cell.workloads for stage in workload.stages]
    starts = [stage.start for workload in cell.workloads for stage in workload.stages if stage.start is not None]
    known = [end for end in ends if not math.isinf(end)] + starts
    known += [fault.at + lasts(fault.steps, places) for fault in cell.faults]
    names = [load_label(workload) for workload in cell.workloads]
    names += [fault.name for fault in cell.faults] + [reaction.name for reaction in cell.reactions]
    names += [window_in_words(window) for window in windows_of(plan.criteria[cell.criteria])]
    margin = min(max(map(len, names)) + 1, look.width // 3)
    return Axis(max(known) or 1.0, look.width - margin, margin)
