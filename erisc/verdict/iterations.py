"""What the load driver recorded: the begin and end lines of iterations, joined."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from erisc.base.record import record
from erisc.verdict.model import Loss
from erisc.verdict.readers import Row, number, read_lines, text, whole
from erisc.verdict.stored import Gathering


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
    """All workloads' rows of a cell; `lost` of its `total` lines could not be used."""

    iterations: Sequence[Iteration]
    api: Sequence[ApiCall]
    losses: tuple[Loss, ...]
    lost: int
    total: int


@record
class Generator:
    """Who recorded a file: the host that drives the run itself, named "", or one of several generators.

    t0: what its CLOCK_MONOTONIC read at t = 0, s; None when the log does not say.
    """

    name: str
    t0: float | None

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"iterations.{self.name}.jsonl" if self.name else "iterations.jsonl"


class _Action(NamedTuple):
    name: str
    started: float
    finished: float
    ok: bool


class _Begin(NamedTuple):
    i: int
    stage: str
    intended: float
    started: float


class _End(NamedTuple):
    i: int
    finished: float
    error: str | None
    actions: tuple[_Action, ...]


def folder(cell: str, workload: str) -> str:
    """Where a workload's files are, relative to the run directory."""
    return f"cells/{cell}/raw/{workload}"


def generators(
    events: Sequence[Row], workloads: Sequence[str], start: float | None
) -> dict[str, tuple[Generator, ...]]:
    """Who recorded each workload's iterations: this host, whose clock read `start` at t = 0, and who said so."""
    found: dict[str, dict[str, Generator]] = {name: {"": Generator("", start)} for name in workloads}
    for event in events:
        name = event.get("generator") if event["type"] == "generator_ready" else None
        if isinstance(name, str) and name and event.get("workload") in found:
            found[str(event["workload"])][name] = Generator(name, _own_start(event, start))
    return {workload: tuple(known.values()) for workload, known in found.items()}


def _own_start(event: Row, start: float | None) -> float | None:
    """What a generator's clock read at t = 0."""
    for key, base in (("t0_mono", 0.0), ("offset", start)):
        try:
            return None if base is None else base + number(event, key)
        except ValueError:
            continue
    return None


def read(run_dir: str, cell: str, workloads: Sequence[str], known: Mapping[str, Sequence[Generator]]) -> Recorded:
    """The iterations of a cell, workload by workload, each in order of the intended start. known: the generators of a
    workload that the log names; their files, and others that lie beside them, are read.
    """
    rows = _Gathered()
    losses: list[Loss] = []
    lost = total = 0
    for place, workload in enumerate(workloads):
        seen = _Seen()
        for name, generator in _files(run_dir, folder(cell, workload), known.get(workload, ())):
            join = _Join(workload, place, generator.t0, seen, rows)
            lines = read_lines(run_dir, name, join.take)
            join.close()
            total += lines.total
            unplaced = generator.t0 is None and lines.total
            lost += lines.total if unplaced else len(lines.losses)
            losses += [Loss(name, 0, _unplaced(generator))] if unplaced else lines.losses
    return Recorded(rows.iterations.stored(Iteration), rows.api.stored(ApiCall), tuple(losses), lost, total)


def _files(run_dir: str, folder: str, known: Sequence[Generator]) -> list[tuple[str, Generator]]:
    """The files of a workload, relative to the run directory, with who wrote them."""
    try:
        present = sorted(os.listdir(os.path.join(run_dir, *folder.split("/"))))
    except OSError:
        present = []
    named = {generator.file: generator for generator in known}
    for file in present:
        if file.startswith("iterations.") and file.endswith(".jsonl") and file not in named:
            named[file] = Generator(file.removeprefix("iterations.").removesuffix("jsonl").removesuffix("."), None)
    return [(f"{folder}/{file}", generator) for file, generator in named.items()]


def _unplaced(generator: Generator) -> str:
    event = f"generator_ready of {generator.name}" if generator.name else "load_started"
    return f"the log has no {event}: iterations cannot be placed in time"


class _Gathered:
    """The rows of a cell on their way into order."""

    def __init__(self) -> None:
        self.iterations = Gathering("iterations", "intended_s, iteration")
        self.api = Gathering("api", "intended_s, iteration, started_s")


class _Seen:
    """Which iterations of a workload began and ended: a byte each where numbers run on from 0, as they do."""

    def __init__(self) -> None:
        self._near = bytearray()
        self._far: dict[int, int] = {}

    def get(self, i: int) -> int:
        """0: not seen, 1: it began, 2: it ended."""
        return self._near[i] if 0 <= i < len(self._near) else self._far.get(i, 0)

    def set(self, i: int, state: int) -> None:
        """Remember it."""
        if 0 <= i < len(self._near) + _NEAR:
            if i >= len(self._near):
                self._near.extend(bytes(i + _NEAR - len(self._near)))
                for far in [far for far in self._far if 0 <= far < len(self._near)]:
                    self._near[far] = self._far.pop(far)
            self._near[i] = state
        else:
            self._far[i] = state


_NEAR = 1 << 16


class _Join:
    """Begins and ends of one file by iteration; only what is under way is kept."""

    def __init__(self, workload: str, place: int, t0: float | None, seen: _Seen, rows: _Gathered) -> None:
        self._workload = workload
        self._place = place
        self._t0 = t0
        self._seen = seen
        self._rows = rows
        self._open: dict[int, _Begin] = {}

    def take(self, place: int, row: Row) -> None:
        """Keep a line. Raises ValueError saying why it does not fit."""
        event = text(row, "event")
        if event == "begin":
            self._begin(_begin(row))
        elif event == "end":
            self._end(_end(row))
        elif event != "stage":
            raise ValueError(f"event is {event!r}, begin or end was expected")

    def _begin(self, begin: _Begin) -> None:
        if self._seen.get(begin.i):
            raise ValueError(f"iteration {begin.i} begins a second time")
        self._seen.set(begin.i, 1)
        self._open[begin.i] = begin

    def _end(self, end: _End) -> None:
        begin = self._open.get(end.i)
        if begin is None and self._seen.get(end.i) == 2:
            raise ValueError(f"iteration {end.i} ends a second time")
        if begin is None:
            raise ValueError(f"iteration {end.i} ends and never began")
        if end.finished < begin.started:
            raise ValueError(f"iteration {end.i} ends {begin.started - end.finished:.6g} s before it began")
        self._seen.set(end.i, 2)
        del self._open[end.i]
        self._add(begin, end)

    def close(self) -> None:
        """No line is left: what is under way never ended."""
        for begin in self._open.values():
            self._add(begin, None)

    def _add(self, begin: _Begin, end: _End | None) -> None:
        if self._t0 is None:
            return
        self._rows.iterations.add((*_iteration(self._workload, self._t0, begin, end), self._place, 0))
        for turn, call in enumerate(_calls(self._workload, self._t0, begin, end)):
            self._rows.api.add((*call, self._place, turn))


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
