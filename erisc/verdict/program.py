"""The KPI program of a bundle, `kpi/program.json`: what is computed and what is demanded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.verdict.model import Place

PROGRAM = "kpi/program.json"
DEEPEST = 250
"""Levels of an expression; the target refuses what is deeper."""
T = TypeVar("T")


@record
class Window:
    """kind: during, before or after the window named `of`; length in s, None for all of it."""

    kind: str
    of: str
    length: float | None


@record
class Term:
    """One quantity that is estimated from rows. `sql` reads the tables of a cell; what it returns depends on `method`.

    proportion, count, poisson: `hit` BOOLEAN.
    quantile, mean, sum, min, max: `value` (NULL for what never finished) and `at_s` DOUBLE.
    rate, recover: `at_s` and `took_s` DOUBLE, the instants (s) at which iterations succeeded and how long they took.
    """

    id: str
    method: str
    sql: str
    q: float = 0.0
    workload: str = ""
    window: Window | None = None
    fault: str = ""
    within: float = 0.0
    length: float | None = None
    combine: str = "max"


@record
class Kpi:
    """A formula over terms. expression: a number, {"term": id}, {"kpi": name} or {"op": …, "left": …, "right": …}."""

    name: str
    type: str
    unit: str
    source: str
    terms: tuple[Term, ...]
    expression: Any


@record
class Slo:
    """kpi `operator` limit, limit in the KPI's base unit; `rule` is how the author wrote it."""

    name: str
    kpi: str
    operator: str
    limit: float
    rule: str
    severity: str
    confidence: float
    span: Place


@record
class Stage:
    """One stage of load as planned: s from t = 0, levels in 1/s (open model) or users (closed model)."""

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
    name: str
    model: str
    stages: tuple[Stage, ...]


@record
class Cell:
    id: str
    point: tuple[tuple[str, Any], ...]
    repeat: int
    workloads: tuple[Workload, ...]


@record
class Program:
    """A whole program. cells: what the load was meant to be, by which windows are bounded."""

    experiment: str
    cells: tuple[Cell, ...]
    kpis: tuple[Kpi, ...]
    slos: tuple[Slo, ...]


def load_program(bundle: str) -> Program:
    """The program of a bundle directory. Raises Failure when there is none or it cannot be understood."""
    path = os.path.join(bundle, *PROGRAM.split("/"))
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if data["format"] != 1:
            raise Failure(
                f"{path} has format {data['format']}; this erisc reads format 1",
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
    kpis, slos = _all(data["kpis"], _kpi), _all(data["slos"], _slo)
    for slo in slos:
        if all(kpi.name != slo.kpi for kpi in kpis):
            raise ValueError(f"SLO {slo.name} judges {slo.kpi}, which is no KPI")
    return Program(experiment=str(data["experiment"]), cells=_all(data["cells"], _cell), kpis=kpis, slos=slos)


def _all(items: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(read(item) for item in items)


def _cell(data: Any) -> Cell:
    return Cell(
        id=data["id"],
        point=tuple(data["point"].items()),
        repeat=data["repeat"],
        workloads=_all(data["workloads"], _workload),
    )


def _workload(data: Any) -> Workload:
    return Workload(name=data["name"], model=data["model"], stages=_all(data["stages"], _stage))


def _stage(data: Any) -> Stage:
    return Stage(
        name=data["name"],
        kind=data["kind"],
        start=float(data["start"]),
        duration=float(data["duration"]),
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
        terms=_all(data["terms"], _term),
        expression=data["expression"],
    )


def _depth(expression: Any) -> int:
    """How deep an expression is nested; a number or a term is 1 deep."""
    level, depth = [expression], 0
    while level:
        depth += 1
        level = [node[side] for node in level if isinstance(node, dict) for side in ("left", "right") if side in node]
    return depth


def _term(data: Any) -> Term:
    window = data.get("window")
    return Term(
        id=data["id"],
        method=data["method"],
        sql=data["sql"],
        q=float(data.get("q", 0.0)),
        workload=data.get("workload", ""),
        window=None if window is None else Window(window["kind"], window["of"], window["length"]),
        fault=data.get("fault", ""),
        within=float(data.get("within", 0.0)),
        length=data.get("length"),
        combine=data.get("combine", "max"),
    )


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
        span=Place(span["file"], span["line"], span["column"]),
    )
