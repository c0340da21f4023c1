"""What the author wrote: the tree of a spec. start and end are character offsets, the end exclusive."""

from __future__ import annotations

from erisc.base.record import record

_set = object.__setattr__


@record
class Node:
    """Anything with a place in a source file."""

    start: int
    end: int


@record
class Word(Node):
    """A name, keyword, number, quantity or string, as it stands in the text."""

    text: str

    # Every other node is a Word: one shared `__init__` for all records costs a third of the parser's time here.
    def __init__(self, start: int, end: int, text: str) -> None:
        _set(self, "start", start)
        _set(self, "end", end)
        _set(self, "text", text)


def _leaf(self: Node, start: int, end: int, word: Word) -> None:
    """What the shared `__init__` does, for the nodes there are most of."""
    _set(self, "start", start)
    _set(self, "end", end)
    _set(self, "word", word)


# --- expressions -----------------------------------------------------------------------------------------------------


@record
class Name(Node):
    word: Word
    __init__ = _leaf


@record
class Number(Node):
    word: Word
    __init__ = _leaf


@record
class Quantity(Node):
    word: Word
    __init__ = _leaf


@record
class String(Node):
    word: Word
    __init__ = _leaf


@record
class Binary(Node):
    """operator: `+ - * / ^`. depth: how deep the expression is below."""

    operator: str
    left: Node
    right: Node
    depth: int


@record
class Negate(Node):
    operand: Node
    depth: int


@record
class Attribute(Node):
    of: Node
    name: Word
    depth: int


@record
class Call(Node):
    function: Name
    arguments: tuple[Node, ...]
    depth: int


@record
class Pick(Node):
    """`of[filters]`"""

    of: Node
    filters: tuple[Node, ...]
    depth: int


@record
class Comparison(Node):
    left: Node
    operator: Word
    right: Node


@record
class Named(Node):
    """`within = 5 %`"""

    name: Word
    value: Node


@record
class Placed(Node):
    """`rabbitmq on one(controller)`"""

    what: Node
    where: Node


@record
class Path(Node):
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """With its dots."""
        return ".".join(word.text for word in self.words)


@record
class During(Node):
    of: Path


@record
class Before(Node):
    of: Path
    length: Node | None


@record
class After(Node):
    of: Path
    length: Node | None


@record
class Between(Node):
    first: Path
    second: Path


@record
class Windowed(Node):
    of: Node
    window: During | Before | After | Between


@record
class Rolling(Node):
    """`boot.duration over 10 s`: of, in windows of `width` that roll along."""

    of: Node
    width: Node


@record
class ListOf(Node):
    items: tuple[Node, ...]


@record
class Field(Node):
    """`key = value`, or `key { … }` with a Block for a value."""

    key: Word
    value: Node


@record
class Block(Node):
    fields: tuple[Field, ...]


# --- the file --------------------------------------------------------------------------------------------------------


@record
class Edition(Node):
    number: Word


@record
class Names(Node):
    words: tuple[Word, ...]


@record
class ImportStd(Node):
    path: Path
    names: Names | None


@record
class ImportFile(Node):
    path: Word
    names: Names | None


@record
class Range(Node):
    low: Node
    high: Node


@record
class Param(Node):
    name: Word
    type: Word
    default: Node
    range: Range | None


@record
class Seed(Node):
    number: Word


# --- architecture, topology ------------------------------------------------------------------------------------------


@record
class NodeSet(Node):
    name: Word
    count: Node | None
    block: Block | None


@record
class Service(Node):
    name: Word
    on: Word
    block: Block | None


@record
class Link(Node):
    name: Word
    block: Block | None


@record
class Architecture(Node):
    name: Word
    base: Word | None
    items: tuple[NodeSet | Service | Link, ...]


@record
class Network(Node):
    name: Word
    block: Block | None


@record
class Router(Node):
    name: Word
    block: Block | None


@record
class Server(Node):
    name: Word
    count: Node | None
    block: Block | None


@record
class Place(Node):
    what: Call
    how: Word


@record
class Topology(Node):
    name: Word
    on: Word
    items: tuple[Network | Router | Server | Place, ...]


# --- workload --------------------------------------------------------------------------------------------------------


@record
class Run(Node):
    """share, name: of a part of a mix, `run 60 % rally("…") { … } as boot`."""

    share: Node | None
    call: Call
    block: Block | None
    name: Word | None


@record
class Arrivals(Node):
    """`arrivals poisson`: how the arrivals of the open model are spread."""

    kind: Word


@record
class Think(Node):
    """`think 2 s`: what a user of the closed model waits between two iterations."""

    time: Node


@record
class Ramp(Node):
    low: Node
    high: Node
    length: Node
    name: Word | None


@record
class Hold(Node):
    level: Node
    length: Node
    name: Word | None


@record
class Step(Node):
    low: Node
    high: Node
    by: Node
    every: Node
    name: Word | None


