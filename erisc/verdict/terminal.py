"""The verdict as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.verdict import text
from erisc.verdict.model import BROKEN, FAIL, INCONCLUSIVE, PASS, CellVerdict, KpiResult, Verdict

COLOURS = {PASS: "32", FAIL: "31", INCONCLUSIVE: "33", BROKEN: "35"}
SHOWN_LOSSES = 5


def render(verdict: Verdict, color: bool) -> str:
    """KPIs and SLOs of every cell, and the outcome. color: with ANSI colours. Ends with a newline."""
    lines: list[str] = []
    for cell in verdict.cells:
        lines += [*_cell(cell, color), ""]
    lines += [f"note: {_clean(note)}" for note in verdict.notes]
    lines += _losses(verdict)
    lines.append(_total(verdict, color))
    return "\n".join(lines) + "\n"


def _cell(cell: CellVerdict, color: bool) -> list[str]:
    kpis = [("KPI", "value", "95 % interval", "n", "method"), *(_kpi(kpi) for kpi in cell.kpis)]
    slos = [
        ("SLO", "rule", "severity", "outcome", "reason"),
        *((slo.name, slo.rule, slo.severity, slo.outcome, slo.reason) for slo in cell.slos),
    ]
    place = _clean(text.point(cell.point, cell.repeat))
    heading = f"cell {_clean(cell.id)} ({place}): {_painted(cell.outcome, cell.outcome, color)}"
    tables = [["", *_table(rows, color)] for rows in (kpis, slos) if len(rows) > 1]
    return [heading, *(line for table in tables for line in table)]


def _kpi(kpi: KpiResult) -> tuple[str, ...]:
    return (
        kpi.name,
        text.quantity(kpi.value, kpi.type, kpi.unit),
        text.interval(kpi.interval, kpi.type, kpi.unit),
        str(kpi.n),
        "; ".join(part for part in (kpi.method, kpi.note) if part),
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
    slos = [slo.outcome for cell in verdict.cells for slo in cell.slos]
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
