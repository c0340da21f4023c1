"""What load a cell plans at an instant. Nothing is said where only the run can tell."""

from __future__ import annotations

import math

from erisc.base.record import record
from erisc.compiler.lasting import levels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from erisc.compiler.plan import Cell, Workload


@record
class Piece:
    """Load from `begin` to `end`, s from t = 0, at these levels: 1/s or users."""

    begin: float
    end: float
    low: float
    high: float


def pieces(workload: Workload) -> Iterator[Piece]:
    """The load as far as it is known, in order."""
    for stage in workload.stages:
        if stage.start is None or stage.duration is None:
            return
        for one in levels(stage):
            yield Piece(stage.start + one.start, stage.start + one.end, one.low, one.high)


def is_known(workload: Workload) -> bool:
    """Whether all of its load is."""
    return all(stage.start is not None and stage.duration is not None for stage in workload.stages)


def loaded(cell: Cell) -> list[tuple[float, float]]:
    """When there is load, by any workload: stretches in order; an end of inf where only the run can tell."""
    found: list[tuple[float, float]] = []
    for workload in cell.workloads:
        found += [(one.begin, one.end) for one in pieces(workload) if one.low or one.high]
        if not is_known(workload):
            found.append((max((one.end for one in pieces(workload)), default=0.0), math.inf))
    return sorted(found)


def level_kept(workload: Workload, at: float) -> tuple[float, bool] | None:
    """Until when the load stays at the level of `at` or above, and whether it was held then; None: no load is known."""
    known = list(pieces(workload))
    now = next((one for one in known if one.begin <= at < one.end), None)
    if now is None:
        return None
    end = now.end
    for one in known:
        if one.begin >= now.end:
            if min(one.low, one.high) < now.low:
                break
            end = one.end
    return end, now.low == now.high
