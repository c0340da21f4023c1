"""Rally runner `erisc_staged`: load that ramps and holds, in the open and in the closed model.

Stock Rally 5 loads this file with `--plugin-paths`; it needs nothing but Rally. In the open model the arrivals follow
the schedule whatever the cloud answers: paced, arrival k happens where the integral of the level reaches k + 1/2 (so a
stage has as many arrivals as its integral, and ramps up and down are mirror images); as a Poisson process, where it
reaches a sum of exponential gaps drawn from `choice`. Nothing waits for an earlier answer. In the closed model the
level is a number of users; each runs one iteration after another, and thinks in between.

The load is driven by forked processes of many threads: one interpreter starts some hundred iterations a second and no
more. Process p of P takes the arrivals and users whose number is p modulo P.

Environment, all optional:
  ERISC_RENDEZVOUS  a directory. The runner writes `ready-<workload>` there and waits for the file `t0`, JSON
                    {"t0_mono": CLOCK_MONOTONIC s, "t0_wall": epoch s}; when all is recorded it leaves
                    `done-<workload>`. Without it the load starts at once.
  ERISC_WORKLOAD    the workload's name in that file name.
  ERISC_ITERATIONS  a file: JSON lines when a stage or an iteration begins and ends, at most 0.05 s later. With it, the
                    file is the record: Rally, which keeps all results in memory at the end, gets none.
  ERISC_SHARD       `k/n`: of n generators this is number k, from 0, and takes what is k modulo n.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import functools
import gc
import json
import math
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
import traceback
import typing as t
import urllib.request
from multiprocessing import connection

from rally import consts, exceptions
from rally.common import db, validation
from rally.task import runner, types, utils

OPEN, CLOSED = "open", "closed"
PACED, POISSON = "paced", "poisson"
_STACK = 1 << 20  # bytes of stack a thread: thousands may wait for a cloud that does not answer
_FLUSH = 0.025  # s a line waits for others to be written with
_SWITCH = 0.0005  # s a thread may keep the interpreter from one whose arrival is due
_RATE, _USERS = 100.0, 25.0  # arrivals a second, users, that one process drives
_READY = 16  # threads that wait for the first arrivals
_LEAD = 0.5  # s to the start of a load that nobody else waits for
_PR_SET_PDEATHSIG, _PR_SET_TIMERSLACK = 1, 29  # prctl(2)


class Stage(t.NamedTuple):
    """start: s from t = 0, None where only the run can tell; duration: s, None where iterations end it.

    low, high: level at start and end, 1/s or users. iterations: how many bound it, None when time does.
    """

    number: int
    name: str
    start: t.Any
    duration: t.Any
    low: float
    high: float
    iterations: int | None

    @property
    def integral(self) -> float:
        return float((self.low + self.high) / 2 * self.duration)

    def reaches(self, level_sum: float) -> float:
        """s from t = 0 at which the integral of the level from the stage's start is `level_sum`."""
        slope = (self.high - self.low) / self.duration
        root = math.sqrt(max(self.low * self.low + 2 * slope * level_sum, 0.0))
        return float(self.start + min(2 * level_sum / (self.low + root), self.duration))


def stages_of(config: list[dict[str, t.Any]], model: str) -> list[Stage]:
    """The stages of the task file; without a `start` of its own, each begins where the one before ends."""
    made: list[Stage] = []
    clock: float | None = 0.0
    for number, item in enumerate(config):
        given = item.get("start")
        start = clock if given is None else float(given)
        low, high = float(item["from"]), float(item["to"])
        duration: t.Any = item.get("duration")
        iterations: t.Any = item.get("iterations")
        if duration is None and model == OPEN:
            duration = 2 * iterations / (low + high)
        made.append(Stage(number, item.get("name", ""), start, duration, low, high, iterations))
        clock = None if start is None or duration is None else start + duration
    return made


def arrivals(stages: list[Stage], process: str = PACED, choice: int = 0) -> t.Iterator[tuple[int, float, Stage]]:
    """Number, instant (s from t = 0) and stage of every arrival of the open model, in order."""
    sums = _poisson_sums(stages, choice) if process == POISSON else _paced_sums(stages)
    for i, (stage, level_sum) in enumerate(sums):
        yield i, stage.reaches(level_sum), stage


