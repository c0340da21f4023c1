"""A KPI program: what is computed and what is demanded. `erisc.verdict.program_file` reads it from a bundle."""

from __future__ import annotations

from typing import Any

from erisc.base.record import record, replace
from erisc.verdict.model import Place


@record
class Window:
    """kind: during, before, after or between. of: the window's name; to: for between, that of the second one.

    length in s, None for all of it.
    """

    kind: str
    of: str
    to: str
    length: float | None


@record
class Rolling:
    """Stretches of `width` s, beginning every `step` s. fold: what becomes of their values; q, trim: its options."""

    width: float
    step: float
    fold: str
    q: float
    trim: float


@record
class Scan:
    """One SELECT over the tables of a cell.

    It gives `at_s` (s from t = 0, by which a row belongs to a window), numbers by their own names, flags `f1`, `f2`, …
    (BOOLEAN, never null) and texts `by_<label>`. columns: those of the table that it reads.
    """

    id: str
    table: str
    sql: str
    columns: tuple[str, ...]


@record
class Term:
    """One quantity that is estimated from the rows of a scan: those that pass the flags `where` and lie in `window`.

    method: a name of `erisc.verdict.methods.METHODS`. value: the column that is aggregated. hit: flags that a row must
    have to count among those that are asked for. rolling: the method is applied to stretches, one after the other.
    beside: a column that tells how rows resemble their neighbours where a share has too few of one kind to tell.
    """

    id: str
    method: str
    scan: str
    where: tuple[str, ...] = ()
    hit: tuple[str, ...] = ()
    value: str = ""
    window: Window | None = None
    rolling: Rolling | None = None
    workload: str = ""
    fault: str = ""
    combine: str = "max"
    q: float = 0.0
    trim: float = 0.0
    within: float = 0.0
    satisfied: float = 0.0
    resolution: float = 1.0
    limit: float = 0.0
    width: float = 0.0
    beside: str = ""

    @property
    def but_q(self) -> object:
        """What the term is, whatever its name and its q."""
        return (self.method, self.scan, self.where, self.hit, self.value, self.window, self.rolling)


@record
class Partial:
    """The derivative of a KPI by a leaf of its expression, {"term": id} or {"kpi": name}. slope: an expression."""

    by: Any
    slope: Any


@record
class Kpi:
    """A formula over terms.

    expression: a number, {"term": id}, {"kpi": name} or {"op": …, "left": …, "right": …}. by: labels, for each
    combination of which there is a value; () for one value.
    """

    name: str
    type: str
    unit: str
    source: str
    by: tuple[str, ...]
    terms: tuple[Term, ...]
    expression: Any
    gradient: tuple[Partial, ...]


@record
class Slo:
    """kpi `operator` limit, limit in the KPI's base unit; `rule` is how the author wrote it.

    runs: the repeats of a sweep point are judged together, and so many are due; None: every repeat on its own.
    """

    name: str
    kpi: str
    operator: str
    limit: float
    rule: str
    severity: str
    confidence: float
    runs: int | None
    span: Place


@record
class Stage:
    """One stage of load as planned: s from t = 0, levels in 1/s (open model) or users (closed model).

    start and duration are NaN where only the run can tell; a history has them as recorded. levels: of a stage that goes
    by steps, each as (from, to, level), s from the stage's start; () for others.
    """

    name: str
    kind: str
    start: float
    duration: float
    level_from: float
    level_to: float
    levels: tuple[tuple[float, float, float], ...] = ()

    @property
    def end(self) -> float:
        """s from t = 0."""
        return self.start + self.duration

    @property
    def parts(self) -> tuple[Stage, ...]:
        """The stage as stretches of constant or linear load: the steps of one that goes by steps, or itself."""
        return tuple(
            replace(self, start=self.start + start, duration=end - start, level_from=level, level_to=level, levels=())
            for start, end, level in self.levels
        ) or (self,)


@record
class Workload:
    """scenario: the driver's name of what is run."""

    name: str
    model: str
    stages: tuple[Stage, ...]
    scenario: str = ""

    @property
    def levels(self) -> tuple[Stage, ...]:
        """The load as stretches of constant or linear load."""
        return tuple(part for stage in self.stages for part in stage.parts)


@record
class Cell:
    """One sweep point and repeat. criteria: which of the program's are computed, from 0."""

    id: str
    point: tuple[tuple[str, Any], ...]
    repeat: int
    criteria: int
    workloads: tuple[Workload, ...]


@record
class Criteria:
    """What is read, computed and demanded; every KPI comes after those it names."""

    scans: tuple[Scan, ...]
    kpis: tuple[Kpi, ...]
    slos: tuple[Slo, ...]

    @property
    def tables(self) -> frozenset[str]:
        """What the scans read."""
        return frozenset(scan.table for scan in self.scans)

    def used(self, scan: str) -> tuple[str, ...]:
        """The columns and flags of a scan that terms ask for, the time first."""
        terms = [term for kpi in self.kpis for term in kpi.terms if term.scan == scan]
        named = [name for term in terms for name in (term.value, term.beside, *term.where, *term.hit) if name]
        return tuple(dict.fromkeys(["at_s", *named]))

    def kpi(self, name: str) -> Kpi:
        """A KPI by name, which there is."""
        return next(kpi for kpi in self.kpis if kpi.name == name)


@record
class Program:
    """A whole program. cells: what the load was meant to be, by which windows are bounded."""

    experiment: str
    cells: tuple[Cell, ...]
    criteria: tuple[Criteria, ...]
