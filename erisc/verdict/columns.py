"""The tables of a cell, column by column; docs/formats.md says what they hold."""

from __future__ import annotations

DOUBLE, VARCHAR, BIGINT, INTEGER, BOOLEAN = "DOUBLE", "VARCHAR", "BIGINT", "INTEGER", "BOOLEAN"
MAP = "MAP(VARCHAR, VARCHAR)"

Columns = dict[str, str]
"""Names and DuckDB types, in the order of the table."""

RECORDED: dict[str, Columns] = {
    "iterations": {
        "workload": VARCHAR,
        "iteration": BIGINT,
        "stage": VARCHAR,
        "intended_s": DOUBLE,
        "started_s": DOUBLE,
        "finished_s": DOUBLE,
        "duration_s": DOUBLE,
        "ok": BOOLEAN,
        "error": VARCHAR,
    },
    "api": {
        "workload": VARCHAR,
        "iteration": BIGINT,
        "op": VARCHAR,
        "intended_s": DOUBLE,
        "started_s": DOUBLE,
        "duration_s": DOUBLE,
        "ok": BOOLEAN,
    },
    "windows": {
        "name": VARCHAR,
        "kind": VARCHAR,
        "instance": INTEGER,
        "start_s": DOUBLE,
        "end_s": DOUBLE,
        "injected": BOOLEAN,
    },
    "faults": {
        "fault": VARCHAR,
        "action": VARCHAR,
        "service": VARCHAR,
        "hosts": VARCHAR,
        "instance": INTEGER,
        "planned_s": DOUBLE,
        "called_s": DOUBLE,
        "effective_s": DOUBLE,
        "heal_called_s": DOUBLE,
        "healed_s": DOUBLE,
        "error": VARCHAR,
    },
}
"""What every run records: iterations and API calls, windows and faults."""


def _samples(labels: str, values: str, /, **special: str) -> Columns:
    """A table of samples: its labels, when, its values."""
    columns = {name: special.get(name, VARCHAR) for name in labels.split()}
    return columns | {name: special.get(name, DOUBLE) for name in ("at_s", "interval_s", *values.split())}


SAMPLED: dict[str, Columns] = {
    "net": _samples(
        "workload host peer az protocol direction stream", "goodput packets rtt_s jitter_s loss retransmits"
    ),
    "storage": _samples(
        "workload host az job op",
        "iops bandwidth latency_s latency_p50_s latency_p95_s latency_p99_s latency_p99_9_s errors",
    ),
    "cpu": _samples("workload host az cpu", "used user system iowait steal throughput"),
    "memory": _samples("workload host az", "total used available swapped throughput"),
    "host": _samples("host az name labels", "value", labels=MAP),
    "service": _samples("host az service name labels", "value", labels=MAP),
    "probes": _samples("name host target error", "ok duration_s", ok=BOOLEAN),
    "routes": _samples("host peer protocol prefix next_hop event", "metric"),
    "metrics": _samples("metric labels", "value", labels=MAP),
}
"""Samples beside the load: labels, `at_s`, `interval_s`, values."""

COLUMNS: dict[str, Columns] = RECORDED | SAMPLED
