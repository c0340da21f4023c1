"""The verdict as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.verdict import text
from erisc.verdict.model import (
    BROKEN,
    FAIL,
    INCONCLUSIVE,
    PASS,
    CellVerdict,
    KpiResult,
    LabelResult,
    PointVerdict,
    Verdict,
)

COLOURS = {PASS: "32", FAIL: "31", INCONCLUSIVE: "33", BROKEN: "35"}
SHOWN_LOSSES = 5


def render(verdict: Verdict, color: bool) -> str:
    """KPIs and SLOs of every sweep point, and the outcome. color: with ANSI colours. Ends with a newline.

    Of the repeats of a point only the outcomes are shown: verdict.json and the report have the rest.
    """
    cells = {cell.id: cell for cell in verdict.cells}
    lines: list[str] = []
    for point in verdict.points:
        skipped = [cells[name] for name in point.skipped]
        lines += [*_point(point, [cells[name] for name in point.cells], skipped, color), ""]
    lines += [f"note: {_clean(note)}" for note in verdict.notes]
    lines += _losses(verdict)
    lines.append(_total(verdict, color))
    return "\n".join(lines) + "\n"


def _point(point: PointVerdict, cells: Sequence[CellVerdict], skipped: Sequence[CellVerdict], color: bool) -> list[str]:
    tables = [["", *_table(rows, color)] for rows in (_kpis(point), _slos(point)) if len(rows) > 1]
    return [*_heading(point, cells, color), *_skipped(skipped), *(line for table in tables for line in table)]


def _heading(point: PointVerdict, cells: Sequence[CellVerdict], color: bool) -> list[str]:
    if len(cells) == 1 and not point.skipped:
        return [_cell(cells[0], color)]
    place = _clean(text.swept(point.point, len(cells), len(point.skipped)))
    own = [f"  {_cell(cell, color)}" for cell in cells if cell.slos]
    return [f"point ({place}): {_painted(point.outcome, point.outcome, color)}", *own]


def _skipped(cells: Sequence[CellVerdict]) -> list[str]:
    """The cells that were not run, those with the same reason in one line."""
    reasons = dict.fromkeys(cell.note for cell in cells)
    named = [(", ".join(cell.id for cell in cells if cell.note == reason), reason) for reason in reasons]
    return [f"  skipped {_clean(ids)}: {_clean(reason)}" for ids, reason in named]


def _cell(cell: CellVerdict, color: bool) -> str:
    place = _clean(text.point(cell.point, cell.repeat))
    return f"cell {_clean(cell.id)} ({place}): {_painted(cell.outcome, cell.outcome, color)}"


def _slos(point: PointVerdict) -> list[tuple[str, ...]]:
    rows = ((slo.name, slo.rule, slo.severity, slo.outcome, slo.reason) for slo in point.slos)
    return [("SLO", "rule", "severity", "outcome", "reason"), *rows]


def _kpis(point: PointVerdict) -> list[tuple[str, ...]]:
    return [("KPI", "value", "95 % interval", "n", "method"), *(row for kpi in point.kpis for row in _kpi(kpi))]


def _kpi(kpi: KpiResult) -> list[tuple[str, ...]]:
    """The KPI, and a row for every label."""
    return [_row(kpi.name, kpi, kpi), *(_row(f"  {text.labels(one.labels)}", one, kpi) for one in kpi.by)]


def _row(name: str, found: KpiResult | LabelResult, kpi: KpiResult) -> tuple[str, ...]:
    return (
        name,
        text.quantity(found.value, kpi.type, kpi.unit),
        text.interval(found.interval, kpi.type, kpi.unit),
        str(found.n),
        "; ".join(part for part in (found.method, found.note) if part),
    )


def _table(rows: Sequence[Sequence[str]], color: bool) -> list[str]:
    """Columns padded to their widest cell, the last one as it is; outcomes painted after padding."""
    cleaned = [[_clean(word) for word in row] for row in rows]
    widths = [max(len(row[column]) for row in cleaned) for column in range(len(cleaned[0]) - 1)]
    lines = []
    for row in cleaned:
        padded = [_painted(word.ljust(width), word, color) for word, width in zip(row, widths, strict=False)]
        lines.append(("  " + "  ".join([*padded, row[-1]])).rstrip())
    return lines


def _losses(verdict: Verdict) -> list[str]:
    shown = [
        f"loss: {_clean(loss.file)}{f':{loss.line}' if loss.line else ''}: {_clean(loss.what)}"
        for loss in verdict.losses[:SHOWN_LOSSES]
    ]
    more = len(verdict.losses) - SHOWN_LOSSES
    return [*shown, f"loss: {more} more, see verdict.json"] if more > 0 else shown


def _total(verdict: Verdict, color: bool) -> str:
    slos = [slo.outcome for point in verdict.points for slo in point.slos]
    counts = [f"{slos.count(outcome)} {word}" for outcome, word in _WORDS.items() if outcome in slos]
    said = text.listed(counts) or "no SLO was judged"
    return f"{_painted(verdict.outcome, verdict.outcome, color)}: {_clean(verdict.experiment)}: {said}"


_WORDS = {PASS: "passed", FAIL: "failed", INCONCLUSIVE: "inconclusive"}


def _painted(shown: str, outcome: str, color: bool) -> str:
    code = COLOURS.get(outcome)
    return f"\x1b[1;{code}m{shown}\x1b[0m" if color and code else shown


def _clean(word: str) -> str:
    """Without control characters: what a system under test says must not drive the reader's terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in word)
