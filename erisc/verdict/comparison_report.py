"""A comparison as a table for a terminal, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from erisc.verdict import text
from erisc.verdict.comparison import Comparison
from erisc.verdict.comparison_row import BETTER, INCONCLUSIVE, SAME, WORSE, Row

COLOURS = {BETTER: "32", WORSE: "31", INCONCLUSIVE: "33", SAME: "2"}
HEADING = ("what", "A", "B", "change", "95 % interval", "p", "P(B>A)", "outcome")


def render(found: Comparison, color: bool) -> str:
    """The table and the outcome. color: with ANSI colours. Ends with a newline."""
    lines = [f"A: {_clean(found.a)}", f"B: {_clean(found.b)}"]
    for point in dict.fromkeys(row.point for row in found.rows):
        rows = [row for row in found.rows if row.point == point]
        if point:
            lines += ["", "at " + ", ".join(f"{name} = {value}" for name, value in point)]
        lines += ["", *_table([_cells(row) for row in rows], color)]
    lines += ["", *(f"note: {_clean(note)}" for note in found.notes), _total(found, color)]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    type_ = "ratio" if row.unit == "1" else "duration"
    superior = "" if row.superiority is None else f"{row.superiority:.2f}"
    what = row.subject if row.subject.startswith("kpi ") else f"{row.subject}, {row.aspect}"
    said = row.outcome if not row.note else f"{row.outcome}: {row.note}"
    return (
        what, text.quantity(row.a, type_, row.unit), text.quantity(row.b, type_, row.unit),
        _change(row, row.change.estimate), f"{_change(row, row.change.low)} to {_change(row, row.change.high)}",
        f"{row.adjusted:.2g}" if row.adjusted >= 1e-4 else "<0.0001", superior, said,
    )  # fmt: skip


def _change(row: Row, value: float) -> str:
    """Relative in percent, of shares in points, else in the unit."""
    if math.isinf(value) or (not row.absolute and value <= -1):
        return "…"
    if not row.absolute:
        return f"{value * 100:+.3g} %"
    return f"{value * 100:+.3g} pt" if row.unit == "1" else f"{value:+.4g} {row.unit}".rstrip()


def _table(rows: Sequence[Sequence[str]], color: bool) -> list[str]:
    cleaned = [HEADING, *([_clean(word) for word in row] for row in rows)]
    widths = [max(len(row[column]) for row in cleaned) for column in range(len(HEADING) - 1)]
    lines = []
    for row in cleaned:
        last = row[-1]
        code = COLOURS.get(last.split(":")[0])
        shown = f"\x1b[1;{code}m{last}\x1b[0m" if color and code else last
        lines.append("  " + "  ".join([*(word.ljust(width) for word, width in zip(row, widths, strict=False)), shown]))
    return lines


def _total(found: Comparison, color: bool) -> str:
    outcomes = [row.outcome for row in found.rows]
    counts = [f"{outcomes.count(word)} {word}" for word in (WORSE, BETTER, SAME, INCONCLUSIVE) if word in outcomes]
    shown = f"\x1b[1;{COLOURS[found.outcome]}m{found.outcome}\x1b[0m" if color else found.outcome
    limits = (
        f"below {text.percent(found.limits.effect)} (shares: {found.limits.points * 100:.4g} points) no change matters"
    )
    return f"{shown}: {text.listed(counts) or 'nothing was compared'}; {limits}"


def _clean(word: str) -> str:
    """Without control characters: what a system under test says must not drive the reader's terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in word)


def to_data(found: Comparison) -> dict[str, Any]:
    """The comparison as dictionaries and lists (docs/formats.md)."""
    return {
        "format": 1,
        "a": found.a,
        "b": found.b,
        "outcome": found.outcome,
        "exit_code": found.exit_code,
        "min_effect": found.limits.effect,
        "min_points": found.limits.points,
        "false_discovery_rate": found.limits.discovery,
        "rows": [_row(row) for row in found.rows],
        "notes": list(found.notes),
    }


def _row(row: Row) -> dict[str, Any]:
    change = row.change
    widest = max(abs(change.low), abs(change.high))
    return {
        "subject": row.subject,
        "point": dict(row.point),
        "aspect": row.aspect,
        "unit": row.unit,
        "a": row.a,
        "b": row.b,
        "change": _number(change.estimate),
        "interval": [_number(change.low), _number(change.high)],
        "relative": not row.absolute,
        "no_change_larger_than": _number(widest),
        "p": change.p,
        "p_adjusted": row.adjusted,
        "superiority": row.superiority,
        "samples": {"a": row.samples[0], "b": row.samples[1], "of": row.unit_of_samples},
        "outcome": row.outcome,
        "note": row.note,
    }


def _number(value: float) -> float | None:
    return float(f"{value:.9g}") if math.isfinite(value) else None
