"""Reading a bundle: what it promises is checked before anything happens. See docs/formats.md."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.executor.schedule import NOTHING, Schedule, read_schedule

FORMAT = 1
SLOWEST = 600.0
"""s an iteration takes at most: as long as Rally waits for a server or a volume."""


@record
class Stage:
    """name: "" when it has none. start, duration: s from t = 0; None where only the run can tell. low, high: the level
    at its start and at its end, in 1/s or users. iterations: how many bound it, None when time does.
    """

    name: str
    start: float | None
    duration: float | None
    low: float = 0.0
    high: float = 0.0
    iterations: int | None = None

    @property
    def end(self) -> float:
        """s from t = 0; inf where only the run can tell."""
        return math.inf if self.start is None or self.duration is None else self.start + self.duration

    @property
    def longest(self) -> float:
        """s that it lasts at most. What only the run can time is given SLOWEST for every iteration of a user."""
        if self.duration is not None:
            return self.duration
        users = max(1, round(min(self.low, self.high)))
        return math.ceil((self.iterations or 0) / users) * SLOWEST


@record
class Workload:
    """driver: the load driver's name. task: its file in the bundle, an absolute path. model: `open` or `closed`."""

    name: str
    driver: str
    task: str
    stages: tuple[Stage, ...]
    model: str = "open"

    @property
    def end(self) -> float:
        """s from t = 0 at which the schedule is over; inf where only the run can tell."""
        return max((stage.end for stage in self.stages), default=0.0)

    @property
    def latest(self) -> float:
        """s from t = 0 at which it must be over, whatever the run tells."""
        before = self.stages[0].start or 0.0 if self.stages else 0.0
        return self.end if self.end < math.inf else before + sum(stage.longest for stage in self.stages)


@record
class Topology:
    """template: the HOT file, an absolute path. images, flavors: names the zone must have. servers: server set to how
    many it has.
    """

    name: str
    template: str
    images: tuple[str, ...]
    flavors: tuple[str, ...]
    servers: Mapping[str, int] = MappingProxyType({})


@record
class Cell:
    """labels: node set to the labels that the architecture gives its hosts."""

    id: str
    topologies: tuple[Topology, ...]
    workloads: tuple[Workload, ...]
    schedule: Schedule
    labels: Mapping[str, Mapping[str, str]] = MappingProxyType({})


@record
class Bundle:
    """nodes: (name, count) the zone must have. services: (name, node set). digest: sha256 of manifest.json, hex."""

    path: str
    digest: str
    experiment: str
    spec: str
    nodes: tuple[tuple[str, int], ...]
    services: tuple[tuple[str, str], ...]
    cells: tuple[Cell, ...]


def load_bundle(path: str) -> Bundle:
    """Read and verify a bundle. Raises Failure (exit code 2) naming the file that is missing, extra or changed."""
    root = os.path.abspath(path)
    manifest_path = os.path.join(root, "manifest.json")
    manifest = _json(manifest_path)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise _wrong(f"{manifest_path}: bundle format {found!r}; this erisc reads format {FORMAT}")
    try:
        _verify(root, manifest["files"])
        plan = _json(os.path.join(root, "plan.json"))
        return _bundle(root, manifest, plan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _wrong(f"the bundle is damaged: {type(error).__name__}: {error}: {root}") from error


def _verify(root: str, promised: dict[str, str]) -> None:
    present = set(_walk(root)) - {"manifest.json"}
    for name in sorted(present - set(promised)):
        raise _wrong(f"the bundle holds a file that its manifest does not name: {name}")
    for name, digest in promised.items():
        if name not in present:
            raise _wrong(f"the bundle lacks {name}")
        if _sha256(os.path.join(root, name)) != digest:
            raise _wrong(f"{name} is not as it was compiled: its digest differs from the manifest's")


def _walk(root: str) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        for name in files + [each for each in folders if os.path.islink(os.path.join(folder, each))]:
            found.append(os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/"))
        folders[:] = [each for each in folders if each != "__pycache__"]
    return [name for name in found if not name.endswith(".pyc")]


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bundle(root: str, manifest: dict[str, Any], plan: dict[str, Any]) -> Bundle:
    planned = {cell["id"]: cell for cell in plan["cells"]}
    return Bundle(
        path=root,
        digest=_sha256(os.path.join(root, "manifest.json")),
        experiment=str(manifest["experiment"]),
        spec=str(manifest["spec"]),
        nodes=_nodes(plan["architectures"]),
        services=_services(plan["architectures"]),
        cells=tuple(_cell(root, planned[name], plan["architectures"]) for name in manifest["cells"]),
    )


def _nodes(architectures: list[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    """Every node set with the most hosts that a cell needs."""
    most: dict[str, int] = {}
    for architecture in architectures:
        for node in architecture["nodes"]:
            most[node["name"]] = max(most.get(node["name"], 0), int(node["count"]))
    return tuple(most.items())


def _services(architectures: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    pairs = ((service["name"], service["on"]) for one in architectures for service in one["services"])
    return tuple(dict.fromkeys(pairs))


def _cell(root: str, cell: dict[str, Any], architectures: list[dict[str, Any]]) -> Cell:
    folder = os.path.join(root, "cells", cell["id"])
    schedule = os.path.join(folder, "faults", "schedule.json")
    return Cell(
        id=cell["id"],
        topologies=tuple(_topology(folder, each) for each in cell["topologies"]),
        workloads=tuple(_workload(folder, each) for each in cell["workloads"]),
        schedule=read_schedule(_json(schedule)) if os.path.exists(schedule) else NOTHING,
        labels={node["name"]: node.get("labels", {}) for node in architectures[cell["architecture"]]["nodes"]},
    )


def _topology(folder: str, topology: dict[str, Any]) -> Topology:
    servers = topology["servers"]
    return Topology(
        name=topology["name"],
        template=os.path.join(folder, "heat", topology["name"] + ".yaml"),
        images=tuple(sorted({server["image"] for server in servers})),
        flavors=tuple(sorted({server["flavor"] for server in servers})),
        servers={server["name"]: int(server["count"]) for server in servers},
    )


def _workload(folder: str, workload: dict[str, Any]) -> Workload:
    stages = tuple(_stage(each) for each in workload["stages"])
    task = os.path.join(folder, workload["driver"], workload["name"] + ".json")
    return Workload(workload["name"], workload["driver"], task, stages, workload["model"])


def _stage(stage: dict[str, Any]) -> Stage:
    levels = float(stage["level_from"]), float(stage["level_to"])
    return Stage(stage["name"], _seconds(stage["start"]), _seconds(stage["duration"]), *levels, stage["iterations"])


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(value)


def _json(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _wrong(f"{path} cannot be read: {reason}") from error


def _wrong(what: str) -> Failure:
    return Failure(what, mend="compile it again with `erisc compile SPEC`", exit_code=WRONG_CALL)
