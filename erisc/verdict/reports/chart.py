"""One cell on one time axis: load, errors and latency of every workload, and what was sampled beside them, under the
windows of the faults.
"""

from __future__ import annotations

from collections.abc import Sequence

from erisc.verdict import text
from erisc.verdict.fault_rows import FaultRow
from erisc.verdict.history import CellHistory
from erisc.verdict.iterations import Iteration
from erisc.verdict.program import Stage, Workload
from erisc.verdict.reports.bins import MOST_POINTS, Bins, bin_iterations, level
from erisc.verdict.reports.markup import element, esc, single
from erisc.verdict.reports.plot import GAP, LEFT, LETTER, RIGHT, WIDTH, Axis, Panel, frame, legend, time_axis
from erisc.verdict.reports.series import panels, quantities
from erisc.verdict.stored import Stored
from erisc.verdict.timeline import FAULT, WindowRow

LABELS, STRIP = 18.0, 18.0
LOAD, ERRORS, LATENCY = 110.0, 56.0, 120.0
ROWS = 4
"""Rows of fault names before the rest is left to the table."""


def draw(cell: CellHistory) -> str:
    """The figure of a cell as SVG, "" when there is nothing to draw."""
    sampled = quantities(cell.samples)
    if cell.load_end is None or not (cell.iterations or sampled):
        return ""
    last = max((row.finished_s or 0.0 for row in cell.iterations), default=0.0)
    axis = Axis(max(cell.load_end, last))
    faults = [window for window in cell.windows if window.kind == FAULT]
    names, plots = _fault_names(faults, axis)
    top = plots
    parts: list[str] = []
    for workload in cell.workloads:
        drawn, top = _workload(workload, _of(cell, workload), axis, top)
        parts += drawn
    drawn, top = panels(sampled, axis, top)
    parts += drawn
    struck = {(row.fault, row.instance): row for row in cell.faults}
    shades = [_shade(each, struck.get((each.name, each.instance)), axis, plots, top - GAP) for each in faults]
    body = "".join([*names, *shades, *parts, *time_axis(axis, top - GAP)])
    return _figure(cell, body, top + 34 - GAP)


def _figure(cell: CellHistory, body: str, height: float) -> str:
    described = "; ".join(_sentence(cell, workload) for workload in cell.workloads)
    words = f"<title>Cell {esc(cell.id)} along time</title><desc>{esc(described)}</desc>"
    return element("svg", words + body, viewBox=f"0 0 {WIDTH:g} {height:g}", role="img", class_="chart")


def _sentence(cell: CellHistory, workload: Workload) -> str:
    rows = _of(cell, workload)
    failed = sum(not row.ok for row in rows)
    faults = [f"{w.name} from {w.start_s:.4g} s to {_end(w.end_s)}" for w in cell.windows if w.kind == FAULT]
    during = f", faults: {', '.join(faults[:10])}" if faults else ""
    return f"{workload.name}: {len(rows)} iterations, {failed} of them failed{during}"


def _of(cell: CellHistory, workload: Workload) -> Sequence[Iteration]:
    if isinstance(cell.iterations, Stored):
        return cell.iterations.of(workload.name)
    return [row for row in cell.iterations if row.workload == workload.name]


def _end(end: float | None) -> str:
    return "the end" if end is None else f"{end:.4g} s"


def _fault_names(faults: Sequence[WindowRow], axis: Axis) -> tuple[list[str], float]:
    """Names above the plots, each with a line down to its window; where the plots begin."""
    placed = _rows([(fault, _label(fault)) for fault in faults], axis)
    plots = (max((row for *_, row in placed), default=-1) + 1) * LABELS + 4
    drawn = []
    for fault, label, x, row in placed:
        y = 13 + row * LABELS
        drawn.append(single("path", d=f"M{axis.x(fault.start_s):.1f} {y - 9:.1f}V{plots:.1f}", class_="lead"))
        drawn.append(element("text", esc(label), x=x + 4, y=y, class_="fault-name"))
    return drawn, plots


def _label(fault: WindowRow) -> str:
    return fault.name if fault.injected else f"{fault.name} (kept back)"


def _rows(labels: Sequence[tuple[WindowRow, str]], axis: Axis) -> list[tuple[WindowRow, str, float, int]]:
    """Each label's x and the first row in which it overlaps no other; beyond ROWS it is left out."""
    ends: list[float] = []
    placed = []
    for fault, label in labels:
        wide = LETTER * len(label) + 10
        x = max(LEFT, min(axis.x(fault.start_s), WIDTH - RIGHT - wide))
        row = next((index for index, end in enumerate(ends) if end <= x), len(ends))
        if row < ROWS:
            ends[row : row + 1] = [x + wide]
            placed.append((fault, label, x, row))
    return placed


def _shade(window: WindowRow, row: FaultRow | None, axis: Axis, top: float, bottom: float) -> str:
    """The window over all plots; what was done and where is told when the pointer rests on it."""
    start = axis.x(window.start_s)
    end = axis.x(axis.until if window.end_s is None else window.end_s)
    done = f": {_done(row)}" if row and row.action else ""
    named = f"{window.name} #{window.instance}{done}, {window.start_s:.4g} s to {_end(window.end_s)}"
    title = f"<title>{esc(named)}</title>"
    kind = "fault" if window.injected else "kept"
    return element("rect", title, x=start, y=top, width=max(end - start, 1.5), height=bottom - top, class_=kind)


