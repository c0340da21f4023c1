"""The published runs and their tables, and a spec compiled for judging them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from erisc.compiler import compile_spec
from erisc.targets.bundle import assemble, write

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "rally-reliability"
"""The published runs lie beside the checkout; without them their tests are skipped."""
SPEC = ROOT / "examples" / "published_reliability.eris"


def unpack(folder: Path) -> list[Path]:
    """The raw files, in order of their names."""
    with tarfile.open(DATA / "raw_data.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return sorted(folder.glob("*.json"))


def tables() -> dict[str, dict[str, Any]]:
    """What was printed, by scenario; {} where the page has no table."""
    found: dict[str, Any] = json.loads((DATA / "published.json").read_text())
    return {name: row or {} for name, row in found.items()}


def printed(row: dict[str, Any], measure: str) -> str:
    """A mean as printed, "" where the page has none."""
    return str(row[measure]["printed"]).split()[0] if row.get(measure) else ""


def bundle(spec: Path, folder: Path) -> str:
    """The spec compiled into `folder`."""
    compilation = compile_spec(str(spec))
    assert compilation.plan is not None, compilation.diagnostics
    files, found = assemble(compilation.plan, compilation.sources)
    assert not found, found
    write(dict(files), str(folder))
    return str(folder)


def as_newer(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The old list with hooks as Rally writes them since 2017."""
    return [{**run, "hooks": [_newer_hook(run, hook) for hook in run["hooks"]]} for run in runs]


def _newer_hook(run: dict[str, Any], hook: dict[str, Any]) -> dict[str, Any]:
    result = {key: hook[key] for key in ("started_at", "finished_at", "status", "triggered_by")}
    return {"config": run["key"]["kw"]["hooks"][0], "results": [result], "summary": {"success": 1}}


def as_report(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The old list as `rally task report --json` has it: a workload a run, rows of `data`, actions with times."""
    workloads = [
        {
            "scenario": {run["key"]["name"]: {}},
            "runner": {"constant_for_duration": {"concurrency": run["key"]["kw"]["runner"]["concurrency"]}},
            "data": [_timed(row) for row in run["result"]],
            "hooks": as_newer([run])[0]["hooks"],
        }
        for run in runs
    ]
    return {"info": {"format_version": "1.2"}, "tasks": [{"subtasks": [{"workloads": workloads}]}]}


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    at, actions = row["timestamp"], []
    for name, took in row["atomic_actions"].items():
        actions.append({"name": name, "started_at": at, "finished_at": at + (took or 0), "children": []})
        at += took or 0
    return {**row, "atomic_actions": actions}
