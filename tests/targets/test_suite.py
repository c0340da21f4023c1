"""A suite in a spec becomes a folder of bundles, whole or not at all, and the executor runs what is in it."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from erisc.executor.suite import is_suite, load_suite

SPEC = """\
edition 2026
import std.arch.single
import std.load { rally }
param load: duration = 30 s
architecture site extends single {}
workload login on site {
  run rally("Authenticate.keystone")
  hold 1 users for load as steady
}
kpi success: ratio = count(login[ok] during login.steady) / count(login during login.steady)
slo available: success >= 50 %
experiment calm { use site, login check available }
experiment often { use site, login repeat 2 check available }
suite all { budget = 5 min run calm, often, calm(load = 1 min) }
"""


def compiled(folder: Path, text: str = SPEC) -> subprocess.CompletedProcess[str]:
    spec = folder / "spec.eris"
    spec.write_text(text)
    command = [sys.executable, "-m", "erisc.cli", "compile", str(spec), "--suite", "all", "-o", str(folder / "out")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_for_every_run_and_the_same_bytes_again(tmp_path: Path) -> None:
    done = compiled(tmp_path)
    assert done.returncode == 0, done.stderr
    first = everything(tmp_path / "out")
    assert compiled(tmp_path).returncode == 0
    assert everything(tmp_path / "out") == first
    index = json.loads(first["suite.json"])
    assert [row["folder"] for row in index["runs"]] == ["01-calm", "02-often", "03-calm"]
    assert [row["settings"] for row in index["runs"]] == [{}, {}, {"load": 60.0}]
    for row in index["runs"]:
        assert sha256(first[f"{row['folder']}/manifest.json"]).hexdigest() == row["bundle_sha256"]
    assert {path: sha256(data).hexdigest() for path, data in first.items() if path != "suite.json"} == index["files"]
    assert (tmp_path / "out" / "02-often" / "run").stat().st_mode & 0o111


def test_nothing_is_half_written(tmp_path: Path) -> None:
    done = compiled(tmp_path, SPEC.replace("often, calm(", "often, calm(load = 9 s), lost("))
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()
    assert compiled(tmp_path).returncode == 0
    (tmp_path / "out" / "mine.txt").write_text("keep me")
    done = compiled(tmp_path)
    assert (done.returncode, "mine.txt" in done.stderr) == (2, True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep me"


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "erisc.cli", "run", str(folder / "out"), "--zone", "existing", "--json"]
    command += ["--cloud", "nowhere", "--inventory", str(folder / "none.yaml"), "--run-dir", str(folder / "runs")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_worst_run_decides_and_all_are_told(tmp_path: Path) -> None:
    """Here every bundle is refused: one because it was changed, the others because there is no such zone."""
    compiled(tmp_path)
    assert is_suite(str(tmp_path / "out"))
    (tmp_path / "out" / "01-calm" / "plan.json").write_text("{}")
    done = run(tmp_path)
    assert done.returncode == 2, done.stderr
    document = json.loads(done.stdout)
    assert (document["suite"], document["outcome"], document["budget"]) == ("all", "refused", 300.0)
    assert [(row["run"], row["exit_code"]) for row in document["runs"]] == [
        ("calm", 2), ("often", 2), ("calm(load = 1 min)", 2)
    ]  # fmt: skip
    assert "plan.json is not as it was compiled" in done.stderr


@pytest.mark.slow
def test_a_spent_budget_starts_nothing_more(tmp_path: Path) -> None:
    compiled(tmp_path)
    index = tmp_path / "out" / "suite.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"budget": 0.0}))
    done = run(tmp_path)
    assert done.returncode == 3, done.stderr
    assert {row["outcome"] for row in json.loads(done.stdout)["runs"]} == {"not run"}


def test_an_index_that_is_none_is_refused(tmp_path: Path) -> None:
    from erisc.base.failure import Failure

    for text in ("", "[]", "{}", '{"format": 2}'):
        (tmp_path / "suite.json").write_text(text)
        with pytest.raises(Failure, match="cannot be read"):
            load_suite(str(tmp_path))
