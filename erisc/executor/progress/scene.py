"""What is shown of a run at one moment. Pure: from the load as it runs, the faults and the reactions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from erisc.base.record import record
from erisc.executor.bundle import Stage, Workload
from erisc.executor.live.windows import Window
from erisc.executor.live.workloads import SHOWN, LiveWorkload
from erisc.executor.progress.board import Board, Effects, Key, Next, Past
from erisc.executor.reactions.engine import Waiting


@record
class Load:
    """A workload now. stage: its name or kind, "" before and after. left: s until the stage ends, None when only the
    run can tell. rate: iterations begun per s over the last 10 s; planned: the level now, in 1/s (open) or users
    (closed), None outside of all stages. p95: s, None when nothing ended in the last 10 s.
    """

    name: str
    stage: str
    left: float | None
    model: str
    rate: float
    planned: float | None
    p95: float | None
    errors: int
    ended: int
    in_flight: int


@record
class Scene:
    """One moment. at: s from t = 0. end: s from t = 0 at which load is planned to end, None when only the run can
    tell. silent: what cannot be asked, for people.
    """

    cell: str
    at: float
    end: float | None
    loads: tuple[Load, ...]
    open: tuple[tuple[Key, Effects], ...]
    coming: tuple[Next, ...]
    past: tuple[Past, ...]
    waiting: tuple[Waiting, ...]
    silent: tuple[str, ...] = ()


def load_of(workload: Workload, live: LiveWorkload, at: float) -> Load:
    """The workload at `at` s from t = 0."""
    stage = _stage(workload.stages, at, live.stage)
    window: Window = live.windows[SHOWN]
    return Load(
        name=workload.name,
        stage="" if stage is None else stage.name or "unnamed",
        left=None if stage is None or stage.end == math.inf else stage.end - at,
        model=workload.model,
        rate=live.rate(at),
        planned=None if stage is None else level(stage, at),
        p95=window.latency(0.95),
        errors=live.errors,
        ended=live.ended,
        in_flight=live.in_flight,
    )


def _stage(stages: Sequence[Stage], at: float, recorded: int | None) -> Stage | None:
    """By the plan; where only the run can tell, what it has told."""
    if recorded is not None:
        return stages[recorded] if 0 <= recorded < len(stages) else None
    return next((stage for stage in stages if stage.start is not None and stage.start <= at < stage.end), None)


def level(stage: Stage, at: float) -> float | None:
    """The planned level at `at` s, within the stage; None where it depends on what has begun."""
    if stage.low == stage.high:
        return stage.low
    if stage.start is None or stage.duration is None:
        return None
    share = (at - stage.start) / stage.duration if stage.duration else 1.0
    return stage.low + (stage.high - stage.low) * share


def end_of(workloads: Sequence[Workload]) -> float | None:
    """When load is planned to end, None when only the run can tell."""
    end = max((workload.end for workload in workloads), default=0.0)
    return None if end == math.inf else end


def scene_of(
    cell: str, at: float, workloads: Sequence[Workload], live: Sequence[LiveWorkload], board: Board,
    waiting: Sequence[Waiting], silent: Sequence[str] = (),
) -> Scene:  # fmt: skip
    """Everything, at `at` s from t = 0."""
    loads = tuple(load_of(workload, each, at) for workload, each in zip(workloads, live, strict=True))
    shown = tuple(board.open()), tuple(board.coming()), tuple(board.past())
    return Scene(cell, at, end_of(workloads), loads, *shown, tuple(waiting), tuple(silent))