def _paced_sums(stages: list[Stage]) -> t.Iterator[tuple[Stage, float]]:
    before = 0.0
    k = 0
    for stage in stages:
        while k + 0.5 < before + stage.integral - 1e-9:  # 0.1 + 0.2 is not to give an arrival more than 0.3
            yield stage, k + 0.5 - before
            k += 1
        before += stage.integral


def _poisson_sums(stages: list[Stage], choice: int) -> t.Iterator[tuple[Stage, float]]:
    """Gaps are -ln(1 - U), U from the Mersenne Twister of `choice`. N arrivals in a stage that is bounded by N of them
    are the N first of N + 1 gaps that fill it: so a Poisson process with that many arrivals is distributed.
    """
    draw = random.Random(choice)

    def gap() -> float:
        return -math.log(1.0 - draw.random())

    for stage in stages:
        if stage.iterations is None:
            total = gap()
            while total < stage.integral:
                yield stage, total
                total += gap()
        else:
            sums = list(_sums(gap() for _ in range(stage.iterations + 1)))
            for total in sums[:-1]:
                yield stage, total / sums[-1] * stage.integral


def _sums(values: t.Iterator[float]) -> t.Iterator[float]:
    total = 0.0
    for value in values:
        total += value
        yield total


def rounded(level: float) -> int:
    """Users of a level: halves up."""
    return math.floor(level + 0.5)


def user_changes(stage: Stage) -> list[tuple[float, int]]:
    """(s from the stage's start, users from then on) of a stage that time bounds."""
    first, last = rounded(stage.low), rounded(stage.high)
    found = [(0.0, first)]
    step = 1 if last > first else -1
    for users in range(first + step, last + step, step) if last != first else ():
        crossed = users - 0.5 if step > 0 else users + 0.5
        found.append(((crossed - stage.low) / (stage.high - stage.low) * stage.duration, users))
    return found


