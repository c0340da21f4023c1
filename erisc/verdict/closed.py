"""Latency of a closed model leaves out those who would have come while the system stalled (coordinated omission)."""

from __future__ import annotations

import re

from erisc.verdict.history import RunHistory
from erisc.verdict.program import Criteria, Program

CLOSED = "closed"
_WORKLOAD = re.compile(r"\bworkload = '(?P<name>(?:[^']|'')*)'")


def closed_notes(program: Program, history: RunHistory) -> tuple[str, ...]:
    """A note when a KPI is worked out from latencies of users who wait for each answer before they ask again."""
    named = {
        load.name
        for cell in history.cells
        for load in cell.workloads
        if load.model == CLOSED and _timed(program.criteria[cell.criteria], load.name)
    }
    if not named:
        return ()
    return (
        f"closed model: {', '.join(sorted(named))}. Users ask again only after their answer, so that hardly anybody "
        "asks while the system stalls: the latencies are those of whom it served, not of all who would have come. "
        "Load in req/s is an open model, and counts them from the instant they were due",
    )


def _timed(criteria: Criteria, workload: str) -> bool:
    """Whether a term aggregates durations of the workload."""
    scans = {term.scan for kpi in criteria.kpis for term in kpi.terms if term.value == "duration_s"}
    read = [_WORKLOAD.search(scan.sql) for scan in criteria.scans if scan.id in scans]
    return any(found is None or found["name"] == workload for found in read)
