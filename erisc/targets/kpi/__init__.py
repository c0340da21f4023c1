"""The KPI program: what is computed from the recorded tables, and what is demanded of it. Data, never code."""

from __future__ import annotations

from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Kpi, Plan, Slo, Span, Stage, Workload
from erisc.targets.kpi.checks import check
from erisc.targets.kpi.terms import lower
from erisc.targets.protocol import Files, Mark

FORMAT = 1
PATH = "kpi/program.json"


@record
class KpiTarget:
    """Emits `kpi/program.json`; docs/schema/program.schema.json describes it."""

    name: str = "kpi"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Criteria": "supported",
            "Rolling": "refused: not yet",
            "Metric": "refused: not yet",
            "Search": "refused: not yet",
            "Condition": "refused: not yet",
            "Kpi": "supported",
            "Slo": "supported",
            "Number": "supported",
            "KpiRef": "supported",
            "Unary": "supported",
            "Binary": "lowered to one proportion term when a subset's count is divided by its set's, else supported",
            "Aggregate": "lowered to a term: SQL and a method of estimation",
            "Recover": "lowered to a term: SQL for the series and the method `recover`",
            "Selection": "lowered to SQL over the tables iterations and api",
            "Filter": "lowered to SQL",
            "Window": "lowered to SQL over the table windows",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        found = check(plan)
        if found:
            return {}, found
        return {PATH: json_text.dump(_program(plan))}, ()

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        kpis = [Mark(f"/kpis/{index}", kpi.span) for index, kpi in enumerate(plan.criteria[0].kpis)]
        slos = [Mark(f"/slos/{index}", slo.span) for index, slo in enumerate(plan.criteria[0].slos)]
        return {PATH: (*kpis, *slos)}


TARGET = KpiTarget()


def _program(plan: Plan) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "experiment": plan.experiment,
        "cells": [_cell(cell) for cell in plan.cells],
        "kpis": [_kpi(kpi) for kpi in plan.criteria[0].kpis],
        "slos": [_slo(slo) for slo in plan.criteria[0].slos],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """What the load was meant to be: the bounds of its stages, and the levels a baseline is taken at."""
    return {
        "id": cell.id,
        "point": dict(cell.point),
        "repeat": cell.repeat,
        "workloads": [_workload(workload) for workload in cell.workloads],
    }


def _workload(workload: Workload) -> dict[str, Any]:
    stages = [_stage(stage) for stage in workload.stages]
    return {"name": workload.name, "model": workload.model, "stages": stages}


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "kind": stage.kind,
        "name": stage.name,
        "start": float(stage.start or 0.0),
        "duration": float(stage.duration or 0.0),
        "from": float(stage.level_from),
        "to": float(stage.level_to),
    }


def _kpi(kpi: Kpi) -> dict[str, Any]:
    terms, expression = lower(kpi.formula)
    return {
        "name": kpi.name,
        "type": kpi.type,
        "unit": kpi.unit,
        "source": kpi.source,
        "span": _span(kpi.span),
        "terms": terms,
        "expression": expression,
    }


def _slo(slo: Slo) -> dict[str, Any]:
    return {
        "name": slo.name,
        "kpi": slo.kpi,
        "operator": slo.operator,
        "limit": float(slo.limit),
        "rule": f"{slo.kpi} {slo.operator} {slo.display}",
        "severity": slo.severity,
        "confidence": float(slo.confidence),
        "span": _span(slo.span),
    }


def _span(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}
