"""The Plan: what a spec means, expanded and normalised. Targets read this and nothing else.

Units are normalised: s, 1/s, bit/s, B, B/s, 1 (ratios and counts). Every element carries its source span. One *cell*
per sweep point and repeat. `erisc.compiler.plan_json` writes it as JSON; docs/schema/plan.schema.json describes
that form.
"""

from __future__ import annotations

from typing import Union

from erisc.base.record import record


@record
class Span:
    """A stretch of source. Lines and columns count from 1, columns in characters; the end is exclusive.

    file: the path as the spec names it, relative to the spec's folder with `/`; `std:faults` for the standard library.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


Scalar = bool | int | float | str
"""A plain value; quantities are already in their base unit."""


@record
class OutputRef:
    """The id of a tenant resource, known when the cell's topology is deployed: `apps` of topology `tenant`."""

    topology: str
    resource: str


@record
class Mapping:
    """A mapping argument, keys in the order of the spec."""

    items: tuple[tuple[str, Argument], ...]


Argument = Union[Scalar, OutputRef, Mapping, tuple["Argument", ...]]  # noqa: UP007 - `|` cannot name what comes later
"""A value handed to a tool: a scalar, a reference, a mapping or a list."""


# --- architecture: the contract a zone must meet ---------------------------------------------------------------------


@record
class Node:
    """A set of `count` hosts. The zone's inventory group of the same name must have at least as many.

    properties: what the author wrote (vcpus, ram in B, disk in B, image, ...), in base units.
    """

    name: str
    count: int
    properties: tuple[tuple[str, Scalar], ...]
    labels: tuple[tuple[str, str], ...]
    span: Span


@record
class Service:
    """A service that must run on a node set of the zone."""

    name: str
    on: str
    properties: tuple[tuple[str, Scalar], ...]
    span: Span


@record
class Architecture:
    name: str
    nodes: tuple[Node, ...]
    services: tuple[Service, ...]
    span: Span


# --- topology: what is deployed in tenant space ----------------------------------------------------------------------


@record
class TenantNetwork:
    """A tenant network with one subnet. cidr: IPv4 in CIDR form."""

    name: str
    cidr: str
    span: Span


@record
class TenantServer:
    """`count` servers, each on all `networks` (names of networks of the same topology)."""

    name: str
    count: int
    image: str
    flavor: str
    networks: tuple[str, ...]
    span: Span


@record
class Topology:
    name: str
    networks: tuple[TenantNetwork, ...]
    servers: tuple[TenantServer, ...]
    span: Span


# --- workloads -------------------------------------------------------------------------------------------------------


@record
class Stage:
    """One stage of load.

    kind: `ramp` or `hold`. name: the window's name, or "" when the author gave none.
    start, duration: s from t = 0 of the cell. level_from, level_to: 1/s in the open model, users in the closed one.
    """

    kind: str
    name: str
    start: float
    duration: float
    level_from: float
    level_to: float
    span: Span


@record
class Workload:
    """Load by one driver. model: `open` (arrivals follow the schedule) or `closed` (users that wait for their answer).

    driver: name of the load driver, `rally`. scenario: the driver's name of what is run.
    arguments: the scenario's arguments.
    """

    name: str
    driver: str
    scenario: str
    arguments: Mapping
    model: str
    stages: tuple[Stage, ...]
    span: Span


# --- faults ----------------------------------------------------------------------------------------------------------


@record
class Target:
    """Where a fault acts: `service` on the hosts that `selector` picks from node set `nodes`.

    selector: `one`, `any`, `all`. count: how many hosts `any` picks (1 for `one`, 0 for `all`).
    """

    service: str
    nodes: str
    selector: str
    count: int


@record
class Fault:
    """One planned instant of a fault.

    instance: 0, 1, ... for a periodic fault. at: s from t = 0. duration: s until it is healed; None when the action
    is over by itself. choice: 64 bits that decide which hosts `one` and `any` pick, fixed by the seed.
    """

    name: str
    instance: int
    at: float
    action: str
    target: Target
    duration: float | None
    choice: int
    span: Span


# --- cells -----------------------------------------------------------------------------------------------------------


@record
class Cell:
    """One point of the sweep, one repeat. id: `0001`, in the order of execution. point: swept parameters."""

    id: str
    point: tuple[tuple[str, Scalar], ...]
    repeat: int
    topologies: tuple[Topology, ...]
    workloads: tuple[Workload, ...]
    faults: tuple[Fault, ...]


# --- formulas --------------------------------------------------------------------------------------------------------


@record
class Window:
    """When to look. kind: `during`, `before`, `after`. of: a stage (`boot.steady`) or a fault (`mq_crash`).

    length: s, for `before W for D` and `after W for D`; None means the whole window (`during`), or, for `before`, from
    the start of the load to the window, and for `after`, from the window to the end of the load.
    """

    kind: str
    of: str
    length: float | None
    span: Span


@record
class Filter:
    """`column == value` (operator `==`, `!=`, `<`, `<=`, `>`, `>=`); a bare boolean column is `column == true`."""

    column: str
    operator: str
    value: Scalar
    span: Span


@record
class Selection:
    """Rows of a table, or one of its columns.

    table: `api` or `iterations`. workload: the workload whose rows are meant, "" for all.
    column: the column to aggregate, or the series (`rate`), or "" for the rows themselves.
    """

    table: str
    workload: str
    column: str
    filters: tuple[Filter, ...]
    window: Window | None
    span: Span


@record
class Number:
    """A constant in its base unit."""

    value: float
    span: Span


@record
class KpiRef:
    """The value of another KPI."""

    name: str
    span: Span


@record
class Unary:
    operator: str
    operand: Formula
    span: Span


@record
class Binary:
    """operator: `+`, `-`, `*`, `/`."""

    operator: str
    left: Formula
    right: Formula
    span: Span


@record
class Aggregate:
    """function: `count`, `sum`, `mean`, `min`, `max`, `p50`, `p90`, `p95`, `p99`, `p99_9`, ... over a selection."""

    function: str
    over: Selection
    span: Span


@record
class Recover:
    """Time from the onset of the fault until the series is back for good; see docs/verdict.md.

    within: the tolerance, a ratio of the baseline. combine: `max`, `mean`, `min` over the instances of the fault.
    """

    series: Selection
    within: float
    combine: str
    span: Span


Formula = Number | KpiRef | Unary | Binary | Aggregate | Recover


@record
class Kpi:
    """A named formula. type: duration, rate, ratio, count, number. unit: its base unit. source: the formula's text."""

    name: str
    type: str
    unit: str
    formula: Formula
    source: str
    span: Span


@record
class Slo:
    """kpi `operator` limit, judged with `confidence` (0..1). limit is in the KPI's base unit.

    operator: `<`, `<=`, `>`, `>=`. severity: critical, major, minor. display: the limit as the author wrote it.
    """

    name: str
    kpi: str
    operator: str
    limit: float
    display: str
    severity: str
    confidence: float
    span: Span


@record
class Plan:
    """One experiment, ready for the targets. spec: the file's name. parameters: every param with its value."""

    edition: int
    spec: str
    experiment: str
    seed: int
    parameters: tuple[tuple[str, Scalar], ...]
    architecture: Architecture
    cells: tuple[Cell, ...]
    kpis: tuple[Kpi, ...]
    slos: tuple[Slo, ...]
    span: Span
