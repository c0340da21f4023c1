"""The Plan: what a spec means, expanded and normalised. Targets read this and nothing else.

Units are normalised: s, 1/s, bit/s, B, B/s, 1 (ratios and counts). Every element carries its source span. One *cell*
per sweep point and repeat. `erisc.compiler.plan_json` writes it as JSON; docs/schema/plan.schema.json describes
that form.
"""

from __future__ import annotations

from _collections_abc import Sequence  # not what imports all of `collections`

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


Argument = Scalar | OutputRef | Mapping | tuple["Argument", ...]
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
class Link:
    """A network of the site: bandwidth in bit/s, delay in s and what else the author wrote, in base units."""

    name: str
    properties: tuple[tuple[str, Scalar], ...]
    span: Span


@record
class Architecture:
    name: str
    nodes: tuple[Node, ...]
    services: tuple[Service, ...]
    links: tuple[Link, ...]
    span: Span


# --- topology: what is deployed in tenant space ----------------------------------------------------------------------


@record
class TenantNetwork:
    """A tenant network with one subnet. cidr: IPv4 in CIDR form.

    floating: its servers get floating addresses when a router leads from it to a gateway.
    """

    name: str
    cidr: str
    floating: bool
    span: Span


@record
class Router:
    """A router between `connects`, names of networks of the same topology.

    gateway: the name of the cloud's external network, "" for none.
    """

    name: str
    connects: tuple[str, ...]
    gateway: str
    span: Span


@record
class TenantServer:
    """`count` servers, each on all `networks` (names of networks of the same topology).

    image: the name of an image of the cloud, or of one of the Plan's `images`.
    """

    name: str
    count: int
    image: str
    flavor: str
    networks: tuple[str, ...]
    span: Span


@record
class Placement:
    """Where servers stand relative to each other, in the words of Shaker's `accommodation`.

    kind: `pair` (the n-th servers of two sets belong together) or `alone` (one set); servers: names of server sets of
    the same topology. accommodation: `single_room` (every server on a host of its own), `double_room` (a pair, or two
    servers, share a host), `mixed_room` (as many to a host, but a pair on two hosts), `cross_az` (a pair in two
    zones), `best_effort` (apart as far as there is room).
    """

    kind: str
    servers: tuple[str, ...]
    accommodation: str
    span: Span


@record
class Topology:
    name: str
    networks: tuple[TenantNetwork, ...]
    routers: tuple[Router, ...]
    servers: tuple[TenantServer, ...]
    placements: tuple[Placement, ...]
    span: Span


@record
class Image:
    """An image that is built before it is used. base: what it is made from. disk: B, None when not said."""

    name: str
    base: str
    packages: tuple[str, ...]
    disk: float | None
    properties: tuple[tuple[str, Scalar], ...]
    span: Span


@record
class Metric:
    """A series that is recorded beside the load: a table of its name with `at`, `value` and the columns `by`.

    type, unit: of `value`, in its base unit. source: name of the driver (`prometheus`, `command`, `file`) with its
    arguments. every: s between samples.
    """

    name: str
    type: str
    unit: str
    source: str
    arguments: Mapping
    by: tuple[str, ...]
    every: float
    span: Span


# --- workloads -------------------------------------------------------------------------------------------------------


@record
class Dealt:
    """Users that a part of a mix has from `at` on, s from the stage's start."""

    at: float
    users: float


@record
class Stage:
    """One stage of load.

    kind: `ramp`, `hold` or `step`. name: the window's name, or "" when the author gave none.
    start, duration: s from t = 0 of the cell; None when only the run can tell: a closed stage bounded by iterations,
    and what comes after it. iterations: how many bound it, None when time does.
    level_from, level_to: 1/s in the open model, users in the closed one, bit/s of traffic.
    height, every: of a `step` stage: the level goes up or down by `height` every `every` s, and stays at `level_to` for
    as long; None for the others. dealt: of a part of a mix of users, how many it has over time, where that changes.
    """

    kind: str
    name: str
    start: float | None
    duration: float | None
    iterations: int | None
    level_from: float
    level_to: float
    height: float | None
    every: float | None
    span: Span
    dealt: tuple[Dealt, ...] = ()


