"""Run directories of known truth: a service with a latency and an outage, loaded in the open or the closed model.

A pure function of its arguments and a seed: the same run, the same bytes.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erisc.base import json_text
from erisc.compiler.plan import (
    Aggregate,
    Architecture,
    Binary,
    Cell,
    Criteria,
    Effect,
    Fault,
    Filter,
    Kpi,
    Mapping,
    Plan,
    Recover,
    Selection,
    Slo,
    Span,
    Stage,
    Target,
    Window,
    Workload,
)
from erisc.targets.faults import TARGET as FAULTS
from erisc.targets.kpi import TARGET as KPI

T0 = 1000.0
WALL = 1_764_000_000.0
SPAN = Span("broker.eris", 30, 1, 30, 20)
ENDLESS = 1e9


@dataclass(frozen=True)
class World:
    """What happens. All times in s from t = 0.

    outages: from, to, share of the work that fails meanwhile. faults: called, healed (None: never).
    stages: duration, level at its start, level at its end, name. latency: of one iteration; jitter: its spread.
    hold_up: work that meets an outage waits for its end instead of failing.
    """

    stages: tuple[tuple[float, float, float, str], ...] = ((60.0, 4.0, 4.0, "steady"),)
    faults: tuple[tuple[float, float | None], ...] = ((20.0, 28.0),)
    outages: tuple[tuple[float, float, float], ...] = ((20.0, 30.0, 1.0),)
    latency: float = 0.3
    jitter: float = 0.1
    users: int = 0
    hold_up: bool = False
    poisson: bool = False
    control: bool = False
    noise: float = 0.0
    status: str = "complete"
    error: str | None = None
    seed: int = 1
    slos: tuple[tuple[str, str, str, float, float], ...] = (
        ("available", "success", ">=", 0.6, 0.95),
        ("heals", "recovery", "<=", 25.0, 0.95),
        ("fast", "p95", "<", 2.0, 0.95),
    )
    within: float = 0.05
    follow: float = 60.0
    name: str = "broker"
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> float:
        """End of load."""
        return sum(stage[0] for stage in self.stages)


def selection(column: str = "", *filters: Filter, window: Window | None = None, table: str = "iterations") -> Selection:
    return Selection(table, "boot", column, filters, window, SPAN)


def plan(world: World) -> Plan:
    """The Plan whose bundle such a run would have been made by."""
    stages, at = [], 0.0
    for duration, start, end, name in world.stages:
        stages.append(Stage("hold" if start == end else "ramp", name, at, duration, None, start, end, None, None, SPAN))
        at += duration
    workload = Workload(
        "boot", "rally", "NovaServers.boot_and_delete_server", Mapping(()), _model(world), tuple(stages), SPAN
    )
    faults = tuple(
        Fault("mq_crash", i, called, ((_kill((healed or ENDLESS) - called),),), SPAN)
        for i, (called, healed) in enumerate(world.faults)
    )
    during = Window("during", "boot.steady", "", None, SPAN)
    ok = Filter("ok", "==", True, SPAN)
    share = Binary(
        "/",
        Aggregate("count", selection("", ok, window=during), (), SPAN),
        Aggregate("count", selection("", window=during), (), SPAN),
        SPAN,
    )
    tail = Aggregate("p95", selection("duration", ok, window=during), (), SPAN)
    after = selection("rate", window=Window("after", "mq_crash", "", world.follow, SPAN))
    kpis = (
        Kpi(
            "success",
            "ratio",
            "1",
            share,
            (),
            "count(boot[ok] during boot.steady) / count(boot during boot.steady)",
            SPAN,
        ),
        Kpi("p95", "duration", "s", tail, (), "p95(boot.duration[ok] during boot.steady)", SPAN),
        Kpi(
            "recovery",
            "duration",
            "s",
            Recover(after, world.within, "max", SPAN),
            (),
            f"max(recover(boot.rate, within = {world.within * 100:g} %) after mq_crash for {world.follow:g} s)",
            SPAN,
        ),
    )
    slos = tuple(
        Slo(name, kpi, operator, limit, _display(kpi, limit), "critical", confidence, None, SPAN)
        for name, kpi, operator, limit, confidence in world.slos
    )
    cell = Cell("0001", (), 1, 0, 0, (), (workload,), faults, ())
    sites = (Architecture("site", (), (), (), SPAN),)
    criteria = (Criteria(kpis, slos),)
    return Plan(2026, "broker.eris", world.name, world.seed, (), sites, criteria, (), (), None, (cell,), SPAN)


def _kill(duration: float) -> Effect:
    return Effect("kill", Target("rabbitmq", "controller", "one", 1, "", ()), Mapping(()), duration, 7, SPAN)


def _display(kpi: str, limit: float) -> str:
    return f"{limit * 100:g} %" if kpi == "success" else f"{limit:g} s"


def _model(world: World) -> str:
    return "closed" if world.users else "open"


def write_run(folder: Path, world: World) -> Path:
    """The run directory of `world`, its bundle inside."""
    write_bundle(folder / "bundle", plan(world))
    (folder / "run.json").write_text(
        json.dumps({"id": "sim-1", "zone": "lab", "host": {"name": "bench"}, "versions": {"erisc": "0.1.0"}})
    )
    raw = folder / "cells" / "0001" / "raw" / "boot"
    raw.mkdir(parents=True)
    lines = closed_lines(world) if world.users else open_lines(world)
    (raw / "iterations.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events(world)))
    return folder


def write_bundle(folder: Path, of: Plan) -> Path:
    """What the verdict reads of a bundle: manifest, KPI program, fault schedule."""
    files: dict[str, bytes] = {}
    for target in (KPI, FAULTS):
        made, found = target.emit(of)
        assert not found, found
        files |= made
    files["manifest.json"] = json_text.dump(
        {"format": 1, "spec": of.spec, "experiment": of.experiment, "seed": of.seed}
    )
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def arrivals(world: World, chance: random.Random) -> list[tuple[float, str]]:
    """Intended starts of the open model: the instants at which the level's integral passes 1, 2, 3, ….

    With `poisson` it passes the arrivals of a unit Poisson process instead: a Poisson process of that level.
    """
    found, at, area, wanted = [], 0.0, 0.0, _step(world, chance)
    for duration, start, end, name in world.stages:
        whole = (start + end) / 2 * duration
        while wanted < area + whole:
            found.append((at + _reached(wanted - area, duration, start, end), name))
            wanted += _step(world, chance)
        at, area = at + duration, area + whole
    return found


def _step(world: World, chance: random.Random) -> float:
    return chance.expovariate(1.0) if world.poisson else 1.0


def _reached(area: float, duration: float, start: float, end: float) -> float:
    """When the integral of a level that goes from `start` to `end` in `duration` s is `area`."""
    slope = (end - start) / duration
    if slope == 0:
        return area / start
    return (math.sqrt(max(0.0, start * start + 2 * slope * area)) - start) / slope


def open_lines(world: World) -> list[str]:
    chance = random.Random(world.seed)
    lines: list[tuple[float, str]] = []
    for i, (at, stage) in enumerate(arrivals(world, chance)):
        finish, error = outcome(world, at, chance)
        lines += _pair(i, stage, at, at, finish, error)
    return [line for _, line in sorted(lines)]


def closed_lines(world: World) -> list[str]:
    chance = random.Random(world.seed)
    lines: list[tuple[float, str]] = []
    i = 0
    for user in range(world.users):
        at = user * 0.01
        while at < world.end:
            finish, error = outcome(world, at, chance)
            lines += _pair(i, stage_at(world, at), at, at, finish, error)
            i, at = i + 1, finish if finish is not None else world.end
    return [line for _, line in sorted(lines)]


def stage_at(world: World, at: float) -> str:
    passed = 0.0
    for duration, _, _, name in world.stages:
        passed += duration
        if at < passed:
            return name
    return ""


def outcome(world: World, at: float, chance: random.Random) -> tuple[float | None, str | None]:
    """When an iteration begun at `at` ends, and its error."""
    took = max(0.001, world.latency + world.jitter * (chance.random() - 0.5))
    if chance.random() < world.noise:
        return at + took, "the odd failure"
    for start, end, share in world.outages:
        if world.control or not start <= at < end or chance.random() >= share:
            continue
        if end >= ENDLESS:
            return (None, None) if world.hold_up else (at + took, "MessagingTimeout")
        return (end + took, None) if world.hold_up else (at + min(took, 0.2), "MessagingTimeout")
    return at + took, None


def _pair(
    i: int, stage: str, at: float, started: float, finish: float | None, error: str | None
) -> list[tuple[float, str]]:
    begin = {
        "event": "begin",
        "i": i,
        "stage": stage,
        "intended_mono": T0 + at,
        "started_mono": T0 + started,
        "started_wall": WALL + started,
    }
    lines = [(at, json.dumps(begin))]
    if finish is not None:
        said = None if error is None else {"type": "MessagingTimeout", "message": error}
        action = {
            "name": "nova.boot_server",
            "started_mono": T0 + started,
            "finished_mono": T0 + finish,
            "ok": error is None,
        }
        end = {"event": "end", "i": i, "finished_mono": T0 + finish, "error": said, "actions": [action]}
        lines.append((finish, json.dumps(end)))
    return lines


def events(world: World) -> list[dict[str, Any]]:
    """The event log, in order of time."""
    found: list[tuple[float, dict[str, Any]]] = [
        (
            -2.0,
            {
                "type": "run_started",
                "run": "sim-1",
                "bundle_sha256": "0",
                "zone": "lab",
                "control": world.control,
                "pid": 1,
            },
        ),
        (0.0, {"type": "load_started", "cell": "0001", "t0_wall": WALL, "t0_mono": T0}),
    ]
    at = 0.0
    for duration, _, _, name in world.stages:
        stage = {"cell": "0001", "workload": "boot", "stage": name}
        found.append((at + 0.002, {"type": "stage_started", **stage, "at": at + 0.002}))
        at += duration
        found.append((at + 0.002, {"type": "stage_finished", **stage, "at": at + 0.002}))
    for instance, (called, healed) in enumerate(world.faults):
        found += _fault(world, instance, called, healed)
    found.append(
        (at + 1.0, {"type": "load_finished", "cell": "0001", "workload": "boot", "status": "ok", "error": None})
    )
    if world.status:
        found.append((at + 5.0, {"type": "run_finished", "status": world.status, "error": world.error}))
    ordered = [event for _, event in sorted(found, key=lambda pair: pair[0])]
    times = sorted(pair[0] for pair in found)
    return [
        {"seq": seq, "wall": WALL + when, "mono": T0 + when, **event}
        for seq, (when, event) in enumerate(zip(times, ordered, strict=True))
    ]


def _fault(world: World, instance: int, called: float, healed: float | None) -> list[tuple[float, dict[str, Any]]]:
    about = {"cell": "0001", "fault": "mq_crash", "instance": instance}
    if world.control:
        return [(called, {"type": "fault_withheld", **about, "at": called, "until": healed})]
    told = {**about, "action": "kill", "service": "rabbitmq", "hosts": ["ctl"]}
    found = [(called - 0.05, "fault_called"), (called, "fault_effective")]
    if healed is not None:
        found += [(healed - 0.05, "fault_heal_called"), (healed, "fault_healed")]
    return [(at, {"type": kind, **told, "at": at}) for at, kind in found]
