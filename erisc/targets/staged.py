"""How load is staged, in the words that every driver of ours reads (docs/formats.md, "Load task")."""

from __future__ import annotations

from typing import Any

from erisc.compiler.lasting import levels
from erisc.compiler.plan import Stage, Workload


def staged(workload: Workload) -> dict[str, Any]:
    """Model, arrivals, choice (hexadecimal), think and stages."""
    return {
        "model": workload.model,
        "arrivals": workload.arrivals,
        "choice": f"{workload.choice & 0xFFFF_FFFF_FFFF_FFFF:016x}",
        "think": float(workload.think),
        "stages": [row for stage in workload.stages for row in rows(stage)],
    }


def rows(stage: Stage) -> list[dict[str, Any]]:
    """A stage of a driver's; a step is one hold after the other, all of its name, so that it stays one window."""
    held = levels(stage)
    if stage.duration is None:
        return [_row(stage, stage.kind, stage.start, None, (stage.level_from, stage.level_to))]
    kind = stage.kind if len(held) == 1 and not stage.dealt else "hold"
    return [
        _row(
            stage,
            "hold" if kind == "step" else kind,
            None if stage.start is None else stage.start + one.start,
            one.end - one.start,
            (one.low, one.high),
        )
        for one in held
    ]


def _row(
    stage: Stage, kind: str, start: float | None, duration: float | None, ends: tuple[float, float]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": stage.name,
        "start": None if start is None else float(start),
        "duration": None if duration is None else float(duration),
        "iterations": stage.iterations,
        "from": float(ends[0]),
        "to": float(ends[1]),
    }