@record
class Workload:
    """Load by one driver. model: `open` (arrivals follow the schedule), `closed` (users that wait for their answer)
    or `traffic` (bits offered to a network).

    driver: name of the load driver, `rally`. scenario: the driver's name of what is run.
    arguments: the scenario's arguments. arrivals: of the open model, `paced` (evenly) or `poisson`, drawn from
    `choice`, 64 bits fixed by the seed. think: s a user of the closed model waits between two iterations.
    takes: the scenario's parameters as a recorded catalogue of the spec's has them; None: the driver's target knows.
    """

    name: str
    driver: str
    scenario: str
    arguments: Mapping
    model: str
    stages: tuple[Stage, ...]
    span: Span
    arrivals: str = "paced"
    choice: int = 0
    think: float = 0.0
    takes: str | None = None


# --- faults ----------------------------------------------------------------------------------------------------------


@record
class Target:
    """Where an effect acts: `service` on the hosts that `selector` picks from node set `nodes`, or, with a `topology`,
    on its servers of the set `nodes`.

    service: "" when the hosts themselves are meant. selector: `one`, `any`, `all`, `minority`, `majority`, `primary`,
    `each` (one host after the other). count: how many hosts `any` picks (1 for `one`, 0 for the others).
    primary: the service whose primary is asked for, "" for other selectors. where: only hosts whose labels fit.
    """

    service: str
    nodes: str
    selector: str
    count: int
    primary: str
    where: tuple[Filter, ...]
    topology: str = ""


@record
class Effect:
    """One action on one target. arguments: the action's own. duration: s until it is healed; None when the action is
    over by itself. choice: 64 bits that decide which hosts are picked, fixed by the seed.
    """

    action: str
    target: Target
    arguments: Mapping
    duration: float | None
    choice: int
    span: Span


Steps = tuple[tuple[Effect, ...], ...]
"""Steps follow each other (`then`): the next begins when all of the one before has ended. The effects of a step begin
together (`together`)."""


@record
class Fault:
    """One planned instant of a fault. instance: 0, 1, ... for a periodic or random one. at: s from t = 0."""

    name: str
    instance: int
    at: float
    steps: Steps
    span: Span


@record
class AtIteration:
    """The workload begins its iteration number `iteration`, counted from 1."""

    workload: str
    iteration: int


@record
class When:
    """An event of the run holds: `down(mariadb)`, `error_rate(boot, last = 30 s) > 5 %`.

    arguments: by the event's parameter names; services, workloads and faults by name. operator, limit: the comparison,
    "" and None for an event that is true or false. after: s that it must have held. most: how often the fault strikes.
    """

    event: str
    arguments: Mapping
    operator: str
    limit: float | None
    after: float
    most: int


@record
class Reaction:
    """A fault whose instant only the run can tell."""

    name: str
    trigger: AtIteration | When
    steps: Steps
    span: Span


# --- cells -----------------------------------------------------------------------------------------------------------


@record
class Allowance:
    """How many hosts of a node set faults may have struck at one time. most: None for all of them.

    A set that has none keeps a majority of its hosts unharmed when it has three or more.
    """

    nodes: str
    most: int | None
    span: Span


@record
class Cell:
    """One point of the sweep, one repeat. id: `0001`, in the order of execution. point: swept parameters.

    architecture, criteria: indices into the Plan's.
    """

    id: str
    point: tuple[tuple[str, Scalar], ...]
    repeat: int
    architecture: int
    criteria: int
    topologies: tuple[Topology, ...]
    workloads: tuple[Workload, ...]
    faults: tuple[Fault, ...]
    reactions: tuple[Reaction, ...]
    allowances: tuple[Allowance, ...] = ()


