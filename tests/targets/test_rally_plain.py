"""Tasks for plain Rally: SLAs where there are such, hooks for faults, what is left out is said. Rally itself judges."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from erisc.base import environments
from erisc.compiler import compile_spec
from erisc.compiler.plan import Plan
from erisc.targets.bundle import assemble, write
from erisc.targets.exports import osfaults
from erisc.targets.exports.rally_plain import EXPORT
from erisc.targets.rally.sla import judged
from erisc.targets.registry import installed

Judge = Callable[..., dict[str, Any]]

SPEC = """edition 2026
import std.arch.single
import std.faults { kill }
import std.load { rally, http }
seed 7
architecture site extends single {}
workload boot on site {
  run rally("Dummy.dummy") { sleep = 0.01 }
  hold 20 req/s for 60 iterations as steady
}
workload page on site {
  run http("GET http://{keystone}/v3")
  hold 2 req/s for 3 s as steady
}
faults storm on site {
  fault crash: at 1500 ms do kill(rabbitmq on one(controller)) for 1 s
  fault event: when error_rate(boot) > 5 %% do kill(rabbitmq on one(controller)) for 1 s
}
%s
experiment trial {
  use site, boot%s
  check %s
}
"""


def plan_of(folder: Path, kpis: dict[str, str], more: str = "") -> Plan:
    """kpis: by the name of an SLO its KPI, type and rule."""
    rows = []
    for name, text in kpis.items():
        type_, formula, rule = text.split(" ; ")
        rows += [f"kpi k_{name}: {type_} = {formula}", f"slo {name}: k_{name} {rule}"]
    (folder / "spec.eris").write_text(SPEC % ("\n".join(rows), more, ", ".join(kpis)))
    made = compile_spec(str(folder / "spec.eris"))
    assert made.plan, made.diagnostics
    return made.plan


SAME = {
    "served": "ratio ; ratio(boot[ok]) ; >= 95 %",
    "slowest": "duration ; max(boot.duration) ; < 5 s",
    "usual": "duration ; mean(boot.duration during boot.steady) ; <= 1 s",
    "spread": "number ; max(boot.duration) / min(boot.duration) - 1 ; <= 400",
    "action": 'duration ; mean(api[op == "x.y", workload == "boot"].duration) ; <= 1 s',
}
SLAS = {
    "failure_rate": {"max": 5.0},
    "max_seconds_per_iteration": 5.0,
    "max_avg_duration": 1.0,
    "performance_degradation": {"max_degradation": 40000.0},
    "max_avg_duration_per_atomic": {"x.y": 1.0},
}


def task_of(plan: Plan, name: str = "boot") -> dict[str, Any]:
    files, _ = EXPORT.emit(plan)
    made: dict[str, Any] = json.loads(files[f"cells/0001/rally-plain/{name}.json"])
    return made


def test_slos_become_the_slas_that_mean_the_same(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SAME)
    assert task_of(plan)["subtasks"][0]["sla"] == SLAS
    found, left = judged(plan.cells[0], plan.criteria[0])
    assert not left
    assert {one.slo.name: one.about for one in found} == dict.fromkeys(SAME, "")


OTHER = {
    "quantile": "duration ; p95(boot.duration) ; < 1 s",
    "at_least": "ratio ; ratio(boot[ok]) ; < 95 %",
    "some": "duration ; max(boot[ok].duration) ; < 1 s",
    "rate": "rate ; mean(boot.rate) ; > 1 req/s",
    "every": "duration ; mean(api.duration) ; < 1 s",
    "within": "duration ; max(boot.duration during crash) ; < 1 s",
}


def test_what_rally_cannot_judge_is_said_with_its_reason(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, OTHER, ", page, storm")
    found, left = judged(plan.cells[0], plan.criteria[0])
    assert [one.slo.name for one in found if one.about] == ["within"]
    assert [one.slo.name for one in left] == ["quantile", "at_least", "some", "rate", "every"]
    files, (warning,) = EXPORT.emit(plan)
    readme = files["cells/0001/rally-plain/README.txt"].decode()
    for name in ("quantile", "at_least", "some", "rate", "every", "within", "event", "page"):
        assert f" {name}" in readme
    assert (warning.code, warning.is_error, len(warning.labels)) == ("W0563", False, 7)
    assert "cells/0001/rally-plain/page.json" not in files


def test_faults_are_hooks_of_the_first_task_alone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"served": SAME["served"]}, ", storm")
    (hook,) = task_of(plan)["subtasks"][0]["hooks"]
    assert hook["trigger"]["event"] == {"unit": "time", "at": [2]}
    assert hook["description"] == "the fault crash of the spec, number 0, by os-faults"
    files, _ = assemble(plan, {"spec.eris": ""})
    assert b"hooks" not in files["cells/0001/rally/boot.json"]


def test_rally_accepts_the_task(judge: Judge, tmp_path: Path) -> None:
    files, _ = EXPORT.emit(plan_of(tmp_path, SAME, ", storm"))
    answer = judge(files["cells/0001/rally-plain/boot.json"])
    assert "error" not in answer
    assert answer["config"]["subtasks"][0]["sla"] == SLAS


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "code"), [("5 s", 0), ("5 ms", 2)])
@pytest.mark.parametrize("folder", ["rally", "rally-plain"])
def test_stock_rally_runs_the_task(drivers_python: str, tmp_path: Path, limit: str, code: int, folder: str) -> None:
    """`rally task start` and nothing of erisc's but the plug-in; its exit code tells of the SLA."""
    plan = plan_of(tmp_path, {"slowest": f"duration ; max(boot.duration) ; < {limit}"})
    files, _ = assemble(plan, {"spec.eris": ""}, (*installed(), osfaults.EXPORT, EXPORT))
    write(files, str(tmp_path / "bundle"))
    (tmp_path / "spec.json").write_text("{}")
    (tmp_path / "rally.conf").write_text(f"[database]\nconnection = sqlite:///{tmp_path}/rally.sqlite\n")
    rally = [os.path.join(os.path.dirname(drivers_python), "rally"), "--config-file", str(tmp_path / "rally.conf")]
    variables = {**environments.run_variables(), "HOME": str(tmp_path)}

    def call(*words: str) -> int:
        done = subprocess.run(
            [*rally, *words], cwd=tmp_path / "bundle", env=variables, capture_output=True, text=True, check=False,
            timeout=600,
        )  # fmt: skip
        (tmp_path / "log").write_text(done.stdout + done.stderr)
        return done.returncode

    assert call("db", "create") == 0
    assert call("env", "create", "--name", "none", "--spec", str(tmp_path / "spec.json")) == 0
    found = call("--plugin-paths", "rally/plugins", "task", "start", f"cells/0001/{folder}/boot.json")
    assert found == (code if folder == "rally-plain" else 0), (tmp_path / "log").read_text()[-3000:]
    assert call("task", "report", "--json", "--out", str(tmp_path / "report.json")) == 0
    rows = json.loads((tmp_path / "report.json").read_text())["tasks"][0]["subtasks"][0]["workloads"][0]["data"]
    assert len(rows) == 60
