"""Rally runner `erisc_staged`: load that ramps and holds, in the open and in the closed model.

Stock Rally 5 loads this file with `--plugin-paths`; it needs nothing but Rally. In the open model the arrivals follow
the schedule whatever the cloud answers: arrival k happens where the integral of the level reaches k + 1/2 (so a stage
has as many arrivals as its integral, and ramps up and down are mirror images), and nothing waits for an earlier answer.
In the closed model the level is a number of users; each runs one iteration after another.

Environment, all optional:
  ERISC_RENDEZVOUS  a directory. The runner writes `ready-<workload>` there and waits for the file `t0`, JSON
                    {"t0_mono": CLOCK_MONOTONIC s, "t0_wall": epoch s}; when all is recorded it leaves
                    `done-<workload>`. Without it the load starts at once.
  ERISC_WORKLOAD    the workload's name in that file name.
  ERISC_ITERATIONS  a file: one JSON line when an iteration begins, one when it ends, as they happen.
"""

from __future__ import annotations

import bisect
import json
import math
import os
import queue
import threading
import time
import typing as t

from rally import consts, exceptions
from rally.common import utils as rally_utils
from rally.common import validation
from rally.task import runner

OPEN, CLOSED = "open", "closed"
_STACK = 1 << 20  # bytes of stack a thread: thousands may wait for a cloud that does not answer


class Stage(t.NamedTuple):
    """start, end: s from t = 0; low, high: level at start and end, 1/s or users."""

    name: str
    start: float
    end: float
    low: float
    high: float

    def count_at(self, level_sum: float) -> float:
        """s from t = 0 at which the integral of the level from the stage's start is `level_sum`."""
        slope = (self.high - self.low) / (self.end - self.start)
        root = math.sqrt(max(self.low * self.low + 2 * slope * level_sum, 0.0))
        return self.start + 2 * level_sum / (self.low + root)

    @property
    def integral(self) -> float:
        return (self.low + self.high) / 2 * (self.end - self.start)


def stages_of(config: list[dict[str, t.Any]]) -> list[Stage]:
    """The stages of the task file, one after the other from t = 0."""
    made = []
    clock = 0.0
    for item in config:
        end = clock + float(item["duration"])
        made.append(Stage(item.get("name", ""), clock, end, float(item["from"]), float(item["to"])))
        clock = end
    return made


def arrivals(stages: list[Stage]) -> t.Iterator[tuple[float, str]]:
    """Instants (s from t = 0) and stage names of the open model, in order."""
    before = 0.0
    k = 0
    for stage in stages:
        while k + 0.5 < before + stage.integral:
            yield min(stage.count_at(k + 0.5 - before), stage.end), stage.name
            k += 1
        before += stage.integral


def user_changes(stages: list[Stage]) -> list[tuple[float, int]]:
    """(s from t = 0, users from then on) of the closed model: the level rounded, halves up; at the end nobody."""
    changes: list[tuple[float, int]] = []
    for stage in stages:
        changes += _changes_in(stage)
    return [*changes, (stages[-1].end, 0)]


def _changes_in(stage: Stage) -> list[tuple[float, int]]:
    first, last = math.floor(stage.low + 0.5), math.floor(stage.high + 0.5)
    found = [(stage.start, first)]
    step = 1 if last > first else -1
    for users in range(first + step, last + step, step) if last != first else ():
        crossed = users - 0.5 if step > 0 else users + 0.5
        share = (crossed - stage.low) / (stage.high - stage.low)
        found.append((stage.start + share * (stage.end - stage.start), users))
    return found


