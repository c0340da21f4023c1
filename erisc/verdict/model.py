"""The verdict as data, and its form in verdict.json (docs/formats.md)."""

from __future__ import annotations

import math
from typing import Any

from erisc.base import failure, json_text
from erisc.base.record import record

PASS, FAIL, INCONCLUSIVE, BROKEN = "pass", "fail", "inconclusive", "broken"
SKIPPED = "skipped"
"""Of a cell that was not run because its sweep point was decided."""

EXIT_CODES = {
    PASS: failure.PASS,
    FAIL: failure.SLO_FAILED,
    INCONCLUSIVE: failure.INCONCLUSIVE,
    BROKEN: failure.BROKEN_BED,
}

Interval = tuple[float | None, float | None]
"""Both ends in the KPI's base unit; None is an end that the data cannot bound."""


@record
class Place:
    """Where in the spec something is said; line and column count from 1."""

    file: str
    line: int
    column: int


@record
class Loss:
    """What was recorded and could not be used. file: relative to the run directory, or a foreign file's name.

    line: line or row, from 1, 0 for the whole file. column: of a table, "" when the row as a whole is meant.
    """

    file: str
    line: int
    what: str
    column: str = ""


@record
class LabelResult:
    """What a KPI came to for the rows with these labels; as in KpiResult."""

    labels: tuple[tuple[str, str], ...]
    value: float | None
    interval: Interval | None
    n: int
    method: str
    note: str


@record
class KpiResult:
    """What one KPI came to in one cell, or over the repeats of a sweep point.

    value: in `unit`, None when it cannot be told. n: samples that were used. by: its values by label, where it has
    them; bins: lower end, upper end and count of every bin of a histogram.
    """

    name: str
    type: str
    value: float | None
    unit: str
    interval: Interval | None
    confidence: float
    n: int
    method: str
    note: str
    by: tuple[LabelResult, ...] = ()
    bins: tuple[tuple[float, float, int], ...] = ()


@record
class Decided:
    """A decision that was made before all `planned` runs were, after so many. rule: by what, for people."""

    after: int
    planned: int
    rule: str


@record
class SloResult:
    """One SLO judged in one cell, or over the repeats of a sweep point.

    interval: each end holds with `confidence` on its own; limit: in the KPI's unit. decided: None when it is judged on
    all that was due.
    """

    name: str
    kpi: str
    rule: str
    limit: float
    severity: str
    outcome: str
    reason: str
    value: float | None
    type: str
    unit: str
    interval: Interval | None
    confidence: float
    n: int
    span: Place
    decided: Decided | None = None


@record
class CellVerdict:
    """One cell. point: the swept parameters and their values. note: why it was skipped, when it was."""

    id: str
    point: tuple[tuple[str, Any], ...]
    repeat: int
    outcome: str
    kpis: tuple[KpiResult, ...]
    slos: tuple[SloResult, ...]
    note: str = ""


@record
class PointVerdict:
    """One sweep point: its repeats taken together. cells: their ids; skipped: of those that need not be made."""

    point: tuple[tuple[str, Any], ...]
    cells: tuple[str, ...]
    outcome: str
    kpis: tuple[KpiResult, ...]
    slos: tuple[SloResult, ...]
    skipped: tuple[str, ...] = ()


@record
class Verdict:
    """What a run came to. points decide, cells explain: an SLO over several runs is judged at the point alone.

    notes: what a reader of the outcome must know (broken bed, another program, ...).
    """

    run: str
    experiment: str
    outcome: str
    points: tuple[PointVerdict, ...]
    cells: tuple[CellVerdict, ...]
    losses: tuple[Loss, ...]
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 1 an SLO failed, 3 inconclusive, 4 the test bed broke."""
        return EXIT_CODES[self.outcome]

    def to_json(self) -> str:
        """The text of verdict.json, a newline at the end."""
        return json_text.dump(self.to_data()).decode()

    def to_data(self) -> dict[str, Any]:
        """verdict.json as dictionaries and lists."""
        return {
            "format": 1,
            "run": self.run,
            "experiment": self.experiment,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            **(_values(self.points[0]) if len(self.points) == 1 else {}),
            "points": [_point(point) for point in self.points],
            "cells": [_cell(cell) for cell in self.cells],
            "losses": [_loss(loss) for loss in self.losses],
            "notes": list(self.notes),
        }


def _loss(loss: Loss) -> dict[str, Any]:
    return {"file": loss.file, "line": loss.line, "column": loss.column, "what": loss.what}


def _cell(cell: CellVerdict) -> dict[str, Any]:
    return {
        "id": cell.id,
        "point": dict(cell.point),
        "repeat": cell.repeat,
        "outcome": cell.outcome,
        **({"note": cell.note} if cell.note else {}),
        **_values(cell),
    }


def _point(point: PointVerdict) -> dict[str, Any]:
    return {
        "point": dict(point.point),
        "cells": list(point.cells),
        **({"skipped": list(point.skipped)} if point.skipped else {}),
        "outcome": point.outcome,
        **_values(point),
    }


def _values(of: CellVerdict | PointVerdict) -> dict[str, Any]:
    return {"kpis": {kpi.name: _kpi(kpi) for kpi in of.kpis}, "slos": [_slo(slo) for slo in of.slos]}


def _kpi(kpi: KpiResult) -> dict[str, Any]:
    return {
        "value": _short(kpi.value),
        "type": kpi.type,
        "unit": kpi.unit,
        "interval": _ends(kpi.interval),
        "confidence": kpi.confidence,
        "n": kpi.n,
        "method": kpi.method,
        "note": kpi.note,
        **({"by": [_label(one) for one in kpi.by]} if kpi.by else {}),
        **({"bins": [[_short(low), _short(high), count] for low, high, count in kpi.bins]} if kpi.bins else {}),
    }


def _label(one: LabelResult) -> dict[str, Any]:
    return {
        "labels": dict(one.labels),
        "value": _short(one.value),
        "interval": _ends(one.interval),
        "n": one.n,
        "method": one.method,
        "note": one.note,
    }


def _slo(slo: SloResult) -> dict[str, Any]:
    return {
        "name": slo.name,
        "kpi": slo.kpi,
        "rule": slo.rule,
        "severity": slo.severity,
        "outcome": slo.outcome,
        "reason": slo.reason,
        "value": _short(slo.value),
        "interval": _ends(slo.interval),
        "confidence": slo.confidence,
        "n": slo.n,
        **({"decided": _decided(slo.decided)} if slo.decided else {}),
        "span": {"file": slo.span.file, "line": slo.span.line, "column": slo.span.column},
    }


def _decided(decided: Decided) -> dict[str, Any]:
    return {"after": decided.after, "planned": decided.planned, "rule": decided.rule}


def _ends(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else [_short(interval[0]), _short(interval[1])]


def _short(value: float | None) -> float | None:
    """Nine significant digits: more is noise, and the same on every machine."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.9g}") + 0.0
