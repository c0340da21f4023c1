"""`--stop-early`: the run's own order of cells, log and looks over a compiled bundle. Only the cloud is left out: where
a cell would be deployed and driven, iterations are recorded as a load driver records them.
"""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest

from erisc.executor.bundle import Cell, load_bundle
from erisc.executor.events import EventLog, read_events
from erisc.executor.progress import Console
from erisc.executor.repeats import Repeats
from erisc.executor.rundir import RunDir
from erisc.verdict import evaluate
from erisc.verdict.terminal import render
from tests.support import erisc

GOLDEN = Path(__file__).parent / "goldens" / "stopped_early.txt"
SPEC = """\
edition 2026
import std.arch.single
import std.load { rally }

architecture region extends single {
}

workload login on region {
  run rally("Authenticate.keystone")
  hold 10 req/s for 2 s as steady
}

kpi latency: duration = p50(login.duration during login.steady)
slo fast: latency <= 0.5 s over 12 runs

experiment patience {
  use region, login
  check fast
  repeat 12
}
"""


class Walked:
    """A run that is over. made: the cells that were run; told: what stood on the terminal meanwhile."""

    def __init__(self, folder: Path, latencies: list[float], *, stop_early: bool = True, spec: str = SPEC) -> None:
        (folder / "patience.eris").write_text(spec)
        done = erisc("compile", "patience.eris", "-o", "run/bundle", cwd=folder)
        assert done.returncode == 0, done.stderr
        self.dir = str(folder / "run")
        run_dir, stream = RunDir(self.dir), io.StringIO()
        log = EventLog(run_dir.events)
        log.append("run_started", run="test-1", control=False, stop_early=stop_early)
        cells = load_bundle(run_dir.bundle).cells
        left = iter(latencies)
        self.made: list[str] = []
        for cell in Repeats(run_dir, log, Console(stream)).needed(cells) if stop_early else cells:
            record(run_dir, log, cell, next(left))
            self.made.append(cell.id)
        log.append("run_finished", status="complete", error="")
        log.close()
        self.told = stream.getvalue()
        self.events = read_events(run_dir.events)

    def skipped(self) -> list[str]:
        return [event["cell"] for event in self.events if event["type"] == "cell_skipped"]


def record(run_dir: RunDir, log: EventLog, cell: Cell, latency: float) -> None:
    """A cell whose load has just ended."""
    t0 = time.monotonic() - 3.0
    lines: list[dict[str, object]] = []
    for i in range(20):
        at = t0 + i / 10
        lines.append({"event": "begin", "i": i, "stage": "steady", "intended_mono": at, "started_mono": at})
        lines.append({"event": "end", "i": i, "finished_mono": at + latency, "error": None, "actions": []})
    path = Path(run_dir.raw(cell.id, "login"), "iterations.jsonl")
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    log.append("load_started", cell=cell.id, t0_wall=0.0, t0_mono=t0)
    log.append("stage_started", cell=cell.id, workload="login", stage="steady", at=0.0)
    log.append("load_finished", cell=cell.id, workload="login", status="ok", error="")


IDS = [f"{place:04}" for place in range(1, 13)]


def test_repeats_that_nothing_needs_are_not_run(tmp_path: Path) -> None:
    found = Walked(tmp_path, [0.2 + 0.01 * place for place in range(12)])
    assert (found.made, found.skipped()) == (IDS[:7], IDS[7:])
    assert "decided after 7 of 12 repeats: fast: pass" in found.told
    verdict = evaluate(os.path.join(found.dir, "bundle"), found.dir)
    assert verdict.exit_code == 0
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(render(verdict, False))
    assert render(verdict, False) == GOLDEN.read_text()
    written = Path(found.dir, "verdict.json").read_bytes()
    told = json.loads(written)
    assert told["slos"][0]["decided"]["after"] == 7
    assert [cell["outcome"] for cell in told["cells"][7:]] == ["skipped"] * 5
    assert told["points"][0]["skipped"] == IDS[7:]
    assert "12 repeats" not in Path(found.dir, "junit.xml").read_text()
    again = erisc("evaluate", os.path.join(found.dir, "bundle"), "--run", found.dir)
    assert (again.returncode, Path(found.dir, "verdict.json").read_bytes()) == (0, written)


def test_runs_that_miss_stop_as_well(tmp_path: Path) -> None:
    found = Walked(tmp_path, [0.9] * 12)
    assert (len(found.made), len(found.skipped())) == (7, 5)
    assert evaluate(os.path.join(found.dir, "bundle"), found.dir).exit_code == 1


def test_runs_that_disagree_are_all_made(tmp_path: Path) -> None:
    found = Walked(tmp_path, [0.2, 0.9] * 6)
    assert (found.made, found.skipped()) == (IDS, [])
    [slo] = evaluate(os.path.join(found.dir, "bundle"), found.dir).points[0].slos
    assert slo.outcome == "inconclusive"
    assert slo.confidence == pytest.approx(0.99)


def test_without_the_option_every_repeat_is_run(tmp_path: Path) -> None:
    found = Walked(tmp_path, [0.2] * 12, stop_early=False)
    assert (found.made, found.skipped()) == (IDS, [])
    [slo] = evaluate(os.path.join(found.dir, "bundle"), found.dir).points[0].slos
    assert (slo.outcome, slo.confidence, slo.decided) == ("pass", 0.95, None)


def test_every_point_of_a_sweep_is_decided_by_itself(tmp_path: Path) -> None:
    spec = SPEC.replace("\nworkload", "\nparam pace: rate = 10 req/s\n\nworkload").replace("hold 10 req/s", "hold pace")
    spec = spec.replace("  repeat 12", "  sweep pace in [10 req/s, 5 req/s]\n  repeat 12")
    found = Walked(tmp_path, [0.2] * 7 + [0.2, 0.9] * 6, spec=spec)
    assert (len(found.made), len(found.skipped())) == (19, 5)
    assert found.skipped() == IDS[7:]
    verdict = evaluate(os.path.join(found.dir, "bundle"), found.dir)
    assert [point.outcome for point in verdict.points] == ["pass", "inconclusive"]
