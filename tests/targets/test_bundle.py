"""The bundle: complete, described by its manifest, and the same bytes wherever it is made."""

import json
import math
import os
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest
import yaml

from erisc.base.failure import Failure
from erisc.base.record import replace
from erisc.executor.__main__ import _parser
from erisc.targets.bundle import assemble, bundle_digest, write
from erisc.targets.protocol import Files, Mark, Target
from erisc.targets.requirements import DRIVERS
from tests.targets import plans

ROOT = Path(__file__).parents[2]
SOURCES = {"storm.eris": plans.SPEC, "std:faults": "// kill\n", "std:arch.single": "", "parts/site.eris": "// site\n"}


@pytest.fixture(scope="module")
def files() -> Files:
    made, found = assemble(plans.plan(), SOURCES)
    assert not found
    return made


def test_the_bundle_is_complete(files: Files) -> None:
    both = [f"cells/{cell}/{path}" for cell in ("0001", "0002") for path in (
        "faults/schedule.json", "heat/tenant.yaml", "rally/boot.json", "rally/login.json")]  # fmt: skip
    spec = ["spec/parts/site.eris", "spec/std/arch/single.eris", "spec/std/faults.eris", "spec/storm.eris"]
    others = [
        "kpi/program.json",
        "manifest.json",
        "plan.json",
        "rally/plugins/erisc_staged.py",
        "requirements.txt",
        "run",
    ]
    schemas = [f"schema/{path.name}" for path in (ROOT / "docs" / "schema").glob("*.schema.json")]
    assert list(files) == sorted(both + spec + others + schemas)
    assert files["spec/storm.eris"].decode() == plans.SPEC


