"""The KPI program of a bundle, `kpi/program.json`: what is computed and what is demanded."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import Any, TypeVar

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.verdict.model import Place

PROGRAM = "kpi/program.json"
FORMAT = 2
DEEPEST = 250
"""Levels of an expression; the target refuses what is deeper."""
T = TypeVar("T")


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

    start and duration are NaN where only the run can tell; a history has them as recorded.
    """

    name: str
    kind: str
    start: float
    duration: float
    level_from: float
    level_to: float

    @property
    def end(self) -> float:
        """s from t = 0."""
        return self.start + self.duration


@record
class Workload:
    """scenario: the driver's name of what is run."""

    name: str
    model: str
    stages: tuple[Stage, ...]
    scenario: str = ""


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


def load_program(bundle: str) -> Program:
    """The program of a bundle directory. Raises Failure when there is none or it cannot be understood."""
    path = os.path.join(bundle, *PROGRAM.split("/"))
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if data["format"] != FORMAT:
            raise Failure(
                f"{path} has format {data['format']}; this erisc reads format {FORMAT}",
                mend="compile the spec again, or use the erisc that made the bundle",
                exit_code=WRONG_CALL,
            )
        return _program(data)
    except OSError as error:
        raise Failure(
            f"{path} cannot be read: {error.strerror}",
            mend="name a bundle made by `erisc compile`",
            exit_code=WRONG_CALL,
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Failure(
            f"{path} is not a KPI program: {type(error).__name__}: {error}",
            mend="compile the spec again",
            exit_code=WRONG_CALL,
        ) from error


def _program(data: Any) -> Program:
    program = Program(str(data["experiment"]), _all(data["cells"], _cell), _all(data["criteria"], _criteria))
    for cell in program.cells:
        if not 0 <= cell.criteria < len(program.criteria):
            raise ValueError(f"cell {cell.id} is judged by criteria that there are not")
    return program


def _criteria(data: Any) -> Criteria:
    made = Criteria(_all(data["scans"], _scan), _all(data["kpis"], _kpi), _all(data["slos"], _slo))
    check_expressions(made.kpis, frozenset(scan.id for scan in made.scans))
    for slo in made.slos:
        if all(kpi.name != slo.kpi for kpi in made.kpis):
            raise ValueError(f"SLO {slo.name} judges {slo.kpi}, which is no KPI")
    return made


def check_expressions(kpis: tuple[Kpi, ...], scans: frozenset[str]) -> None:
    """Raises ValueError for an expression that names what there is not, or is none."""
    before: set[str] = set()
    for kpi in kpis:
        terms = {term.id for term in kpi.terms}
        for term in kpi.terms:
            if term.scan not in scans:
                raise ValueError(f"{kpi.name} reads the scan {term.scan!r}, which there is not")
        for node in [kpi.expression, *(part.slope for part in kpi.gradient)]:
            _check(kpi.name, node, terms, before)
        before.add(kpi.name)


def _check(name: str, expression: Any, terms: set[str], kpis: set[str]) -> None:
    for node in _nodes(expression):
        if isinstance(node, bool) or not isinstance(node, (int, float, dict)):
            raise ValueError(f"the expression of {name} is not understood: {node!r}")
        if not isinstance(node, dict) or node.get("term") in terms or node.get("kpi") in kpis:
            continue
        if node.get("op") not in ("+", "-", "*", "/", "^") or "left" not in node:
            raise ValueError(f"the expression of {name} is not understood: {str(node)[:100]}")


def _nodes(expression: Any) -> list[Any]:
    found = [expression]
    for node in found:
        if isinstance(node, dict):
            found += [node[side] for side in ("left", "right") if side in node]
    return found


def _scan(data: Any) -> Scan:
    return Scan(data["id"], data["table"], data["sql"], tuple(data["columns"]))


def _all(items: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(read(item) for item in items)


def _cell(data: Any) -> Cell:
    return Cell(
        id=data["id"],
        point=tuple(data["point"].items()),
        repeat=data["repeat"],
        criteria=data["criteria"],
        workloads=_all(data["workloads"], _workload),
    )


def _workload(data: Any) -> Workload:
    return Workload(data["name"], data["model"], _all(data["stages"], _stage), data["scenario"])


def _stage(data: Any) -> Stage:
    return Stage(
        name=data["name"],
        kind=data["kind"],
        start=math.nan if data["start"] is None else float(data["start"]),
        duration=math.nan if data["duration"] is None else float(data["duration"]),
        level_from=float(data["from"]),
        level_to=float(data["to"]),
    )


def _kpi(data: Any) -> Kpi:
    if _depth(data["expression"]) > DEEPEST:
        raise ValueError(f"the expression of {data['name']} is nested more than {DEEPEST} deep")
    return Kpi(
        name=data["name"],
        type=data["type"],
        unit=data["unit"],
        source=data["source"],
        by=tuple(data["by"]),
        terms=_all(data["terms"], _term),
        expression=data["expression"],
        gradient=tuple(Partial(part["by"], part["is"]) for part in data["gradient"]),
    )


def _depth(expression: Any) -> int:
    """How deep an expression is nested; a number or a term is 1 deep."""
    level, depth = [expression], 0
    while level:
        depth += 1
        level = [node[side] for node in level if isinstance(node, dict) for side in ("left", "right") if side in node]
    return depth


_OPTIONS = ("q", "trim", "within", "satisfied", "resolution", "limit", "width")
_WORDS = ("value", "workload", "fault", "combine", "beside")


def _term(data: Any) -> Term:
    window, rolling = data["window"], data.get("rolling")
    given: dict[str, Any] = {name: float(data[name]) for name in _OPTIONS if name in data}
    given |= {name: str(data[name]) for name in _WORDS if name in data}
    return Term(
        id=data["id"],
        method=data["method"],
        scan=data["scan"],
        where=tuple(data["where"]),
        hit=tuple(data.get("hit", ())),
        window=None if window is None else Window(window["kind"], window["of"], window["to"], window["length"]),
        rolling=None if rolling is None else _rolling(rolling),
        **given,
    )


def _rolling(data: Any) -> Rolling:
    width, step = float(data["width"]), float(data["step"])
    if not 0 < step <= width < math.inf:
        raise ValueError(f"stretches of {width:g} s cannot begin every {step:g} s")
    return Rolling(width, step, data["fold"], float(data.get("q", 0.0)), float(data.get("trim", 0.0)))


def _slo(data: Any) -> Slo:
    span = data["span"]
    return Slo(
        name=data["name"],
        kpi=data["kpi"],
        operator=data["operator"],
        limit=float(data["limit"]),
        rule=data["rule"],
        severity=data["severity"],
        confidence=float(data["confidence"]),
        runs=data["runs"],
        span=Place(span["file"], span["line"], span["column"]),
    )
