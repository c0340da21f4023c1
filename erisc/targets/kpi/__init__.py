"""The KPI program: what is computed from the recorded tables, and what is demanded of it. Data, never code."""

from __future__ import annotations

from typing import Any

from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.lasting import levels
from erisc.compiler.plan import Cell, Criteria, Kpi, Metric, Plan, Search, Slo, Span, Stage, Workload
from erisc.targets.kpi.algebra import gradient
from erisc.targets.kpi.checks import check, reads
from erisc.targets.kpi.scans import Scans
from erisc.targets.kpi.terms import lower
from erisc.targets.protocol import Files, Mark

FORMAT = 2
PATH = "kpi/program.json"


@record
class KpiTarget:
    """Emits `kpi/program.json`; docs/schema/program.schema.json describes it."""

    name: str = "kpi"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Criteria": "supported",
            "Kpi": "supported",
            "Slo": "supported",
            "Number": "supported",
            "KpiRef": "supported",
            "Unary": "supported",
            "Binary": "lowered to one proportion term when a subset's count is divided by its set's, else supported",
            "Aggregate": "lowered to a term: a scan and a method of estimation; `degradation` to a quotient of two",
            "Rolling": "lowered to a term with a sliding window",
            "Recover": "lowered to a term: a scan and the method `recover`",
            "Selection": "lowered to a scan: SQL over the recorded tables",
            "Filter": "lowered to SQL",
            "Window": "supported",
            "Metric": "lowered to rows of the table `metrics`",
            "Search": "lowered to SLOs for its conditions, judged cell by cell",
            "Condition": "lowered to an SLO with a confidence of 95 %",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        found = check(plan)
        if found:
            return {}, found
        return {PATH: json_text.dump(_program(plan))}, ()

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        marks: list[Mark] = []
        for variant, criteria in enumerate(plan.criteria):
            at = f"/criteria/{variant}"
            marks += [Mark(f"{at}/kpis/{index}", kpi.span) for index, kpi in enumerate(criteria.kpis)]
            marks += [Mark(f"{at}/slos/{index}", slo.span) for index, slo in enumerate(criteria.slos)]
        return {PATH: tuple(marks)}


TARGET = KpiTarget()


def _program(plan: Plan) -> dict[str, Any]:
    metrics = {metric.name: metric for metric in plan.metrics}
    return {
        "format": FORMAT,
        "experiment": plan.experiment,
        "cells": [_cell(cell) for cell in plan.cells],
        "criteria": [_criteria(criteria, metrics, plan.search) for criteria in plan.criteria],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """What the load was meant to be: the bounds of its stages, and the levels a baseline is taken at."""
    return {
        "id": cell.id,
        "point": dict(cell.point),
        "repeat": cell.repeat,
        "criteria": cell.criteria,
        "workloads": [_workload(workload) for workload in cell.workloads],
    }


def _workload(workload: Workload) -> dict[str, Any]:
    stages = [_stage(stage) for stage in workload.stages]
    return {"name": workload.name, "scenario": workload.scenario, "model": workload.model, "stages": stages}


def _stage(stage: Stage) -> dict[str, Any]:
    """With its levels, each as from, to (s from the stage's start) and level, where it goes by steps."""
    held = [[one.start, one.end, float(one.low)] for one in levels(stage)] if stage.height or stage.dealt else []
    return _bounds(stage) | ({"levels": held} if held else {})


def _bounds(stage: Stage) -> dict[str, Any]:
    return {
        "kind": stage.kind,
        "name": stage.name,
        "start": None if stage.start is None else float(stage.start),
        "duration": None if stage.duration is None else float(stage.duration),
        "from": float(stage.level_from),
        "to": float(stage.level_to),
    }


def _criteria(criteria: Criteria, metrics: dict[str, Metric], search: Search | None) -> dict[str, Any]:
    scans = Scans(metrics)
    kpis = [_kpi(kpi, scans) for kpi in criteria.kpis]
    for kpi in criteria.kpis:
        for over, name in ((over, name) for over in reads(kpi, criteria) for name in kpi.by):
            scans.of(over).label(name)
    return {"scans": scans.data(), "kpis": kpis, "slos": [_slo(slo) for slo in (*criteria.slos, *_conditions(search))]}


def _conditions(search: Search | None) -> list[Slo]:
    """What must hold where a search looks, as SLOs of the search."""
    conditions = search.conditions if search else ()
    name = search.name if search else ""
    return [
        Slo(f"{name}_{index}", one.kpi, one.operator, one.limit, one.display, "critical", 0.95, None, one.span)
        for index, one in enumerate(conditions, 1)
    ]


def _kpi(kpi: Kpi, scans: Scans) -> dict[str, Any]:
    terms, expression = lower(kpi.formula, scans)
    return {
        "name": kpi.name,
        "type": kpi.type,
        "unit": kpi.unit,
        "source": kpi.source,
        "by": list(kpi.by),
        "span": _span(kpi.span),
        "terms": terms,
        "expression": expression,
        "gradient": gradient(expression),
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
        "runs": slo.runs,
        "span": _span(slo.span),
    }


def _span(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}
