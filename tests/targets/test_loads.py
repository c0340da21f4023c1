"""Load tasks of our own drivers: what the author wrote reaches the driver, and compiler and drivers agree on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erisc.compiler import compile_spec
from erisc.compiler.constants import Constants, unquote
from erisc.compiler.library import module
from erisc.compiler.program import Program
from erisc.compiler.quantities import Units
from erisc.compiler.source import Findings, Source
from erisc.compiler.syntax import parser
from erisc.executor.loads.task import read_task
from erisc.targets.load_checks import operations
from erisc.targets.loads import DRIVERS, TARGET

SPEC = """edition 2026
import std.arch.single
import std.load { http, openstack, rpc }
seed 7
architecture site extends single {}
workload page on site {
  run http("GET http://{keystone}/v3") { headers { Accept = "*/*" }, expect = [200, 300], timeout = 500 ms }
  arrivals poisson
  hold 20 req/s for 60 s as steady
}
workload listing on site with page after 5 s {
  run openstack("network.list")
  think 2 s
  hold 2 users for 100 iterations as steady
  step 3 users -> 1 users by 1 users every 10 s
}
workload bus on site with listing {
  run rpc("call") { servers = 2, size = 4 KiB }
  hold 20 req/s for 100 iterations as steady
}
kpi success: ratio = ratio(page[ok] during page.steady)
slo available: success >= 50 %
experiment trial {
  use site, bus
  check available
}
"""


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the tasks of the spec are in."""
    folder = tmp_path_factory.mktemp("loads")
    (folder / "spec.eris").write_text(SPEC)
    made = compile_spec(str(folder / "spec.eris"))
    assert made.plan, made.diagnostics
    files, found = TARGET.emit(made.plan)
    assert not found
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder / "cells" / "0001"


def test_the_drivers_read_what_is_written(tasks: Path) -> None:
    page = read_task(str(tasks / "http" / "page.json"))
    assert page.arguments == {"headers": {"Accept": "*/*"}, "expect": [200, 300], "timeout": 0.5}
    assert (page.arrivals, page.choice != 0, page.timed) == ("poisson", True, True)
    listing = read_task(str(tasks / "openstack" / "listing.json"))
    assert (listing.think, listing.model, listing.timed) == (2.0, "closed", False)
    assert [(one.start, one.duration, one.iterations, one.low) for one in listing.stages] == [
        (5.0, None, 100, 2.0), (None, 10.0, None, 3.0), (None, 10.0, None, 2.0), (None, 10.0, None, 1.0)
    ]  # fmt: skip
    bus = read_task(str(tasks / "rpc" / "bus.json"))
    assert bus.arguments == {"servers": 2, "size": 4096}
    assert (bus.stages[0].duration, bus.stages[0].integral) == (5.0, 100.0)


@pytest.mark.parametrize("driver", ["http", "rpc"])
def test_the_library_declares_what_the_drivers_take(driver: str) -> None:
    """Names, defaults in base units, and operations are written down twice: once with their units."""
    parsed = module(Program(Source("", "")), ("load",), Findings(), (driver,))
    assert parsed
    (node,) = [one for one in parsed.statements if getattr(getattr(one, "name", None), "text", "") == driver]
    constants = Constants(parsed.source, Units(parser().tables.units), {}, Findings(), frozenset())
    declared = {}
    for one in node.parameters[1:]:
        value = constants.value(one.default) if one.type.text != "mapping" else None
        declared[one.name.text] = {} if value is None else value.data
    taken = {name: one["default"] for name, one in operations()[driver]["parameters"].items()}
    assert {name: value or None for name, value in declared.items()} == {
        name: value or None for name, value in taken.items()
    }
    scenarios = [
        unquote(item.word.text) for field in node.block.fields if field.key.text == "scenarios"
        for item in field.value.items
    ]  # fmt: skip
    assert scenarios == list(operations()[driver].get("operations", ()))


def test_every_driver_of_the_target_has_its_operations() -> None:
    assert set(DRIVERS) == set(operations()) - {"format"}


def test_a_task_is_json_with_the_words_of_the_contract(tasks: Path) -> None:
    task = json.loads((tasks / "http" / "page.json").read_text())
    assert list(task) == [
        "format", "driver", "scenario", "arguments", "model", "arrivals", "choice", "think", "stages",
    ]  # fmt: skip
    assert list(task["stages"][0]) == ["kind", "name", "start", "duration", "iterations", "from", "to"]