class Shard(t.NamedTuple):
    """Number `number` of `of` that share a load."""

    number: int
    of: int

    def users(self, level: int) -> int:
        """Its share of users 0 … level - 1."""
        return max(-(-(level - self.number) // self.of), 0)

    def within(self, part: int, parts: int) -> Shard:
        """Part `part` of `parts` of this one."""
        return Shard(self.number + self.of * part, self.of * parts)


def shard_of(text: str) -> Shard:
    """`k/n`; "" is all of it."""
    number, _, of = (text or "0/1").partition("/")
    made = Shard(int(number), int(of))
    if not 0 <= made.number < made.of:
        raise ValueError(f"ERISC_SHARD={text}: k/n with 0 <= k < n was expected")
    return made


class Recorder:
    """Writes ERISC_ITERATIONS, some lines at a time, and sends to the parent what Rally wants of it.

    What comes after `close` is dropped. error: why a line could not be written, "" when all could.
    """

    def __init__(self, path: str | None, pipe: t.Any, events: bool) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else -1
        self._pipe = pipe
        self._events = events
        self._lines: list[str] = []
        self._sent: list[tuple[str, t.Any]] = []
        self._open: dict[int, float] = {}
        self._words: dict[str, str] = {}
        self._lock = threading.Lock()
        self._wake = threading.Semaphore(0)
        self._writing = threading.Lock()
        self._closed = False
        self.error = ""
        threading.Thread(target=self._flush_forever, daemon=True).start()

    def stage(self, stage: Stage, state: str, mono: float) -> None:
        line = {"event": "stage", "number": stage.number, "name": stage.name, "state": state, "mono": mono}
        with self._lock:
            self._keep(json.dumps(line) + "\n")

    def begin(self, i: int, stage: str, intended: float, started: float) -> float:
        wall = time.time()
        name = self._word(stage)
        line = (
            f'{{"event": "begin", "i": {i}, "stage": {name}, "intended_mono": {intended!r}, '
            f'"started_mono": {started!r}, "started_wall": {wall!r}}}\n'
        )
        with self._lock:
            if not self._closed:
                self._open[i] = wall
                self._keep(line)
                if self._events:
                    self._sent.append(("event", i + 1))
        return wall

    def end(self, i: int, result: t.Any, started: float, started_wall: float, finished: float) -> None:
        error, output = result["error"], result["output"]
        why = json.dumps({"type": str(error[0]), "message": str(error[1])[:2000]}) if error else "null"
        to_mono = started - started_wall
        actions = ", ".join([self._action(one, to_mono, finished) for one in result["atomic_actions"]])
        more = f', "output": {json.dumps(output)}' if output["additive"] or output["complete"] else ""
        head = f'{{"event": "end", "i": {i}, "finished_mono": {finished!r}'
        line = f'{head}, "error": {why}, "actions": [{actions}]{more}}}\n'
        with self._lock:
            if not self._closed and self._open.pop(i, None) is not None:
                self._keep(line)
                if self._pipe and self._fd < 0:
                    self._sent.append(("result", result))

    def in_flight(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """Whoever has not answered by now counts as unfinished, for Rally as an error."""
        with self._lock:
            self._closed = True
            if self._fd < 0:
                self._sent += [("result", _unfinished(i, wall)) for i, wall in sorted(self._open.items())]
        self._flush()
        if self._lines:
            raise OSError(f"iterations cannot be recorded: {self.error}")

    def _keep(self, line: str) -> None:
        if not self._lines:
            self._wake.release()
        self._lines.append(line)

    def _word(self, text: str) -> str:
        return self._words.get(text) or self._words.setdefault(text, json.dumps(text))

    def _action(self, action: t.Any, to_mono: float, finished: float) -> str:
        started_at, finished_at = action.get("started_at"), action.get("finished_at")
        begin = finished if started_at is None else started_at + to_mono
        end = finished if finished_at is None else finished_at + to_mono
        ok = "true" if finished_at is not None and not action.get("failed") else "false"
        return (
            f'{{"name": {self._word(action["name"])}, "started_mono": {begin!r}, "finished_mono": {end!r}, "ok": {ok}}}'
        )

    def _flush_forever(self) -> None:
        while True:
            self._wake.acquire()
            time.sleep(_FLUSH)
            self._flush()

    def _flush(self) -> None:
        with self._writing:
            with self._lock:
                lines, self._lines = self._lines, []
                sent, self._sent = self._sent, []
            if sent and self._pipe:
                self._pipe.send(sent)
            if lines and self._fd >= 0 and not self._write("".join(lines).encode()):
                self._wake.release()

    def _write(self, text: bytes) -> bool:
        """False when some could not be written: it is kept, for a disk that is full may have space again."""
        try:
            while text:
                text = text[os.write(self._fd, text) :]
        except OSError as error:
            self.error = error.strerror or str(error)
            time.sleep(_FLUSH)
            with self._lock:
                self._lines.insert(0, text.decode())
        return not text


def _unfinished(i: int, wall: float) -> dict[str, t.Any]:
    taken = max(time.time() - wall, 0.0)
    error = exceptions.TimeoutException(
        desired_status="finished", resource_name="iteration", resource_type="erisc_staged",
        resource_id=i, resource_status="unfinished", timeout=round(taken, 1),
    )  # fmt: skip
    row = runner.format_result_on_timeout(error, taken)
    return {**row, "timestamp": wall, "idle_duration": 0.0}  # Rally refuses its own integer 0


class Scenario:
    """Runs one iteration: what `rally.task.runner._run_scenario_once` does, without two log lines, an event and deep
    copies for each. Every iteration has containers of its own; credentials and the like, which scenarios read, are
    shared.
    """

    def __init__(self, cls: t.Any, method: str, context: dict[str, t.Any], args: dict[str, t.Any]) -> None:
        self._class = cls
        self._method = method
        self._context = context
        self._args = args
        self._flat = all(isinstance(value, (str, int, float, bool, type(None))) for value in args.values())
        self._deferred = getattr(types, "DeferredResource", ())

    def run(self, i: int) -> dict[str, t.Any]:
        context = {name: _copied(value) for name, value in self._context.items()}
        context["iteration"] = i + 1  # as Rally counts
        args = dict(self._args) if self._flat else copy.deepcopy(self._args)
        error: list[str] = []
        made: t.Any = None
        begun = time.time()
        try:
            made = self._class(context)
            if not self._flat:
                for name, value in args.items():
                    if isinstance(value, self._deferred):
                        args[name] = value.resolve(made)
            getattr(made, self._method)(**args)
        except Exception as caught:  # whatever a scenario raises is its result
            error = utils.format_exc(caught)
        idle = made.idle_duration() if made else 0.0
        return {
            "duration": time.time() - begun - idle, "timestamp": begun, "idle_duration": idle, "error": error,
            "output": made._output if made else {"additive": [], "complete": []},
            "atomic_actions": made.atomic_actions() if made else [],
        }  # fmt: skip


def _copied(value: t.Any) -> t.Any:
    if type(value) is dict:
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if type(value) is list else value


class Load:
    """One process's part of one workload: what both models share. t0: CLOCK_MONOTONIC s."""

    def __init__(self, stages: list[Stage], run_once: t.Callable[[int], t.Any], recorder: Recorder,
                 stop: t.Callable[[], bool], tells: bool, t0: float) -> None:  # fmt: skip
        self.stages = stages
        self.recorder = recorder
        self.stopped = stop
        self.t0 = t0
        self._run_once = run_once
        self._tells = tells

    def iterate(self, i: int, stage: str, intended: float | None) -> None:
        started = time.monotonic()
        wall = self.recorder.begin(i, stage, started if intended is None else intended, started)
        result = self._run_once(i)
        self.recorder.end(i, result, started, wall, time.monotonic())

    def tell(self, stage: Stage, state: str, mono: float) -> None:
        """One process of a generator tells of the stages, for all of it."""
        if self._tells:
            self.recorder.stage(stage, state, mono)

    def sleep_until(self, deadline: float) -> bool:
        """False when Rally aborted the task meanwhile. deadline: CLOCK_MONOTONIC s."""
        while not self.stopped():
            left = deadline - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, 0.5))
        return False


class Arrivals:
    """Threads of the open model. The one whose turn it is waits for the next arrival and then runs it itself, so that
    nobody has to be woken first; the next in turn waits meanwhile. At most `limit` threads: an arrival that finds all
    of them busy is late, and its latency counts the wait.
    """

    def __init__(self, load: Load, mine: t.Iterator[tuple[int, float, Stage]], limit: int) -> None:
        self._load = load
        self._mine = mine
        self._limit = limit
        self._turn = threading.Lock()
        self._threads = 0
        self._idle: list[None] = []  # one for each that waits: append and pop need no lock
        self._over = False

    def start(self) -> None:
        with self._turn:
            for _ in range(min(_READY, self._limit)):
                self._add()

    def _add(self) -> None:
        """One that holds the turn calls it."""
        try:
            threading.Thread(target=self._work, daemon=True).start()
        except RuntimeError:  # the system has no more
            self._limit = self._threads
            return
        self._threads += 1
        self._idle.append(None)

    def _work(self) -> None:
        while True:
            with self._turn:
                found = next(self._mine, None)
                if found is None:
                    self._over = True
                    return
                i, at, stage = found
                self._idle.pop()
                if not self._idle and self._threads < self._limit:
                    self._add()  # while there is time: who takes the next turn
                intended = self._load.t0 + at
                while (left := intended - time.monotonic()) > 0:
                    time.sleep(min(left, 0.5))
                    if left > 0.5 and self._load.stopped():
                        return
            self._load.iterate(i, stage.name, intended)
            self._idle.append(None)

    def finish(self) -> None:
        """The schedule is over. What is late may still begin while there are threads; arrivals that found all of them
        busy are given up: they are on record, and unfinished.
        """
        while not self._over and (self._idle or self._threads < self._limit) and not self._load.stopped():
            time.sleep(0.01)
        with self._turn:
            for i, at, stage in self._mine:
                self._load.recorder.begin(i, stage.name, self._load.t0 + at, time.monotonic())


def drive_open(load: Load, shard: Shard, process: str, choice: int, limit: int) -> float:
    """Start every arrival at its instant; return the end of the schedule, CLOCK_MONOTONIC s."""
    mine = (arrival for arrival in arrivals(load.stages, process, choice) if arrival[0] % shard.of == shard.number)
    pool = Arrivals(load, mine, max(limit // shard.of, 1))
    pool.start()
    end = load.t0
    for stage in load.stages:
        start = load.t0 + stage.start
        end = start + stage.duration
        if not load.sleep_until(start):
            return time.monotonic()
        load.tell(stage, "started", start)
        if not load.sleep_until(end):
            return time.monotonic()
        load.tell(stage, "finished", end)
    pool.finish()
    return end


class Users:
    """Threads of the closed model; user n runs while fewer than the level are before it."""

    def __init__(self, load: Load, shard: Shard, think: float) -> None:
        self._load = load
        self._shard = shard
        self._think = think
        self._change = threading.Condition()
        self._stage = ""
        self._bound: int | None = None
        self._begun = 0
        self._active = 0
        self._threads = 0
        self._next = 0

    def enter(self, stage: Stage) -> None:
        """Iterations from now on are the stage's, as many as bound it."""
        with self._change:
            self._stage, self._bound, self._begun = stage.name, self._share(stage), 0

    def _share(self, stage: Stage) -> int | None:
        """Of the iterations that bound the stage; a shard without a user has none."""
        if stage.duration is not None or stage.iterations is None:
            return None
        sharing = min(self._shard.of, max(rounded(stage.low), rounded(stage.high), 1))
        return len(range(self._shard.number, stage.iterations, sharing)) if self._shard.number < sharing else 0

    def set(self, level: int) -> None:
        with self._change:
            self._set(self._shard.users(level))

    def _set(self, active: int) -> None:
        self._active = active
        while self._threads < active:
            threading.Thread(target=self._live, args=(self._threads,), daemon=True).start()
            self._threads += 1
        self._change.notify_all()

    def used_up(self, stage: Stage) -> bool:
        """Whether the stage's iterations have all begun; the level follows how many have."""
        with self._change:
            if not self._bound or self._begun >= self._bound:
                return True
            level = stage.low + (stage.high - stage.low) * self._begun / self._bound
            active = max(self._shard.users(rounded(level)), 1)  # or it would never end
            if active != self._active:
                self._set(active)
            return False

    def _live(self, index: int) -> None:
        while True:
            with self._change:
                while index >= self._active or (self._bound is not None and self._begun >= self._bound):
                    self._change.wait()
                i = self._shard.number + self._shard.of * self._next
                stage = self._stage
                self._next += 1
                self._begun += 1
            self._load.iterate(i, stage, None)
            if self._think:
                time.sleep(self._think)

    def await_end(self, stage: Stage) -> float:
        """Follow a stage that iterations bound; its end, CLOCK_MONOTONIC s."""
        while not self.used_up(stage) and not self._load.stopped():
            time.sleep(0.005)
        return time.monotonic()


def drive_closed(load: Load, shard: Shard, think: float) -> float:
    """Follow the level with users; return the end of the schedule, CLOCK_MONOTONIC s."""
    users = Users(load, shard, think)
    end = load.t0
    for stage in load.stages:
        start = end if stage.start is None else load.t0 + stage.start
        if not load.sleep_until(start):
            break
        load.tell(stage, "started", start)
        users.enter(stage)
        end = users.await_end(stage) if stage.duration is None else _follow(load, users, stage, start)
        load.tell(stage, "finished", end)
    users.set(0)
    return end


def _follow(load: Load, users: Users, stage: Stage, start: float) -> float:
    end = start + stage.duration
    for at, level in user_changes(stage):
        if not load.sleep_until(start + at):
            return time.monotonic()
        users.set(level)
    return float(end) if load.sleep_until(end) else time.monotonic()


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
        return time.monotonic() + _LEAD
    path = os.path.join(folder, "t0")
    while not os.path.exists(path):
        if stop():
            return time.monotonic()
        time.sleep(0.02)
    with open(path, encoding="utf-8") as file:
        return float(json.load(file)["t0_mono"])


class Part:
    """A forked process that drives its part of the load. pipe: t = 0 goes in; results and events come out."""

    def __init__(self, act: t.Callable[[t.Any], None], siblings: list[Part]) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        parent = os.getpid()
        inherited = [each.pipe for each in siblings] + [self.pipe]

        def body() -> None:
            for pipe in inherited:
                pipe.close()  # or nobody would see the parent's end of it close
            _in_child(parent, lambda: act(theirs))

        self.process = multiprocessing.get_context("fork").Process(target=body, daemon=True)
        self.process.start()
        theirs.close()


def _in_child(parent: int, act: t.Callable[[], None]) -> None:
    code = 1
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(_PR_SET_TIMERSLACK, 1000)  # ns, and of the threads started from here
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to act on
        if os.getppid() == parent:
            gc.set_threshold(20_000, 20, 50)
            sys.setswitchinterval(_SWITCH)
            _remember_proxies()
            act()
            code = 0
    except Exception:  # said where Rally says things; the parent sees the code
        sys.stderr.write(f"erisc: a load process failed: {traceback.format_exc()}")
    sys.stderr.flush()
    os._exit(code)  # iterations that never came back hold threads; they must not hold the process


def _remember_proxies() -> None:
    """requests looks through the whole environment for proxies, twice a request: a fifth of what an iteration costs.
    While the load lasts it does not change.
    """
    found = urllib.request.getproxies_environment()
    original = urllib.request.getproxies_environment
    for name in ("urllib.request", "requests.compat", "requests.utils"):
        module = sys.modules.get(name)
        for function in ("getproxies", "getproxies_environment"):
            if getattr(module, function, None) is original:
                setattr(module, function, found.copy)


class PartLostError(Exception):
    """A load process ended before its part was done."""


@validation.configure("erisc_stages")
class StagesValidator(validation.Validator):  # type: ignore[misc, unused-ignore]
    """The stages hold together: no jump in a hold, an end to each, somebody to load at all."""

    def validate(self, context: t.Any, config: t.Any, plugin_cls: t.Any, plugin_cfg: t.Any) -> None:
        stages = (plugin_cfg or {}).get("stages", [])
        for number, stage in enumerate(stages):
            if wrong := _wrong(stage):
                self.fail(f"stage {number}: {wrong}")
        if stages and not any(stage["from"] or stage["to"] for stage in stages):
            self.fail("every stage has level 0: there is no load")


def _wrong(stage: dict[str, t.Any]) -> str:
    if stage["kind"] == "hold" and stage["from"] != stage["to"]:
        return f"a hold has one level, not from {stage['from']} to {stage['to']}"
    if stage.get("duration") is None and stage.get("iterations") is None:
        return "neither a duration nor iterations say when it ends"
    if stage.get("duration") is None and not (stage["from"] or stage["to"]):
        return "at level 0 its iterations never come"
    return ""


_NUMBER_OR_NULL = {"anyOf": [{"type": "null"}, {"type": "number", "exclusiveMinimum": 0}]}


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
            "arrivals": {"enum": [PACED, POISSON], "description": "of the open model (paced)"},
            "choice": {"type": "string", "pattern": "^[0-9a-fA-F]{1,16}$", "description": "draws Poisson arrivals"},
            "think": {"type": "number", "minimum": 0, "description": "s a user waits between iterations (0)"},
            "stages": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "kind": {"enum": ["ramp", "hold"]},
                        "name": {"type": "string", "description": "the window's name; empty when it has none"},
                        "start": {
                            "anyOf": [{"type": "null"}, {"type": "number", "minimum": 0}],
                            "description": "s from t = 0; null, or without it, after the stage before",
                        },
                        "duration": {**_NUMBER_OR_NULL, "description": "s; null when iterations bound it"},
                        "iterations": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]},
                        "from": {"type": "number", "minimum": 0, "description": "level at the start"},
                        "to": {"type": "number", "minimum": 0, "description": "level at the end"},
                    },
                    "required": ["kind", "from", "to"],
                    "additionalProperties": False,
                },
            },
            "drain": {"type": "number", "minimum": 0, "description": "s to wait for iterations in flight (90)"},
            "max_in_flight": {"type": "integer", "minimum": 1, "description": "threads of the open model (4000)"},
            "processes": {"type": "integer", "minimum": 1, "description": "that drive the load (by level and CPUs)"},
        },
        "required": ["model", "stages"],
        "additionalProperties": False,
    }

    def _run_scenario(self, cls: t.Any, method_name: t.Any, context: t.Any, args: t.Any) -> None:
        stages = stages_of(self.config["stages"], self.config["model"])
        shard = shard_of(os.environ.get("ERISC_SHARD", ""))
        scenario = Scenario(cls, method_name, context, args)
        events = bool(db.workload_get(context["owner_id"])["hooks"])
        count = self._processes(stages, shard)
        gc.collect()
        gc.freeze()  # what is loaded by now is neither looked through again nor copied by a look
        parts: list[Part] = []
        try:
            for number in range(count):
                mine = shard.within(number, count)
                drive = functools.partial(self._drive, mine, stages, scenario, events, number == 0)
                parts.append(Part(drive, parts))
            t0 = rendezvous(self.aborted.is_set)
            for part in parts:
                part.pipe.send(t0)
            self._await(parts)
        except PartLostError as error:
            sys.stderr.write(f"erisc: {error}\n")  # Rally itself writes it to its log and goes on
            sys.stderr.flush()
            raise
        finally:
            for part in parts:
                part.process.kill()
                part.process.join()
        announce("done")
        self._flush_results()

    def _processes(self, stages: list[Stage], shard: Shard) -> int:
        """Stages that end by their iterations are counted in one place."""
        if any(stage.duration is None for stage in stages):
            return 1
        peak = max(max(stage.low, stage.high) for stage in stages) / shard.of
        wanted = math.ceil(peak / (_RATE if self.config["model"] == OPEN else _USERS))
        return int(self.config.get("processes") or max(1, min(wanted, os.cpu_count() or 1)))

    def _drive(self, shard: Shard, stages: list[Stage], scenario: Scenario, events: bool, tells: bool,
               pipe: t.Any) -> None:  # fmt: skip
        """In the forked process: the whole of its part."""
        threading.stack_size(_STACK)
        recorder = Recorder(os.environ.get("ERISC_ITERATIONS"), pipe, events)
        t0 = pipe.recv()
        load = Load(stages, scenario.run, recorder, self.aborted.is_set, tells, t0)
        if self.config["model"] == OPEN:
            process, choice = self.config.get("arrivals", PACED), int(self.config.get("choice") or "0", 16)
            end = drive_open(load, shard, process, choice, self.config.get("max_in_flight", 4000))
        else:
            end = drive_closed(load, shard, self.config.get("think", 0.0))
        deadline = end + self.config.get("drain", 90.0)
        while recorder.in_flight() and time.monotonic() < deadline and not self.aborted.is_set():
            time.sleep(0.02)
        recorder.close()

    def _await(self, parts: list[Part]) -> None:
        """Pass on what the parts send until each has ended. Raises PartLostError when one did not end well."""
        running: dict[t.Any, Part] = {part.pipe: part for part in parts}
        while running:
            for ready in connection.wait(list(running)):
                pipe: t.Any = ready
                try:
                    self._pass_on(pipe.recv())
                except (EOFError, OSError):
                    part = running.pop(pipe)
                    part.process.join()
                    if part.process.exitcode:
                        raise PartLostError(_end_of(part)) from None

    def _pass_on(self, sent: list[tuple[str, t.Any]]) -> None:
        for kind, value in sent:
            if kind == "event":
                self.send_event("iteration", value)
            else:
                self._send_result(value)


def _end_of(part: Part) -> str:
    code = part.process.exitcode or 0
    with contextlib.suppress(ValueError):
        return f"process {part.process.pid} of the load was ended by {signal.Signals(-code).name}"
    return f"process {part.process.pid} of the load ended with {code}"