@record
class Workload(Node):
    """after: when its load begins, from t = 0."""

    name: Word
    on: Word
    beside: Word | None
    after: Node | None
    items: tuple[Run | Arrivals | Think | Ramp | Hold | Step, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """What is run: one, or the parts of a mix."""
        return tuple(item for item in self.items if isinstance(item, Run))

    @property
    def stages(self) -> tuple[Ramp | Hold | Step, ...]:
        """How much of it, when."""
        return tuple(item for item in self.items if isinstance(item, Ramp | Hold | Step))


@record
class Mix(Workload):
    """A workload of several parts: its load is shared among them. Made of a Workload when names are given meaning."""


@record
class Part(Workload):
    """One of them, a workload of its own by the name of its run."""

    mix: Mix


# --- faults ----------------------------------------------------------------------------------------------------------


@record
class At(Node):
    time: Node


@record
class AtIteration(Node):
    number: Word
    workload: Word


@record
class Every(Node):
    period: Node
    jitter: Node | None
    begin: Node | None
    until: Node | None


@record
class Random(Node):
    process: Call
    begin: Node | None
    until: Node | None


@record
class When(Node):
    """`when down(mariadb)`, or with operator and right side: `when error_rate(boot) > 5 %`."""

    condition: Node
    operator: Word | None
    right: Node | None
    after: Node | None
    most: Node | None


@record
class Effect(Node):
    call: Call
    length: Node | None


@record
class Together(Node):
    effects: tuple[Node, ...]


@record
class Effects(Node):
    """One effect, or several in a row (`then`)."""

    effects: tuple[Effect | Together, ...]


@record
class Fault(Node):
    name: Word
    trigger: At | AtIteration | Every | Random | When
    effects: Effects


@record
class Allowance(Node):
    """`at most 1 of controller`, `at most all of controller`: how many hosts may be struck at one time."""

    most: Node
    nodes: Word


@record
class Faults(Node):
    name: Word
    on: Word
    items: tuple[Fault, ...]
    allowances: tuple[Allowance, ...]

    @property
    def rows(self) -> tuple[Fault | Allowance, ...]:
        """All that stands in the braces, in order."""
        return tuple(sorted((*self.items, *self.allowances), key=lambda one: one.start))


# --- KPIs, SLOs, experiments -----------------------------------------------------------------------------------------


@record
class Kpi(Node):
    name: Word
    type: Word
    formula: Node
    by: Names | None


@record
class Severity(Node):
    level: Word


@record
class Confidence(Node):
    level: Node


@record
class Over(Node):
    runs: Node


@record
class Slo(Node):
    name: Word
    left: Node
    operator: Word
    right: Node
    clauses: tuple[Severity | Confidence | Over, ...]


@record
class Use(Node):
    names: Names


@record
class SweepList(Node):
    param: Word
    values: ListOf


@record
class SweepRange(Node):
    param: Word
    low: Node
    high: Node
    step: Node


@record
class Repeat(Node):
    count: Node


@record
class Check(Node):
    names: Names


@record
class Experiment(Node):
    name: Word
    items: tuple[Use | SweepList | SweepRange | Repeat | Check, ...]


# --- images, metrics, limits, suites ---------------------------------------------------------------------------------


@record
class Image(Node):
    name: Word
    block: Block


@record
class Metric(Node):
    name: Word
    type: Word
    source: Call
    by: Names | None
    every: Node | None


@record
class Condition(Node):
    left: Node
    operator: Word
    right: Node


@record
class Limit(Node):
    name: Word
    variable: Word
    range: Range
    load: Call
    conditions: tuple[Condition, ...]


@record
class Budget(Node):
    time: Node


@record
class SuiteRun(Node):
    runs: tuple[Node, ...]


@record
class Suite(Node):
    name: Word
    items: tuple[Budget | SuiteRun, ...]


# --- the standard library's own declarations -------------------------------------------------------------------------


@record
class Column(Node):
    name: Word
    type: Word


@record
class Table(Node):
    name: Word
    columns: tuple[Column, ...]


@record
class Parameter(Node):
    """`last: duration = 30 s`; type and default are None when absent."""

    name: Word
    type: Word | None
    default: Node | None


@record
class Action(Node):
    name: Word
    parameters: tuple[Parameter, ...]
    block: Block


@record
class Load(Node):
    name: Word
    parameters: tuple[Parameter, ...]
    block: Block


@record
class Event(Node):
    """What `when` may wait for."""

    name: Word
    parameters: tuple[Parameter, ...]
    block: Block


@record
class MetricSource(Node):
    """Where a `metric` may come from."""

    name: Word
    parameters: tuple[Parameter, ...]
    block: Block


Expression = Name | Number | Quantity | String | Binary | Negate | Attribute | Call | Pick | ListOf | Block
Declaration = (
    Param | Architecture | Topology | Workload | Faults | Kpi | Slo | Experiment | Image | Metric | Limit | Suite
)
Statement = Edition | ImportStd | ImportFile | Seed | Declaration | Table | Action | Load | Event | MetricSource