# --- formulas --------------------------------------------------------------------------------------------------------


@record
class Window:
    """When to look. kind: `during`, `before`, `after`, `between`. of: a stage (`boot.steady`) or a fault (`mq_crash`).

    to: for `between A and B`, the window B: from the end of A to the start of B; else "". length: s, for
    `before W for D` and `after W for D`; None means the whole window (`during`), or, for `before`, from
    the start of the load to the window, and for `after`, from the window to the end of the load.
    """

    kind: str
    of: str
    to: str
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

    table: one of the standard library's tables (`api`, `iterations`, `net`, ...), or a metric of the Plan.
    workload: the workload whose rows are meant, "" for all. column: the column to aggregate, or the series (`rate`), or
    "" for the rows themselves.
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
    """operator: `+`, `-`, `*`, `/`, or `^` with a Number on its right."""

    operator: str
    left: Formula
    right: Formula
    span: Span


@record
class Rolling:
    """An aggregate over every stretch of `width` s inside its window: a series for the aggregate around it."""

    of: Aggregate
    width: float
    span: Span


@record
class Aggregate:
    """function: a function of the language's catalogue (`count`, `mean`, `p99`, `apdex`, ...) over a selection.

    options: its named arguments in base units, in the catalogue's order, those with a default included. `ratio` has
    one of the compiler's: `hits`, how many of the last filters are asked for among the rows that the others leave.
    """

    function: str
    over: Selection | Rolling
    options: tuple[tuple[str, Scalar], ...]
    span: Span


def rows_of(aggregate: Aggregate) -> Selection:
    """The rows that an aggregate reads in the end, also through rolling ones."""
    over = aggregate.over
    return over if isinstance(over, Selection) else rows_of(over.of)


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
    """A named formula. type: duration, rate, ratio, count, number, ... unit: its base unit. source: the formula's text.

    by: columns by whose values it is computed one by one; () for one value.
    """

    name: str
    type: str
    unit: str
    formula: Formula
    by: tuple[str, ...]
    source: str
    span: Span


@record
class Slo:
    """kpi `operator` limit, judged with `confidence` (0..1). limit is in the KPI's base unit.

    operator: `<`, `<=`, `>`, `>=`. severity: critical, major, minor. display: the limit as the author wrote it.
    runs: the repeats of a sweep point are judged together, and so many are due; None: every repeat on its own.
    """

    name: str
    kpi: str
    operator: str
    limit: float
    display: str
    severity: str
    confidence: float
    runs: int | None
    span: Span


@record
class Criteria:
    """What is computed and demanded. kpis: those needed, each after the ones it names."""

    kpis: tuple[Kpi, ...]
    slos: tuple[Slo, ...]


@record
class Condition:
    """kpi `operator` limit, in the KPI's base unit; display: the limit as the author wrote it."""

    kpi: str
    operator: str
    limit: float
    display: str
    span: Span


@record
class Search:
    """The largest `variable` in low .. high at which every condition holds; the cells are those at `low`."""

    name: str
    variable: str
    low: float
    high: float
    conditions: tuple[Condition, ...]
    span: Span


@record
class Plan:
    """One experiment, ready for the targets. spec: the file's name. parameters: every param with its value.

    architectures, criteria: the distinct ones among the sweep points, to which cells point. cells: made when they are
    asked for, so that a sweep of many points costs no memory. images, metrics: those that are used.
    search: what a `limit` looks for, else None.
    """

    edition: int
    spec: str
    experiment: str
    seed: int
    parameters: tuple[tuple[str, Scalar], ...]
    architectures: tuple[Architecture, ...]
    criteria: tuple[Criteria, ...]
    images: tuple[Image, ...]
    metrics: tuple[Metric, ...]
    search: Search | None
    cells: Sequence[Cell]
    span: Span
