"""The KPI program of a bundle, `kpi/program.json`, read and checked."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import Any, TypeVar

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.model import Place
from erisc.verdict.program import (
    Cell,
    Criteria,
    Kpi,
    Partial,
    Program,
    Rolling,
    Scan,
    Slo,
    Stage,
    Term,
    Window,
    Workload,
)

PROGRAM = "kpi/program.json"
FORMAT = 2
DEEPEST = 250
"""Levels of an expression; the target refuses what is deeper."""
T = TypeVar("T")


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
        levels=tuple((float(start), float(end), float(level)) for start, end, level in data.get("levels", ())),
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
