"""The files of every target for one Plan, whole, and the source map into them.

`ERISC_UPDATE_GOLDENS=1 pytest tests/targets/test_goldens.py` writes them anew; the difference is for the review.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from erisc.base.record import replace
from erisc.targets import faults, heat, rally
from erisc.targets.protocol import Target
from tests.targets import plans

GOLDENS = Path(__file__).parent / "goldens"
TARGETS: tuple[Target, ...] = (faults.TARGET, heat.TARGET, rally.TARGET)


def emitted(target: Target) -> dict[str, bytes]:
    files, found = target.emit(plans.plan(plans.cell()))
    assert not found
    return {path: content for path, content in files.items() if not path.endswith(".py")}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_files_are_those_of_the_goldens(target: Target) -> None:
    folder = GOLDENS / target.name
    files = emitted(target)
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    kept = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files == kept


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_source_map_points_into_the_files(target: Target) -> None:
    files = emitted(target)
    marks = target.source_map(plans.plan(plans.cell()))
    assert marks.keys() == files.keys()
    for path, pointers in marks.items():
        document = yaml.safe_load(files[path]) if path.endswith(".yaml") else json.loads(files[path])
        for mark in pointers:
            assert found_at(document, mark.pointer) is not None


def test_a_source_map_names_the_line_of_each_fault() -> None:
    plan = plans.plan(
        plans.cell(faults=(plans.fault("b", at=3.0), replace(plans.fault("a", at=1.0), span=plans.span(99))))
    )
    marks = faults.TARGET.source_map(plan)["cells/0001/faults/schedule.json"]
    assert [(mark.pointer, mark.span.line) for mark in marks] == [("/faults/0", 99), ("/faults/1", 24)]


def found_at(document: Any, pointer: str) -> object:
    """RFC 6901."""
    for part in pointer.split("/")[1:]:
        document = document[int(part) if isinstance(document, list) else part.replace("~1", "/").replace("~0", "~")]
    return document
