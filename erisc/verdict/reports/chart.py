"""One cell on one time axis: load, errors and latency of every workload under the windows of the faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from erisc.base.record import record
from erisc.verdict import text
from erisc.verdict.history import CellHistory
from erisc.verdict.iterations import Iteration
from erisc.verdict.program import Stage, Workload
from erisc.verdict.reports.bins import MOST_POINTS, Bins, bin_iterations, level, ticks
from erisc.verdict.reports.markup import element, esc, single
from erisc.verdict.stored import Stored
from erisc.verdict.timeline import FAULT, WindowRow

WIDTH, LEFT, RIGHT = 1080.0, 64.0, 16.0
LABELS, STRIP, GAP = 18.0, 18.0, 22.0
LOAD, ERRORS, LATENCY = 110.0, 56.0, 120.0
LETTER = 6.6
"""px; the width of a letter of a label, estimated generously."""
ROWS = 4
"""Rows of fault names before the rest is left to the table."""


@record
class Axis:
    """Time to x. until: s at the right edge."""

    until: float

    def x(self, at: float) -> float:
        """px of an instant, kept inside the plot."""
        return LEFT + max(0.0, min(at / self.until, 1.0)) * (WIDTH - LEFT - RIGHT)


@record
class Panel:
    """One plot: its top and height in px, the value at its top."""

    top: float
    height: float
    high: float

    def y(self, value: float) -> float:
        """px of a value."""
        return self.top + self.height * (1 - min(value / self.high, 1.0))


def draw(cell: CellHistory) -> str:
    """The figure of a cell as SVG, "" when it has no load to draw."""
    if cell.load_end is None or not cell.iterations:
        return ""
    last = max(row.finished_s or 0.0 for row in cell.iterations)
    axis = Axis(max(cell.load_end, last))
    faults = [window for window in cell.windows if window.kind == FAULT]
    names, plots = _fault_names(faults, axis)
    top = plots
    parts: list[str] = []
    for workload in cell.workloads:
        drawn, top = _workload(workload, _of(cell, workload), axis, top)
        parts += drawn
    shades = [_shade(window, axis, plots, top - GAP) for window in faults]
    body = "".join([*shades, *names, *parts, *_time_axis(axis, top - GAP)])
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


def _shade(window: WindowRow, axis: Axis, top: float, bottom: float) -> str:
    start = axis.x(window.start_s)
    end = axis.x(axis.until if window.end_s is None else window.end_s)
    title = f"<title>{esc(window.name)}: {window.start_s:.4g} s to {_end(window.end_s)}</title>"
    kind = "fault" if window.injected else "kept"
    return element("rect", title, x=start, y=top, width=max(end - start, 1.5), height=bottom - top, class_=kind)


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
    parts = _frame(panel, "load, 1/s", axis, text.digits)
    parts.append(_steps(bins.done, bins.width, panel, axis, "done"))
    keys = [("done", "achieved (successes)")]
    if offered:
        points = " ".join(f"{axis.x(at):.1f},{panel.y(value):.1f}" for at, value in offered)
        parts.append(single("polyline", points=points, class_="offered"))
        keys.append(("offered", "offered (plan)"))
    return parts + _legend(keys, top)


def _errors(
    workload: Workload, rows: Sequence[Iteration], bins: Bins, axis: Axis, top: float, height: float
) -> list[str]:
    if not any(bins.failed):
        return _frame(Panel(top, height, 1.0), "errors, 1/s: none", axis, lambda value: "" if value else "0")
    panel = Panel(top, height, 1.08 * max(bins.failed))
    parts = _frame(panel, "errors, 1/s", axis, text.digits)
    return [*parts, _steps(bins.failed, bins.width, panel, axis, "failed"), *_legend([("failed", "failed")], top)]


def _latency(
    workload: Workload, rows: Sequence[Iteration], bins: Bins, axis: Axis, top: float, height: float
) -> list[str]:
    single_points = len(rows) <= MOST_POINTS
    ended = [row for row in rows if row.duration_s is not None] if single_points else []
    most = [row.duration_s or 0.0 for row in ended] if single_points else [part.p95 for part in bins.latency]
    panel = Panel(top, height, 1.08 * max([*most, 1e-6]))
    parts = _frame(panel, "latency", axis, lambda value: text.quantity(value, "duration", "s"))
    if single_points:
        for ok, kind in ((True, "point"), (False, "point bad")):
            parts.append(_points([row for row in ended if row.ok is ok], panel, axis, kind))
        return parts + _legend([("point", "succeeded"), ("point bad", "failed")], top)
    upper = [f"{axis.x(part.at):.1f},{panel.y(part.p95):.1f}" for part in bins.latency]
    lower = [f"{axis.x(part.at):.1f},{panel.y(part.p50):.1f}" for part in bins.latency]
    parts.append(single("polygon", points=" ".join([*upper, *reversed(lower)]), class_="band"))
    parts.append(single("polyline", points=" ".join(lower), class_="median"))
    return parts + _legend([("median", "median"), ("band", "median to p95")], top)


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


def _frame(panel: Panel, title: str, axis: Axis, shown: Callable[[float], str]) -> list[str]:
    parts = [element("text", title, x=LEFT, y=panel.top - 6, class_="panel")]
    for value in ticks(panel.high, max(2, int(panel.height // 30))):
        y = panel.y(value)
        parts.append(single("path", d=f"M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}", class_="grid"))
        parts.append(element("text", esc(shown(value)), x=LEFT - 6, y=y + 4, class_="tick", text_anchor="end"))
    return parts


def _legend(keys: Sequence[tuple[str, str]], top: float) -> list[str]:
    """Right-aligned over a panel."""
    parts = []
    x = WIDTH - RIGHT
    for kind, label in reversed(keys):
        x -= LETTER * len(label)
        parts.append(element("text", esc(label), x=x, y=top - 6, class_="key"))
        x -= 18
        parts.append(_swatch(kind, x, top - 10))
        x -= 14
    return parts


def _swatch(kind: str, x: float, y: float) -> str:
    if kind.startswith("point"):
        return single("path", d=f"M{x + 8:.1f} {y:.1f}h0", class_=kind)
    if kind in ("offered", "median"):
        return single("path", d=f"M{x:.1f} {y:.1f}h14", class_=kind)
    return single("rect", x=x, y=y - 4, width=14, height=8, class_=kind)


def _time_axis(axis: Axis, top: float) -> list[str]:
    parts = [single("path", d=f"M{LEFT:g} {top:.1f}H{WIDTH - RIGHT:g}", class_="axis")]
    for at in ticks(axis.until, 12):
        x = axis.x(at)
        parts.append(single("path", d=f"M{x:.1f} {top:.1f}v5", class_="axis"))
        parts.append(element("text", f"{text.digits(at)} s", x=x, y=top + 18, class_="tick", text_anchor="middle"))
    return parts