def _done(row: FaultRow) -> str:
    """`kill rabbitmq on c1`, and why where a reaction did it."""
    what = " ".join(filter(None, (row.action, row.service))) + (f" on {row.hosts}" if row.hosts else "")
    return what + (f", because {row.by}" if row.by else "")


def _workload(workload: Workload, rows: Sequence[Iteration], axis: Axis, top: float) -> tuple[list[str], float]:
    bins = bin_iterations(rows, axis.until)
    parts = [*_stages(workload, axis, top)]
    top += STRIP + GAP
    for height, plot in ((LOAD, _load), (ERRORS, _errors), (LATENCY, _latency)):
        parts += plot(workload, rows, bins, axis, top, height)
        top += height + GAP
    return parts, top + 6


def _stages(workload: Workload, axis: Axis, top: float) -> list[str]:
    parts = [element("text", esc(workload.name), x=LEFT - 8, y=top + 13, class_="workload", text_anchor="end")]
    for index, stage in enumerate(workload.stages):
        x, end = axis.x(stage.start), axis.x(stage.end)
        label = f"{stage.name or stage.kind}: {_level(stage, workload.model)}"
        title = f"<title>{esc(label)}, {stage.start:.4g} s to {stage.end:.4g} s</title>"
        parts.append(
            element("rect", title, x=x, y=top, width=max(end - x - 1, 1.0), height=STRIP, class_=f"stage s{index % 2}")
        )
        if LETTER * len(label) + 8 < end - x:
            parts.append(element("text", esc(label), x=x + 6, y=top + 13, class_="stage-name"))
    return parts


def _level(stage: Stage, model: str) -> str:
    ends = " to ".join(dict.fromkeys(text.digits(value) for value in (stage.level_from, stage.level_to)))
    if model == "open":
        return f"{ends}/s"
    return f"{ends} user" if ends == "1" else f"{ends} users"


def _load(
    workload: Workload, rows: Sequence[Iteration], bins: Bins, axis: Axis, top: float, height: float
) -> list[str]:
    offered = level(workload.levels) if workload.model == "open" else []
    panel = Panel(top, height, 1.08 * max([*bins.done, *(value for _, value in offered), 1e-9]))
    parts = frame(panel, "load, 1/s", axis, text.digits)
    parts.append(_steps(bins.done, bins.width, panel, axis, "done"))
    keys = [("done", "achieved (successes)")]
    if offered:
        points = " ".join(f"{axis.x(at):.1f},{panel.y(value):.1f}" for at, value in offered)
        parts.append(single("polyline", points=points, class_="offered"))
        keys.append(("offered", "offered (plan)"))
    return parts + legend(keys, top)


def _errors(
    workload: Workload, rows: Sequence[Iteration], bins: Bins, axis: Axis, top: float, height: float
) -> list[str]:
    if not any(bins.failed):
        return frame(Panel(top, height, 1.0), "errors, 1/s: none", axis, lambda value: "" if value else "0")
    panel = Panel(top, height, 1.08 * max(bins.failed))
    parts = frame(panel, "errors, 1/s", axis, text.digits)
    return [*parts, _steps(bins.failed, bins.width, panel, axis, "failed"), *legend([("failed", "failed")], top)]


def _latency(
    workload: Workload, rows: Sequence[Iteration], bins: Bins, axis: Axis, top: float, height: float
) -> list[str]:
    single_points = len(rows) <= MOST_POINTS
    ended = [row for row in rows if row.duration_s is not None] if single_points else []
    most = [row.duration_s or 0.0 for row in ended] if single_points else [part.p95 for part in bins.latency]
    panel = Panel(top, height, 1.08 * max([*most, 1e-6]))
    parts = frame(panel, "latency", axis, lambda value: text.quantity(value, "duration", "s"))
    if single_points:
        for ok, kind in ((True, "point"), (False, "point bad")):
            parts.append(_points([row for row in ended if row.ok is ok], panel, axis, kind))
        return parts + legend([("point", "succeeded"), ("point bad", "failed")], top)
    upper = [f"{axis.x(part.at):.1f},{panel.y(part.p95):.1f}" for part in bins.latency]
    lower = [f"{axis.x(part.at):.1f},{panel.y(part.p50):.1f}" for part in bins.latency]
    parts.append(single("polygon", points=" ".join([*upper, *reversed(lower)]), class_="band"))
    parts.append(single("polyline", points=" ".join(lower), class_="median"))
    return parts + legend([("median", "median"), ("band", "median to p95")], top)


def _points(rows: Sequence[Iteration], panel: Panel, axis: Axis, kind: str) -> str:
    """Every point as a stroke of no length with round ends: one path for all, a few bytes each."""
    marks = "".join(f"M{axis.x(row.intended_s):.1f} {panel.y(row.duration_s or 0.0):.1f}h0" for row in rows)
    return single("path", d=marks, class_=kind) if marks else ""


def _steps(values: Sequence[float], width: float, panel: Panel, axis: Axis, kind: str) -> str:
    """Bars without gaps, as one path."""
    base = panel.top + panel.height
    path = [f"M{axis.x(0):.1f} {base:.1f}"]
    for index, value in enumerate(values):
        path.append(f"V{panel.y(value):.1f}H{axis.x((index + 1) * width):.1f}")
    return single("path", d="".join([*path, f"V{base:.1f}Z"]), class_=kind)