class Recorder:
    """Writes ERISC_ITERATIONS and hands results to Rally; what comes after `close` is dropped."""

    def __init__(self, path: str | None, send: t.Callable[[t.Any], None]) -> None:
        self._file = open(path, "a", encoding="utf-8") if path else None  # noqa: SIM115 - lives as long as the load
        self._send = send
        self._lock = threading.Lock()
        self._open: dict[int, tuple[float, float]] = {}
        self._closed = False

    def begin(self, i: int, stage: str, intended: float, started: float) -> None:
        wall = time.time()
        line = {"event": "begin", "i": i, "stage": stage, "intended_mono": intended, "started_mono": started,
                "started_wall": wall}  # fmt: skip
        with self._lock:
            if not self._closed:
                self._open[i] = (wall, intended)
                self._write(line)

    def end(self, i: int, result: t.Any, started: float, started_wall: float, finished: float) -> None:
        error = result["error"]
        line = {
            "event": "end", "i": i, "finished_mono": finished,
            "error": {"type": str(error[0]), "message": str(error[1])[:2000]} if error else None,
            "actions": [_action(one, started - started_wall, finished) for one in result["atomic_actions"]],
        }  # fmt: skip
        with self._lock:
            if not self._closed and self._open.pop(i, None) is not None:
                self._write(line)
                self._send(result)

    def in_flight(self) -> int:
        with self._lock:
            return len(self._open)

    def close(self) -> None:
        """Whoever has not answered by now counts as unfinished, for Rally as an error."""
        with self._lock:
            self._closed = True
            for i, (wall, _) in sorted(self._open.items()):
                error = exceptions.TimeoutException(
                    desired_status="finished", resource_name="iteration", resource_type="erisc_staged",
                    resource_id=i, resource_status="unfinished", timeout=round(time.time() - wall, 1),
                )  # fmt: skip
                row = runner.format_result_on_timeout(error, max(time.time() - wall, 0.0))
                self._send({**row, "timestamp": wall, "idle_duration": 0.0})  # Rally refuses its own integer 0
            if self._file:
                self._file.close()

    def _write(self, line: dict[str, t.Any]) -> None:
        if self._file:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def _action(action: t.Any, to_mono: float, finished: float) -> dict[str, t.Any]:
    started_at, finished_at = action.get("started_at"), action.get("finished_at")
    return {
        "name": action["name"],
        "started_mono": finished if started_at is None else started_at + to_mono,
        "finished_mono": finished if finished_at is None else finished_at + to_mono,
        "ok": finished_at is not None and not action.get("failed", False),
    }


