"""Rally's results: the old list of runs, `rally task results`, and `rally task report --json` (format 1.0 to 1.2).

Source of the formats: Rally 5.1.1, `rally/plugins/task/exporters/{json_exporter,old_json_results}.py`, and files of
2016 and 2017. A run is one workload's load: rows of iterations, in any order, and the hooks that struck it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record, replace
from erisc.verdict.foreign import texts
from erisc.verdict.foreign.pull import PIECE, CutError, Pull
from erisc.verdict.foreign.rally_hooks import Hook, error_text, hooks_of
from erisc.verdict.model import Loss
from erisc.verdict.readers import number

NESTS = ("tasks", "subtasks", "workloads")
ROWS = ("result", "data")
WANTED = ("key", "scenario", "runner", "hooks", "load_duration")
OPEN = ("rps",)
"""Runners that send at a rate, whatever comes back."""


class Action(NamedTuple):
    """One atomic action. started: s since the epoch, None where the format does not say. duration: None when it failed
    and the format has no time for it.
    """

    name: str
    started: float | None
    duration: float | None
    ok: bool


class Row(NamedTuple):
    """One iteration. place: row of the run, from 1. timestamp: s since the epoch. duration: s without `idle`."""

    place: int
    timestamp: float
    duration: float
    idle: float
    error: str | None
    actions: tuple[Action, ...]


@record
class Run:
    """One workload's load. place: of the run in its file, from 1. rows: by timestamp.

    level: of its runner, users or 1/s, None when unknown. total: rows there were; lost: of them, those not used. cut:
    whether the file ended within it.
    """

    file: str
    place: int
    scenario: str
    model: str
    level: float | None
    rows: tuple[Row, ...]
    hooks: tuple[Hook, ...]
    total: int
    lost: int
    cut: bool = False


def read(path: str) -> tuple[tuple[Run, ...], tuple[Loss, ...]]:
    """The runs of a file and what could not be used of it. Raises Failure when it is no result of Rally at all."""
    reader = _Reader(texts.shown(path))
    with texts.opened(path) as text:
        pull = Pull(texts.pieces(text, PIECE))
        try:
            reader.walk(pull)
        except CutError as error:
            reader.cut(error)
    if not reader.runs:
        raise Failure(
            f"{path} is no result of Rally: no list of iterations was found in it",
            mend="give what `rally task report --json` writes",
            detail="\n".join(loss.what for loss in reader.losses[:3]),
            exit_code=WRONG_CALL,
        )
    return tuple(reader.runs), tuple(reader.losses)


class _Open:
    """A run that is being read."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {}
        self.rows: list[Row] = []
        self.total = 0
        self.found = False


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.runs: list[Run] = []
        self.losses: list[Loss] = []
        self._open: _Open | None = None

    def walk(self, pull: Pull) -> None:
        """Runs at whatever depth the format has them."""
        mark = pull.peek()
        if mark == "[":
            for _ in pull.items():
                self.walk(pull)
        elif mark == "{":
            self._object(pull)
        else:
            pull.value()

    def _object(self, pull: Pull) -> None:
        run = _Open()
        for key in pull.members():
            if key in NESTS and pull.peek() == "[":
                self.walk(pull)
            elif key in ROWS and pull.peek() == "[":
                self._open, run.found = run, True
                self._rows(pull, run)
            else:
                value = pull.value()
                if key in WANTED:
                    run.about[key] = value
        if run.found:
            self._close(run)

    def cut(self, error: CutError) -> None:
        """The text went no further: what was read of the open run is kept."""
        what = f"cut off at line {error.line}, column {error.column}: {error}; what came before it is kept"
        self.losses.append(Loss(self.file, 0, what))
        if self._open is not None:
            if "hooks" not in self._open.about:
                self.losses.append(Loss(self.file, 0, f"run {len(self.runs) + 1}: its hooks were cut off", "hooks"))
            self._close(self._open, cut=True)

    def _rows(self, pull: Pull, run: _Open) -> None:
        for _ in pull.items():
            run.total += 1
            self._row(pull.value(), run)

    def _row(self, value: Any, run: _Open) -> None:
        try:
            row = _row(run.total, value)
        except _BadError as error:
            self._lose(run.total, error.column, error.what)
            return
        if len(row.actions) < _actions_in(value):
            self._lose(run.total, "atomic_actions", "an action without a good time is left out")
        run.rows.append(row)

    def _lose(self, place: int, column: str, what: str) -> None:
        self.losses.append(Loss(self.file, place, f"run {len(self.runs) + 1}: {what}", column))

    def _close(self, run: _Open, cut: bool = False) -> None:
        self._open = None
        run.rows.sort(key=lambda row: row.timestamp)
        rows = tuple(self._once(run.rows))
        scenario, runner = _about(run.about)
        model = "open" if runner.get("type") in OPEN else "closed"
        self.runs.append(
            Run(
                file=self.file,
                place=len(self.runs) + 1,
                scenario=scenario,
                model=model,
                level=_level(runner, model),
                rows=rows,
                hooks=tuple(self._hooks(run.about)),
                total=run.total,
                lost=run.total - len(rows),
                cut=cut,
            )
        )

    def _once(self, rows: list[Row]) -> Iterator[Row]:
        """Rows that say all the same are one row that was written twice."""
        if rows:
            yield rows[0]
        for before, row in pairwise(rows):
            if before[1:] == row[1:]:
                self._lose(row.place, "", f"the same as row {before.place}: left out as a repetition")
            else:
                yield row

    def _hooks(self, about: dict[str, Any]) -> Iterator[Hook]:
        for place, hook in hooks_of(about):
            if hook.started is not None and hook.finished is not None and hook.finished < hook.started:
                self._lose(place, "hooks", "the hook finished before it started: its end is left out")
                yield replace(hook, finished=None)
            else:
                yield hook