def test_the_manifest_describes_the_bundle(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"] == {path: sha256(files[path]).hexdigest() for path in files if path != "manifest.json"}
    assert list(manifest) == [
        "format", "erisc", "spec", "spec_sha256", "experiment", "seed", "cells", "targets", "files", "source_map",
    ]  # fmt: skip
    assert manifest["spec_sha256"] == sha256(plans.SPEC.encode()).hexdigest()
    assert (manifest["experiment"], manifest["seed"], manifest["cells"]) == ("storm", 20261121, ["0001", "0002"])
    assert manifest["targets"] == ["faults", "heat", "kpi", "loads", "rally"]
    assert manifest["source_map"]["cells/0002/rally/boot.json"][1] == {
        "pointer": "/subtasks/0/runner/erisc_staged/stages/0",
        "file": "storm.eris",
        "line": 18,
        "column": 3,
    }
    assert manifest["source_map"].keys() <= files.keys()
    assert bundle_digest(files["manifest.json"]) == sha256(files["manifest.json"]).hexdigest()


def test_every_file_is_read_by_its_format(files: Files) -> None:
    for path, content in files.items():
        assert content.endswith(b"\n") or not content
        if path.endswith(".json"):
            json.loads(content)
        if path.endswith(".yaml"):
            yaml.safe_load(content)


@pytest.mark.parametrize(
    ("schema", "document"),
    [("schedule", "cells/0001/faults/schedule.json"), ("plan", "plan.json"), ("program", "kpi/program.json")],
)
def test_what_has_a_schema_follows_it(files: Files, schema: str, document: str) -> None:
    rules = json.loads(files[f"schema/{schema}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(rules)
    jsonschema.Draft202012Validator(rules).validate(json.loads(files[document]))


@pytest.mark.parametrize("key", ["at", "choice", "target", "duration", "instance", "source"])
def test_the_schema_of_the_schedule_refuses_what_lacks(files: Files, key: str) -> None:
    schedule = json.loads(files["cells/0001/faults/schedule.json"])
    schedule["faults"][0][key] = {}
    validator = jsonschema.Draft202012Validator(json.loads(files["schema/schedule.schema.json"]))
    assert not validator.is_valid(schedule)


SCRIPT = """
import sys, json, os
from hashlib import sha256
from erisc.targets.bundle import assemble, write
from tests.targets import plans
files, _ = assemble(plans.plan(), json.loads(sys.argv[1]))
print(sha256(repr(sorted(files.items())).encode()).hexdigest())
"""


def test_the_bytes_depend_on_nothing_but_the_plan(tmp_path: Path, files: Files) -> None:
    """Not on locale, time zone, hash seed, working directory, home, or time."""
    (tmp_path / "elsewhere é").mkdir()
    expected = sha256(repr(sorted(files.items())).encode()).hexdigest()
    for variables, folder in (
        ({"LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1", "HOME": str(tmp_path)}, tmp_path),
        ({"LC_ALL": "tr_TR.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"}, tmp_path / "elsewhere é"),
    ):
        command = [sys.executable, "-c", SCRIPT, json.dumps(SOURCES)]
        done = subprocess.run(
            command, env=os.environ | variables, cwd=folder, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


def test_a_cell_more_changes_no_other_cell(files: Files) -> None:
    more, _ = assemble(plans.plan(plans.cell(), plans.cell("0002", load=120), plans.cell("0003")), SOURCES)
    for path in files:
        assert path in ("manifest.json", "plan.json") or more[path] == files[path] or path.startswith("kpi/")


def test_nothing_comes_of_a_plan_that_a_target_refuses() -> None:
    wrong = plans.cell(workloads=(plans.workload("Nope.nope"),), topologies=(plans.topology(plans.server(count=0)),))
    made, found = assemble(plans.plan(wrong), SOURCES)
    assert not made
    assert {"E0503", "E0514"} <= {diagnostic.code for diagnostic in found}


def test_a_driver_without_a_target_is_refused() -> None:
    for driver in ("locust", "heat"):
        made, found = assemble(plans.plan(plans.cell(workloads=(replace(plans.LOGIN, driver=driver),))), SOURCES)
        assert not made
        assert "E0502" in [diagnostic.code for diagnostic in found]


def test_a_value_without_json_is_refused() -> None:
    plan = replace(plans.plan(), parameters=(("load", math.inf),))
    made, found = assemble(plan, SOURCES)
    assert not made
    assert [diagnostic.code for diagnostic in found] == ["E0532"]


@pytest.mark.parametrize(
    "name", ["../secret.eris", "/etc/passwd", "a/../../b", "std:../../b", "", "a//b", "a/./b", "a\0b"]
)
def test_a_source_from_outside_is_refused(name: str) -> None:
    with pytest.raises(Failure, match="outside"):
        assemble(plans.plan(), SOURCES | {name: ""})


class Echo:
    """A third party's target."""

    name = "echo"
    capabilities = {"Plan": "supported"}  # noqa: RUF012

    def __init__(self, path: str) -> None:
        self.path = path

    def emit(self, plan: object) -> tuple[dict[str, bytes], tuple[()]]:
        return {self.path: b"echo\n"}, ()

    def source_map(self, plan: object) -> dict[str, tuple[Mark, ...]]:
        return {self.path: (Mark("", plans.span(1)),)}


def test_a_third_partys_target_joins() -> None:
    echo: Target = Echo("echo/plan.txt")
    made, found = assemble(plans.plan(plans.cell(workloads=())), SOURCES, (echo,))
    assert not found
    manifest = json.loads(made["manifest.json"])
    assert manifest["targets"] == ["echo"]
    assert manifest["source_map"] == {"echo/plan.txt": [{"pointer": "", "file": "storm.eris", "line": 1, "column": 1}]}


@pytest.mark.parametrize("path", ["manifest.json", "plan.json", "run", "spec/storm.eris"])
def test_no_target_overwrites_what_is_there(path: str) -> None:
    made, found = assemble(plans.plan(plans.cell(workloads=())), SOURCES, (Echo(path),))
    assert not made
    assert [diagnostic.code for diagnostic in found] == ["E0531"]


def test_the_requirements_are_those_of_the_drivers() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert list(DRIVERS) == project["optional-dependencies"]["drivers"]


def test_run_hands_the_bundle_to_the_executor(files: Files, tmp_path: Path) -> None:
    write(files, str(tmp_path / "a bundle"))
    script = tmp_path / "python"
    script.write_text('#!/bin/sh\n[ "$1" = -c ] || printf "%s\\n" "$@"\n')
    script.chmod(0o755)
    variables = os.environ | {"PYTHON": str(script)}
    done = subprocess.run(
        ["../a bundle/run", "--zone", "x y"], env=variables, cwd=tmp_path / "a bundle", capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines() == [
        "-m",
        "erisc.executor",
        "run",
        str(tmp_path / "a bundle"),
        "--zone",
        "x y",
    ]


def test_run_says_when_there_is_no_erisc(files: Files, tmp_path: Path) -> None:
    write(files, str(tmp_path / "bundle"))
    variables = {"PATH": "/usr/bin:/bin", "PYTHON": "/bin/false"}
    done = subprocess.run([tmp_path / "bundle" / "run"], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert (
        done.stderr == "run: error: /bin/false has no erisc; install it there, or set PYTHON to another interpreter\n"
    )


def test_the_executor_takes_what_run_hands_over() -> None:
    given = _parser().parse_args(["run", "a bundle", "--zone", "lab"])
    assert (given.command, given.bundle, given.zone) == ("run", "a bundle", "lab")


HOT = """
import sys
from erisc.targets.bundle import assemble, write
from tests.targets import plans
files, found = assemble(plans.plan(), {"storm.eris": ""})
assert files and not found
write(files, sys.argv[1])
slow = {"dataclasses", "inspect", "lark", "yaml", "pathlib", "importlib.metadata", "jsonschema", "subprocess",
        "asyncio", "tempfile",
        "logging", "datetime", "decimal", "fractions", "random", "difflib", "ctypes", "shutil", "ipaddress"}
print(sorted(slow & set(sys.modules)))
"""


def test_making_a_bundle_imports_nothing_slow(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-c", HOT, str(tmp_path / "bundle")]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
