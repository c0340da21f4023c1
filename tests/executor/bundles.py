"""Small bundles by hand: the executor's contract is docs/formats.md, whoever wrote the files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

PLUGIN = Path(__file__).parents[2] / "erisc" / "targets" / "rally" / "plugin" / "erisc_staged.py"
SPAN = {"file": "small.eris", "line": 1, "column": 1, "end_line": 1, "end_column": 2}
TEMPLATE = """\
heat_template_version: 2018-08-31
resources:
  apps: {{type: "OS::Neutron::Net"}}
  apps_subnet: {{type: "OS::Neutron::Subnet", properties: {{network: {{get_resource: apps}}, cidr: 10.20.0.0/24}}}}
  canary:
    type: OS::Nova::Server
    depends_on: apps_subnet
    properties:
      image: "{image}"
      flavor: "{flavor}"
      networks: [{{network: {{get_resource: apps}}}}]
      user_data_format: RAW
outputs:
  apps: {{value: {{get_resource: apps}}}}
  canary: {{value: {{get_resource: canary}}}}
"""


def stage(kind: str, name: str, duration: float, low: float, high: float) -> dict[str, Any]:
    """A stage as a Rally task has it; levels in 1/s or users."""
    return {"kind": kind, "name": name, "duration": duration, "from": low, "to": high}


def workload(
    name: str, scenario: str, arguments: dict[str, Any], model: str, stages: list[dict[str, Any]], driver: str = "rally"
) -> dict[str, Any]:
    """A workload: its stages follow one another from t = 0."""
    return {
        "name": name, "scenario": scenario, "arguments": arguments, "model": model, "stages": stages, "driver": driver,
    }  # fmt: skip


def fault(action: str, at: float, duration: float | None, **target: Any) -> dict[str, Any]:
    """An entry of the schedule, rabbitmq on one controller unless said otherwise."""
    return planned("storm", at, [[effect(action, duration, **target)]])


def effect(
    action: str, duration: float | None, arguments: dict[str, Any] | None = None, **target: Any
) -> dict[str, Any]:
    """An effect on rabbitmq on one controller, unless said otherwise."""
    where = {
        "service": "rabbitmq", "nodes": "controller", "topology": "", "selector": "one", "count": 1, "primary": "",
        "where": [],
    } | target  # fmt: skip
    return {
        "action": action, "target": where, "arguments": arguments or {}, "duration": duration,
        "choice": "9f3c6d0a1b2c3d4e",
    }  # fmt: skip


def planned(name: str, at: float, steps: list[list[dict[str, Any]]], instance: int = 0) -> dict[str, Any]:
    """A fault of the schedule."""
    source = {"file": "small.eris", "line": 1, "column": 1}
    return {"name": name, "instance": instance, "at": at, "steps": steps, "source": source}


def reaction(name: str, trigger: dict[str, Any], steps: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """A fault that waits for an event."""
    return {"name": name, "trigger": trigger, "steps": steps, "source": {"file": "small.eris", "line": 1, "column": 1}}


def when(event: str, operator: str = "", limit: float | None = None, **more: Any) -> dict[str, Any]:
    """A trigger; `after` and `most` beside the arguments of the event."""
    rest = {"after": more.pop("after", 0.0), "most": more.pop("most", 1)}
    return {"kind": "when", "event": event, "arguments": more, "operator": operator, "limit": limit, **rest}


def write_bundle(
    folder: Path,
    workloads: list[dict[str, Any]],
    faults: list[dict[str, Any]] | None = None,
    *,
    topology: dict[str, str] | None = None,
    nodes: dict[str, int] | None = None,
    services: list[tuple[str, str]] | None = None,
    reactions: list[dict[str, Any]] | None = None,
    allowances: dict[str, int | None] | None = None,
) -> Path:
    """Write a bundle of one cell. topology: image and flavor of its one server."""
    plan: dict[str, Any] = {
        "edition": 2026, "spec": "small.eris", "experiment": "small", "seed": 1,
        "architectures": [{
            "name": "site",
            "nodes": [{"name": name, "count": count} for name, count in (nodes or {"controller": 1}).items()],
            "services": [{"name": name, "on": on} for name, on in services or []],
        }],
        "cells": [{
            "id": "0001", "point": {}, "repeat": 1, "architecture": 0, "criteria": 0,
            "topologies": [_topology(topology)] if topology else [],
            "workloads": [_planned(each) for each in workloads],
        }],
    }  # fmt: skip
    nothing: dict[str, Any] = {"scans": [], "kpis": [], "slos": []}
    program = {"format": 2, "experiment": "small", "cells": _judged(plan["cells"]), "criteria": [nothing]}
    files: dict[str, Any] = {"plan.json": plan, "kpi/program.json": program}
    for each in workloads:
        files[f"cells/0001/{each['driver']}/{each['name']}.json"] = _task(each)
    if topology:
        files["cells/0001/heat/tenant.yaml"] = TEMPLATE.format(**topology)
    files["cells/0001/faults/schedule.json"] = {
        "format": 2, "cell": "0001", "allowances": allowances or {}, "faults": faults or [],
        "reactions": reactions or [],
    }  # fmt: skip
    files["rally/plugins/erisc_staged.py"] = PLUGIN.read_text()
    return _write(folder, files)


def _topology(topology: dict[str, str]) -> dict[str, Any]:
    return {"name": "tenant", "servers": [{"name": "canary", **topology, "count": 1}]}


def _planned(each: dict[str, Any]) -> dict[str, Any]:
    stages, clock = [], 0.0
    for one in each["stages"]:
        stages.append({"kind": one["kind"], "name": one["name"], "start": clock, "duration": one["duration"],
                       "iterations": None, "level_from": one["from"], "level_to": one["to"]})  # fmt: skip
        clock += one["duration"]
    return {"name": each["name"], "driver": each["driver"], "scenario": each["scenario"], "model": each["model"],
            "stages": stages}  # fmt: skip


def _judged(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cells as the KPI program states them: levels are `from` and `to` there."""
    text = json.dumps(cells).replace('"level_from"', '"from"').replace('"level_to"', '"to"')
    made: list[dict[str, Any]] = json.loads(text)
    return made


def _task(each: dict[str, Any]) -> dict[str, Any]:
    if each["driver"] != "rally":
        return _load_task(each)
    runner = {"erisc_staged": {"model": each["model"], "stages": each["stages"]}}
    subtask = {
        "title": each["name"], "scenario": {each["scenario"]: each["arguments"]}, "runner": runner,
        "contexts": each.get("contexts", {}),
    }  # fmt: skip
    return {"version": 2, "title": "small", "subtasks": [subtask]}


def _load_task(each: dict[str, Any]) -> dict[str, Any]:
    stages, clock = [], 0.0
    for one in each["stages"]:
        stages.append(one | {"start": clock, "iterations": None})
        clock += one["duration"]
    return {
        "format": 1, "driver": each["driver"], "scenario": each["scenario"], "arguments": each["arguments"],
        "model": each["model"], "arrivals": "paced", "choice": "9f3c6d0a1b2c3d4e", "think": 0.0, "stages": stages,
    }  # fmt: skip


def _write(folder: Path, files: dict[str, Any]) -> Path:
    digests = {}
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        path = folder / name
        os.makedirs(path.parent, exist_ok=True)
        path.write_text(text)
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    manifest = {"format": 1, "erisc": "0.1.0", "spec": "small.eris", "spec_sha256": "", "experiment": "small",
                "seed": 1, "cells": ["0001"], "targets": [], "files": digests, "source_map": {}}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
