"""What bad input gets: one message, the mend, the exit code, and nothing half-done."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.chain.runs import SPECS
from tests.support import erisc

BROKER = str(SPECS / "broker.eris")


def test_unknown_command() -> None:
    done = erisc("lnt")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "erisc: error: there is no command 'lnt'\n  help: did you mean `erisc lint`?\n"


def test_a_refused_spec_leaves_no_bundle(tmp_path: Path) -> None:
    spec = tmp_path / "wrong.eris"
    spec.write_text(Path(BROKER).read_text().replace("kpi success: ratio", "kpi success: duration"))
    done = erisc("compile", str(spec), "-o", str(tmp_path / "bundle"))
    assert done.returncode == 2
    assert "error" in done.stderr
    assert "wrong.eris:" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wrong.eris"]


@pytest.mark.parametrize("word", ["load", "load=many", "nobody=3", "load=5"])
def test_a_setting_that_does_not_fit(tmp_path: Path, word: str) -> None:
    done = erisc("compile", BROKER, "-o", str(tmp_path / "bundle"), "--set", word)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_output_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep me")
    done = erisc("compile", BROKER, "-o", str(tmp_path))
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_missing_spec() -> None:
    done = erisc("lint", "no/such.eris")
    assert done.returncode == 2
    assert "no/such.eris" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_bundle_that_was_changed(tmp_path: Path) -> None:
    assert erisc("compile", BROKER, "-o", str(tmp_path / "bundle")).returncode == 0
    program = tmp_path / "bundle" / "kpi" / "program.json"
    program.write_text(program.read_text().replace("0.6", "0.1"))
    done = erisc("run", str(tmp_path / "bundle"), "--run-dir", str(tmp_path / "run"), timeout=600)
    assert done.returncode == 2, done.stderr
    assert "kpi/program.json" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_lab_that_is_not_there(tmp_path: Path) -> None:
    done = erisc("run", BROKER, "--zone", "lab:nowhere", "--run-dir", str(tmp_path / "run"), timeout=600)
    assert done.returncode == 4, done.stderr
    assert "erisc lab up --name nowhere" in done.stderr
    assert not (tmp_path / "run").exists()


def test_an_unknown_cloud(tmp_path: Path) -> None:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text("clouds: {alpha: {auth: {auth_url: 'http://127.0.0.1:9/v3'}}}\n")
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {children: {controller: {hosts: {c1: {}}}}}\n")
    done = erisc(
        "run", BROKER, "--zone", "existing", "--cloud", "beta", "--inventory", str(inventory),
        "--run-dir", str(tmp_path / "run"), timeout=600, env=os.environ | {"OS_CLIENT_CONFIG_FILE": str(clouds)},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "beta" in done.stderr
    assert "alpha" in done.stderr
    assert not (tmp_path / "run").exists()


def test_failures_are_json_where_a_program_asked(tmp_path: Path) -> None:
    done = erisc("heal", str(tmp_path / "nothing"), "--json", timeout=600)
    assert done.returncode == 2, done.stderr
    assert "error" in json.loads(done.stdout)
