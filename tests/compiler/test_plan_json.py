"""The Plan as JSON: there and back, as its published schema says, the same bytes everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from erisc.base import json_text
from erisc.compiler import lint_spec
from erisc.compiler.plan import Plan
from erisc.compiler.plan_json import plan_from_json, plan_to_json, schema
from tests.compiler.frame import FIXTURES

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "schema" / "plan.schema.json"


def plan(name: str) -> Plan:
    folder = ROOT / "erisc" / "reference" if name == "frame" else FIXTURES
    made = lint_spec(str(folder / f"{name}.eris")).plan
    assert made is not None
    return made


@pytest.mark.parametrize("name", ["quickstart", "rich", "frame"])
def test_there_and_back(name: str) -> None:
    made = plan(name)
    data = plan_to_json(made)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(data)
    assert plan_from_json(json.loads(json_text.dump(data))) == made


def test_the_published_schema_is_that_of_the_records() -> None:
    """`ERISC_UPDATE_GOLDENS=1 pytest` writes it anew."""
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        SCHEMA.write_bytes(json_text.dump(schema()))
    jsonschema.Draft202012Validator.check_schema(schema())
    assert SCHEMA.read_bytes() == json_text.dump(schema())


def test_the_schema_refuses_what_is_no_plan() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    data = plan_to_json(plan("frame"))
    for broken in ({**data, "format": 2}, {**data, "extra": 1}, {k: v for k, v in data.items() if k != "seed"}):
        assert not validator.is_valid(broken)
        with pytest.raises(ValueError, match="plan"):
            plan_from_json(broken)


SCRIPT = """
import sys
from erisc.base import json_text
from erisc.compiler import compile_spec
from erisc.compiler.plan_json import plan_to_json
sys.stdout.buffer.write(json_text.dump(plan_to_json(compile_spec(sys.argv[1]).plan)))
"""


def test_the_same_bytes_in_any_environment(tmp_path: Path) -> None:
    spec = str(FIXTURES / "rich.eris")
    seen = set()
    for zone, locale, hashes, folder in (
        ("UTC", "C", "0", ROOT),
        ("Asia/Kathmandu", "tr_TR.UTF-8", "1", tmp_path),
        ("America/St_Johns", "POSIX", "4242", FIXTURES),
    ):
        environment = {"PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": hashes}
        environment |= {"HOME": str(tmp_path / hashes), "ERISC_HOME": str(tmp_path)}
        path = spec if folder != FIXTURES else "rich.eris"
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, path], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        seen.add(done.stdout)
    assert len(seen) == 1
