"""Rows of load: the level over time in blocks, and the named stages below."""

from __future__ import annotations

import math

from erisc.base.record import record
from erisc.cli.plan_chart.axis import Axis
from erisc.cli.plan_chart.look import Look
from erisc.cli.plan_chart.words import level, spoken, stage_in_words
from erisc.compiler.lasting import levels
from erisc.compiler.plan import Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@record
class _Piece:
    """A stretch of load on the axis: s from t = 0, levels at both ends."""

    begin: float
    end: float
    low: float
    high: float


def load_rows(workload: Workload, axis: Axis, look: Look) -> Iterator[str]:
    """The level, with the most it reaches; then the names of its stages; then what cannot be drawn."""
    top = highest(workload)
    pieces = list(_pieces(workload))
    cells = [_cell(axis, look, pieces, column, top) for column in range(axis.columns)]
    yield look.cut(load_label(workload), axis.margin - 1).ljust(axis.margin) + look.paint(
        "load", "".join(cells).rstrip()
    )
    if any(stage.name and stage.start is not None for stage in workload.stages):
        yield " " * axis.margin + look.paint("dim", _names(workload, axis, look).rstrip())
    later = [stage for stage in workload.stages if stage.start is None or stage.duration is None]
    if later:
        told = ", ".join(stage_in_words(stage, workload.model) for stage in later)
        yield look.cut(f"{' ' * axis.margin}{look.glyphs.unknown} only the run can tell how long: {told}", look.width)


def highest(workload: Workload) -> float:
    """The most that its load reaches."""
    return max(max(stage.level_from, stage.level_to) for stage in workload.stages)


def load_label(workload: Workload) -> str:
    """`boot 50 req/s`: the name, the most that its load reaches, and how it is spread."""
    spread = f", {workload.arrivals}" if workload.arrivals != "paced" else ""
    think = f", think {spoken(workload.think)}" if workload.think else ""
    return f"{workload.name} {level(highest(workload), workload.model)}{spread}{think}"


def arrival(workload: Workload, number: int) -> float | None:
    """When an open workload begins its iteration of this number, s from t = 0; None when the plan does not tell.

    Paced, the runner begins iteration k, from 1, where the integral of the level reaches k - 1/2.
    """
    due = number - 0.5
    for piece in _pieces(workload) if (workload.model, workload.arrivals) == ("open", "paced") else ():
        length = piece.end - piece.begin
        planned = (piece.low + piece.high) / 2 * length
        if due < planned:
            slope = (piece.high - piece.low) / length
            return piece.begin + 2 * due / (piece.low + math.sqrt(max(piece.low**2 + 2 * slope * due, 0.0)))
        due -= planned
    return None


def _pieces(workload: Workload) -> Iterator[_Piece]:
    for stage in workload.stages:
        if stage.start is None:
            return
        for one in levels(stage):
            yield _Piece(stage.start + one.start, stage.start + one.end, one.low, one.high)


def _cell(axis: Axis, look: Look, pieces: list[_Piece], column: int, top: float) -> str:
    at = axis.middle(column)
    piece = next((one for one in pieces if one.begin <= at < one.end), None)
    if piece is None:
        return " "
    height = piece.low + (piece.high - piece.low) * (at - piece.begin) / (piece.end - piece.begin)
    glyphs = look.glyphs
    if height <= 0 or top <= 0:
        return glyphs.nothing
    return glyphs.levels[min(int(height / top * len(glyphs.levels) - 1e-9), len(glyphs.levels) - 1)]


def _names(workload: Workload, axis: Axis, look: Look) -> str:
    row = [" "] * axis.columns
    for stage in workload.stages:
        if not stage.name or stage.start is None:
            continue
        end = axis.end if stage.duration is None else stage.start + stage.duration
        draw_bar(row, axis.stretch(stage.start, end), stage.name, look)
    return "".join(row)


def draw_bar(row: list[str], where: range, name: str, look: Look) -> None:
    """`├─ steady ───┤`, as much of it as there is room for."""
    glyphs, width = look.glyphs, len(where)
    if width == 1:
        row[where.start] = glyphs.begin
        return
    text = list(glyphs.begin + glyphs.bar * (width - 2) + glyphs.end)
    if width >= 5:
        shown = look.cut(name, width - 4)
        text[2 : 2 + len(shown)] = shown
    row[where.start : where.stop] = text