class _BadError(ValueError):
    def __init__(self, column: str, what: str) -> None:
        super().__init__(what)
        self.column = column
        self.what = what


def _row(place: int, value: Any) -> Row:
    if not isinstance(value, dict):
        raise _BadError("", f"an object was expected, not {type(value).__name__}")
    timestamp, duration = _number(value, "timestamp"), _number(value, "duration")
    idle = _number(value, "idle_duration") if value.get("idle_duration") is not None else 0.0
    if duration < 0 or idle < 0:
        column = "duration" if duration < 0 else "idle_duration"
        raise _BadError(column, f"{column} is negative: the clock ran backwards by {-min(duration, idle):.6g} s")
    return Row(place, timestamp, duration, idle, error_text(value.get("error")), _actions(value.get("atomic_actions")))


def _number(value: dict[str, Any], column: str) -> float:
    found = value.get(column)
    if type(found) is float and found - found == 0:  # the quick way for nearly every value
        return found
    try:
        return number(value, column)
    except ValueError as error:
        raise _BadError(column, str(error)) from None


def _actions(actions: Any) -> tuple[Action, ...]:
    """A list with times, or, before Rally 0.10 and in `task results`, durations by name (null when it failed)."""
    if isinstance(actions, dict):
        return tuple(
            Action(str(name), None, None if took is None else float(took), took is not None)
            for name, took in actions.items()
            if took is None or (isinstance(took, (int, float)) and 0 <= took < math.inf)
        )
    if not isinstance(actions, list):
        return ()
    return tuple(made for made in map(_action, actions) if made is not None)


def _action(action: Any) -> Action | None:
    try:
        started, finished = action["started_at"], action["finished_at"]
        if 0 <= finished - started < math.inf:
            return Action(str(action["name"]), float(started), finished - started, not action.get("failed"))
    except (KeyError, TypeError, AttributeError, OverflowError):
        pass
    return None


def _actions_in(value: dict[str, Any]) -> int:
    actions = value.get("atomic_actions")
    return len(actions) if isinstance(actions, (dict, list)) else 0


def _about(about: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The scenario's name and the runner, its name under `type`."""
    key = about.get("key")
    if isinstance(key, dict):
        words = key.get("kw")
        runner = words.get("runner") if isinstance(words, dict) else None
        return str(key.get("name", "")), runner if isinstance(runner, dict) else {}
    scenario, runner = about.get("scenario"), about.get("runner")
    name = next(iter(scenario), "") if isinstance(scenario, dict) else str(scenario or "")
    if isinstance(runner, dict) and len(runner) == 1:
        [(kind, words)] = runner.items()
        return name, {"type": kind, **(words if isinstance(words, dict) else {})}
    return name, {}


def _level(runner: dict[str, Any], model: str) -> float | None:
    level = runner.get("rps" if model == "open" else "concurrency", 1 if runner.get("type") == "serial" else None)
    return float(level) if isinstance(level, (int, float)) else None