class Pool:
    """Threads on demand, at most `limit`; a job that finds all of them busy waits and its latency counts the wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._jobs: queue.SimpleQueue[t.Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._outstanding = 0
        self._threads = 0

    def submit(self, job: t.Callable[[], None]) -> None:
        with self._lock:
            self._outstanding += 1
            if self._threads < min(self._outstanding, self._limit):
                self._threads += 1
                threading.Thread(target=self._work, daemon=True).start()
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            self._jobs.get()()
            with self._lock:
                self._outstanding -= 1


class Load:
    """One run of one workload: what both models share."""

    def __init__(self, stages: list[Stage], run_once: t.Callable[[int], t.Any], recorder: Recorder,
                 stop: t.Callable[[], bool]) -> None:  # fmt: skip
        self.stages = stages
        self.recorder = recorder
        self.stopped = stop
        self._run_once = run_once

    def iterate(self, i: int, stage: str, intended: float | None) -> None:
        started, wall = time.monotonic(), time.time()
        self.recorder.begin(i, stage, started if intended is None else intended, started)
        result = self._run_once(i)
        self.recorder.end(i, result, started, wall, time.monotonic())

    def sleep_until(self, deadline: float) -> bool:
        """False when Rally aborted the task meanwhile. deadline: CLOCK_MONOTONIC s."""
        while not self.stopped():
            left = deadline - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, 0.5))
        return False


def drive_open(load: Load, t0: float, limit: int) -> None:
    """Start every arrival at its instant; return at the end of the schedule."""
    pool = Pool(limit)
    waiting: dict[int, tuple[str, float]] = {}

    def job(i: int, stage: str, intended: float) -> t.Callable[[], None]:
        def run() -> None:
            if waiting.pop(i, None):
                load.iterate(i, stage, intended)

        return run

    for i, (at, stage) in enumerate(arrivals(load.stages)):
        if not load.sleep_until(t0 + at):
            break
        waiting[i] = (stage, t0 + at)
        pool.submit(job(i, stage, t0 + at))
    load.sleep_until(t0 + load.stages[-1].end)
    for i in sorted(waiting):  # never got a thread: they are on record, and unfinished
        entry = waiting.pop(i, None)
        if entry:
            load.recorder.begin(i, entry[0], entry[1], time.monotonic())


class Users:
    """Threads of the closed model; user n runs while fewer than the level are before it."""

    def __init__(self, load: Load, t0: float) -> None:
        self._load = load
        self._t0 = t0
        self._starts = [stage.start for stage in load.stages]
        self._change = threading.Condition()
        self._active = 0
        self._threads = 0
        self._next = 0

    def set(self, active: int) -> None:
        with self._change:
            self._active = active
            while self._threads < active:
                threading.Thread(target=self._live, args=(self._threads,), daemon=True).start()
                self._threads += 1
            self._change.notify_all()

    def _live(self, index: int) -> None:
        while True:
            with self._change:
                while index >= self._active:
                    self._change.wait()
                i = self._next
                self._next += 1
            self._load.iterate(i, self._stage(), None)

    def _stage(self) -> str:
        position = bisect.bisect_right(self._starts, time.monotonic() - self._t0) - 1
        return self._load.stages[max(position, 0)].name


def drive_closed(load: Load, t0: float) -> None:
    """Follow the level with users; return at the end of the schedule."""
    users = Users(load, t0)
    for at, active in user_changes(load.stages):
        if not load.sleep_until(t0 + at):
            break
        users.set(active)
    users.set(0)


def announce(state: str) -> str | None:
    """Leave the file `STATE-WORKLOAD` where the executor looks; the folder, None when there is none."""
    folder = os.environ.get("ERISC_RENDEZVOUS")
    if folder:
        with open(os.path.join(folder, f"{state}-{os.environ.get('ERISC_WORKLOAD', '')}"), "w", encoding="utf-8"):
            pass
    return folder


def rendezvous(stop: t.Callable[[], bool]) -> float:
    """Say ready, wait for the common start, and return it: t = 0 as CLOCK_MONOTONIC s."""
    folder = announce("ready")
    if not folder:
        return time.monotonic()
    path = os.path.join(folder, "t0")
    while not os.path.exists(path):
        if stop():
            return time.monotonic()
        time.sleep(0.02)
    with open(path, encoding="utf-8") as file:
        return float(json.load(file)["t0_mono"])


@validation.configure("erisc_stages")
class StagesValidator(validation.Validator):  # type: ignore[misc, unused-ignore]
    """The stages hold together: no jump in a hold, somebody to load at all."""

    def validate(self, context: t.Any, config: t.Any, plugin_cls: t.Any, plugin_cfg: t.Any) -> None:
        stages = (plugin_cfg or {}).get("stages", [])
        for number, stage in enumerate(stages):
            if stage["kind"] == "hold" and stage["from"] != stage["to"]:
                self.fail(f"stage {number}: a hold has one level, not from {stage['from']} to {stage['to']}")
        if stages and not any(stage["from"] or stage["to"] for stage in stages):
            self.fail("every stage has level 0: there is no load")


@validation.add("erisc_stages")
@runner.configure(name="erisc_staged")
class StagedRunner(runner.ScenarioRunner):  # type: ignore[misc, unused-ignore]
    """Ramps and holds of load, in the open model (arrivals a second) or the closed one (users).

    Latency in the open model counts from the intended start. After the last stage the runner waits up to `drain`
    seconds for iterations in flight and then reports them as unfinished.
    """

    CONFIG_SCHEMA: t.ClassVar[dict[str, t.Any]] = {
        "type": "object",
        "$schema": consts.JSON_SCHEMA7,
        "properties": {
            "model": {"enum": [OPEN, CLOSED], "description": "what a level counts: arrivals a second, or users"},
            "stages": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "kind": {"enum": ["ramp", "hold"]},
                        "name": {"type": "string", "description": "the window's name; empty when it has none"},
                        "duration": {"type": "number", "exclusiveMinimum": 0, "description": "s"},
                        "from": {"type": "number", "minimum": 0, "description": "level at the start"},
                        "to": {"type": "number", "minimum": 0, "description": "level at the end"},
                    },
                    "required": ["kind", "duration", "from", "to"],
                    "additionalProperties": False,
                },
            },
            "drain": {"type": "number", "minimum": 0, "description": "s to wait for iterations in flight (90)"},
            "max_in_flight": {"type": "integer", "minimum": 1, "description": "threads of the open model (4000)"},
        },
        "required": ["model", "stages"],
        "additionalProperties": False,
    }

    def _run_scenario(self, cls: t.Any, method_name: t.Any, context: t.Any, args: t.Any) -> None:
        threading.stack_size(_STACK)
        events = rally_utils.DequeAsQueue(self.event_queue)

        def run_once(i: int) -> t.Any:
            return runner._run_scenario_once(cls, method_name, runner._get_scenario_context(i, context), args, events)

        stages = stages_of(self.config["stages"])
        recorder = Recorder(os.environ.get("ERISC_ITERATIONS"), self._send_result)
        load = Load(stages, run_once, recorder, self.aborted.is_set)
        t0 = rendezvous(self.aborted.is_set)
        if self.config["model"] == OPEN:
            drive_open(load, t0, self.config.get("max_in_flight", 4000))
        else:
            drive_closed(load, t0)
        self._drain(recorder, t0 + stages[-1].end + self.config.get("drain", 90.0))
        recorder.close()
        announce("done")
        self._flush_results()

    def _drain(self, recorder: Recorder, deadline: float) -> None:
        while recorder.in_flight() and time.monotonic() < deadline and not self.aborted.is_set():
            time.sleep(0.02)
