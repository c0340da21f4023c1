"""A verdict that was written before, read back from verdict.json as far as a comparison needs it."""

from __future__ import annotations

import json
import os
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.model import KpiResult, LabelResult, Place, PointVerdict, SloResult, Verdict


def read_verdict(folder: str) -> Verdict:
    """The verdict in `folder`/verdict.json: its points with their KPIs and SLOs. Raises Failure when there is none."""
    path = os.path.join(folder, "verdict.json")
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        return Verdict(
            run=data["run"],
            experiment=data["experiment"],
            outcome=data["outcome"],
            points=tuple(_point(point) for point in data["points"]),
            cells=(),
            losses=(),
            notes=tuple(data["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(
            f"{folder} holds neither a run nor a verdict: {path}: {type(error).__name__}: {error}",
            mend="name a directory that `erisc run` or `erisc evaluate … -o DIR` made",
            exit_code=WRONG_CALL,
        ) from error


def _point(data: Any) -> PointVerdict:
    return PointVerdict(
        point=tuple(data["point"].items()),
        cells=tuple(data["cells"]),
        outcome=data["outcome"],
        kpis=tuple(_kpi(name, kpi) for name, kpi in data["kpis"].items()),
        slos=tuple(_slo(slo) for slo in data["slos"]),
    )


def _kpi(name: str, data: Any) -> KpiResult:
    return KpiResult(
        name=name,
        type=data["type"],
        value=data["value"],
        unit=data["unit"],
        interval=_ends(data["interval"]),
        confidence=data["confidence"],
        n=data["n"],
        method=data["method"],
        note=data["note"],
        by=tuple(_label(one) for one in data.get("by", ())),
    )


def _label(data: Any) -> LabelResult:
    labels = tuple(data["labels"].items())
    return LabelResult(labels, data["value"], _ends(data["interval"]), data["n"], data["method"], data["note"])


def _slo(data: Any) -> SloResult:
    return SloResult(
        name=data["name"],
        kpi=data["kpi"],
        rule=data["rule"],
        limit=0.0,
        severity=data["severity"],
        outcome=data["outcome"],
        reason=data["reason"],
        value=data["value"],
        type="",
        unit="",
        interval=_ends(data["interval"]),
        confidence=data["confidence"],
        n=data["n"],
        span=Place(data["span"]["file"], data["span"]["line"], data["span"]["column"]),
    )


def _ends(data: Any) -> tuple[float | None, float | None] | None:
    return None if data is None else (data[0], data[1])
