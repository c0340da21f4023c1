"""What the load driver recorded: the begin and end lines of iterations, joined."""

from __future__ import annotations

from typing import NamedTuple

from erisc.base.record import record
from erisc.verdict.model import Loss
from erisc.verdict.readers import Row, number, read_lines, text, whole


class Iteration(NamedTuple):
    """One iteration, a row of the table of that name. Times in s from t = 0.

    A named tuple, not a record: there may be millions, and they are made in a tenth of the time.
    """

    workload: str
    iteration: int
    stage: str
    intended_s: float
    started_s: float
    finished_s: float | None
    duration_s: float | None
    ok: bool
    error: str | None


class ApiCall(NamedTuple):
    """One timed action of an iteration, a row of the table `api`. Times in s from t = 0, None where a tool has none."""

    workload: str
    iteration: int
    op: str
    intended_s: float
    started_s: float | None
    duration_s: float | None
    ok: bool


@record
class Recorded:
    """One workload's rows; `lost` of its `total` lines could not be used."""

    iterations: tuple[Iteration, ...]
    api: tuple[ApiCall, ...]
    losses: tuple[Loss, ...]
    lost: int
    total: int


class _Begin(NamedTuple):
    i: int
    stage: str
    intended: float
    started: float


class _Action(NamedTuple):
    name: str
    started: float
    finished: float
    ok: bool


class _End(NamedTuple):
    i: int
    finished: float
    error: str | None
    actions: tuple[_Action, ...]


def path(cell: str, workload: str) -> str:
    """Where a workload's lines are, relative to the run directory."""
    return f"cells/{cell}/raw/{workload}/iterations.jsonl"


def read(run_dir: str, cell: str, workload: str, t0: float | None) -> Recorded:
    """The iterations of one workload in order of their intended start. t0: CLOCK_MONOTONIC s of t = 0."""
    name = path(cell, workload)
    join = _Join()
    lines = read_lines(run_dir, name, join.take)
    if t0 is None:
        losses = (
            (Loss(name, 0, "the log has no load_started: iterations cannot be placed in time"),) if lines.total else ()
        )
        return Recorded((), (), losses, lines.total, lines.total)
    done = [_iteration(workload, t0, begin, join.ends.get(begin.i)) for begin in join.begins.values()]
    calls = [call for begin in join.begins.values() for call in _calls(workload, t0, begin, join.ends.get(begin.i))]
    return Recorded(
        iterations=tuple(sorted(done, key=lambda row: (row.intended_s, row.iteration))),
        api=tuple(sorted(calls, key=lambda row: (row.intended_s, row.iteration, row.started_s or 0.0))),
        losses=lines.losses,
        lost=len(lines.losses),
        total=lines.total,
    )


class _Join:
    """Begins and ends by iteration."""

    def __init__(self) -> None:
        self.begins: dict[int, _Begin] = {}
        self.ends: dict[int, _End] = {}

    def take(self, place: int, row: Row) -> None:
        """Keep a line. Raises ValueError saying why it does not fit."""
        event = text(row, "event")
        if event == "begin":
            self._begin(_begin(row))
        elif event == "end":
            self._end(_end(row))
        else:
            raise ValueError(f"event is {event!r}, begin or end was expected")

    def _begin(self, begin: _Begin) -> None:
        if begin.i in self.begins:
            raise ValueError(f"iteration {begin.i} begins a second time")
        self.begins[begin.i] = begin

    def _end(self, end: _End) -> None:
        begin = self.begins.get(end.i)
        if begin is None:
            raise ValueError(f"iteration {end.i} ends and never began")
        if end.i in self.ends:
            raise ValueError(f"iteration {end.i} ends a second time")
        if end.finished < begin.started:
            raise ValueError(f"iteration {end.i} ends {begin.started - end.finished:.6g} s before it began")
        self.ends[end.i] = end


def _begin(row: Row) -> _Begin:
    started = number(row, "started_mono")
    return _Begin(whole(row, "i"), text(row, "stage"), number(row, "intended_mono"), started)


def _end(row: Row) -> _End:
    error = row.get("error")
    if error is not None and not isinstance(error, dict):
        raise ValueError("error is neither null nor an object")
    actions = row.get("actions", [])
    if not isinstance(actions, list):
        raise ValueError("actions is not a list")
    return _End(
        whole(row, "i"),
        number(row, "finished_mono"),
        None if error is None else _error(error),
        tuple(_action(action) for action in actions),
    )


def _error(error: Row) -> str:
    shown = ": ".join(str(error[key]) for key in ("type", "message") if error.get(key))
    return (shown or "failed").encode("utf-8", "replace").decode()


def _action(row: object) -> _Action:
    if not isinstance(row, dict):
        raise ValueError("an action is not an object")
    started, finished = number(row, "started_mono"), number(row, "finished_mono")
    name = text(row, "name")
    if finished < started:
        raise ValueError(f"action {name} ends {started - finished:.6g} s before it began")
    if not isinstance(row.get("ok"), bool):
        raise ValueError(f"action {name} does not say whether it was ok")
    return _Action(name, started, finished, row["ok"])


def _iteration(workload: str, t0: float, begin: _Begin, end: _End | None) -> Iteration:
    intended = _time(begin.intended - t0)
    finished = None if end is None else _time(end.finished - t0)
    return Iteration(
        workload=workload,
        iteration=begin.i,
        stage=begin.stage,
        intended_s=intended,
        started_s=_time(begin.started - t0),
        finished_s=finished,
        duration_s=None if finished is None else _time(finished - intended),
        ok=end is not None and end.error is None,
        error="unfinished" if end is None else end.error,
    )


def _calls(workload: str, t0: float, begin: _Begin, end: _End | None) -> list[ApiCall]:
    if end is None:
        return []
    intended = _time(begin.intended - t0)
    return [
        ApiCall(
            workload=workload,
            iteration=begin.i,
            op=action.name,
            intended_s=intended,
            started_s=_time(action.started - t0),
            duration_s=_time(action.finished - action.started),
            ok=action.ok,
        )
        for action in end.actions
    ]


def _time(seconds: float) -> float:
    """To the nanosecond: what CLOCK_MONOTONIC resolves. Without it the subtraction's rounding shows."""
    return round(seconds, 9) + 0.0
