"""What a spec means: the numbers in the Plan."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.compiler.lint.w0601_too_few_samples import samples_needed
from erisc.compiler.plan import Fault, Plan
from erisc.compiler.quantities import Units, split_quantity
from erisc.compiler.tables import load_tables
from tests.compiler.frame import check, codes, patched

KILL = "do kill(rabbitmq on one(controller))"


def plan(folder: Path, fragment: str, **options: Any) -> Plan:
    result = check(folder, patched(fragment), every=False, **options)
    assert result.plan is not None, result.diagnostics
    return result.plan


def faults(folder: Path, *rows: str, seed: int = 1, extra: str = "") -> tuple[Fault, ...]:
    body = "\n".join(f"  fault {row}" for row in rows)
    return plan(folder, f"seed {seed}\nfaults storm on site {{\n{body}\n}}\n{extra}").cells[0].faults


def test_periodic_faults(tmp_path: Path) -> None:
    made = faults(tmp_path, f"a: every 10 s from 15 s until 45 s {KILL} for 2 s", f"b: every 20 s {KILL} for 1 s")
    assert [(f.name, f.instance, f.at) for f in made] == [
        ("a", 0, 15.0), ("b", 0, 20.0), ("a", 1, 25.0), ("a", 2, 35.0), ("b", 1, 40.0)
    ]  # fmt: skip


def test_jitter_delays_by_less_than_itself_and_follows_the_seed(tmp_path: Path) -> None:
    row = f"a: every 10 s jitter 4 s {KILL} for 2 s"
    first, again, other = (faults(tmp_path, row, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert [f.at for f in first] != [f.at for f in other]
    assert all(0 <= f.at - 10 * (f.instance + 1) < 4 for f in first)


def test_a_fault_more_moves_no_other(tmp_path: Path) -> None:
    row = f"a: every 10 s jitter 4 s {KILL} for 2 s"
    alone = faults(tmp_path, row)
    beside = faults(tmp_path, f"zero: at 1 s {KILL} for 1 s", row, f"z: every 7 s jitter 3 s {KILL} for 1 s")
    moved = [(f.at, f.steps[0][0].choice) for f in beside if f.name == "a"]
    assert moved == [(f.at, f.steps[0][0].choice) for f in alone]


def test_repeats_and_points_differ_and_cells_are_in_order(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        f"faults storm on site {{\n  fault a: every 10 s jitter 4 s {KILL} for 2 s\n}}\n"
        "experiment trial {\n  use site, boot, storm\n  sweep load in [40 s, 1 min]\n  repeat 2\n  check available\n}",
    )
    assert [(c.id, c.point, c.repeat) for c in made.cells] == [
        ("0001", (("load", 40.0),), 1), ("0002", (("load", 40.0),), 2),
        ("0003", (("load", 60.0),), 1), ("0004", (("load", 60.0),), 2),
    ]  # fmt: skip
    assert len({cell.faults[0].steps[0][0].choice for cell in made.cells}) == 4
    assert [cell.workloads[0].stages[0].duration for cell in made.cells] == [40.0, 40.0, 60.0, 60.0]


def test_settings_are_read_by_the_type(tmp_path: Path) -> None:
    made = plan(tmp_path, "", settings={"load": " 1.5 min"})
    assert made.parameters == (("load", 90.0),)
    assert made.cells[0].workloads[0].stages[0].duration == 90.0


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("5", "E0305"),
        ("5 GiB", "E0302"),
        ("soon", "E0307"),
        ("5 sec", "E0307"),
        ("", "E0307"),
        ("9" * 99, "E0307"),
        ("½ s", "E0307"),
    ],
)
def test_settings_that_are_refused_point_at_the_param(setting: str, code: str, tmp_path: Path) -> None:
    result = check(tmp_path, patched(""), every=False, settings={"load": setting})
    assert codes(result) == [code]
    assert result.diagnostics[0].span.line == 5


def test_workloads_run_beside_each_other_from_zero(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        'workload other on site with boot {\n  run rally("D.d")\n'
        "  ramp 0 users -> 4 users over 10 s\n  hold 4 users for 5 s\n}\n"
        "experiment trial {\n  use site, other, storm\n  check available\n}",
    )
    assert [w.name for w in made.cells[0].workloads] == ["other", "boot"]
    assert [w.model for w in made.cells[0].workloads] == ["closed", "open"]
    assert [(s.kind, s.start, s.duration, s.level_to) for s in made.cells[0].workloads[0].stages] == [
        ("ramp", 0.0, 10.0, 4.0), ("hold", 10.0, 5.0, 4.0)
    ]  # fmt: skip


def test_an_architecture_refines_what_it_extends(tmp_path: Path) -> None:
    made = plan(tmp_path, "architecture site extends single {\n  node controller { vcpus = 2 }\n  node compute * 5\n}")
    nodes = {node.name: node for node in made.architectures[0].nodes}
    assert (nodes["controller"].count, dict(nodes["controller"].properties)["vcpus"]) == (1, 2)
    assert dict(nodes["controller"].properties)["ram"] == 16 * 1024**3
    assert nodes["compute"].count == 5


@pytest.mark.parametrize(("quantile", "count"), [(0.95, 59), (0.99, 299), (0.999, 2995)])
def test_samples_that_a_quantile_needs(quantile: float, count: int) -> None:
    assert samples_needed(quantile, 0.95) == count


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("99.9 %", 0.999),
        ("1.5 ms", 0.0015),
        ("6 per h", 6 / 3600),
        ("10 Gbit/s", 1e10),
        ("16 GiB", 2**34),
        ("0.3 h", 1080.0),
    ],
)
def test_units(text: str, base: float) -> None:
    value = Units(load_tables().units).quantity(*split_quantity(text))
    assert value.data == base


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(1, 1000))
def test_arithmetic_is_that_of_numbers(a: int, b: int, c: int) -> None:
    text = patched(
        f"param n: number = ({a} + {b}) * 2 - -{c} / {c} ^ 2\n"
        'workload boot on site {\n  run rally("D.d") { n = n }\n  hold 2 req/s for load as steady\n}'
    )
    with tempfile.TemporaryDirectory() as folder:
        made = check(Path(folder), text).plan
    assert made is not None
    assert dict(made.parameters)["n"] == (a + b) * 2 - -c / c**2


def test_what_lint_says_of_a_kpi_is_not_said_of_the_library(tmp_path: Path) -> None:
    assert codes(check(tmp_path, patched(""))) == []
    assert codes(check(tmp_path, patched("kpi unused: count = count(boot during boot.steady)"))) == ["W0201"]


def test_a_circle_of_kpis_is_shown_as_one(tmp_path: Path) -> None:
    circle = "kpi success: ratio = 1 - b\nkpi b: ratio = c\nkpi c: ratio = b + 1"
    (found,) = check(tmp_path, patched(circle)).diagnostics
    assert (found.code, found.note) == ("E0215", "b -> c -> b")


def test_many_warnings_stop_nothing(tmp_path: Path) -> None:
    result = check(tmp_path, patched("\n".join(f"param p{n}: int = {n}" for n in range(500))))
    assert result.plan is not None
    assert set(codes(result)) == {"W0201"}


def test_faults_of_two_sets_share_one_timeline(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        f"faults more on site {{\n  fault second: at 40 s {KILL} for 5 s\n}}\n"
        "experiment trial {\n  use site, boot, more, storm\n  check available\n}",
    )
    assert [fault.name for fault in made.cells[0].faults] == ["crash", "second"]


def test_a_parameter_may_use_those_above_it_only(tmp_path: Path) -> None:
    assert plan(tmp_path, "param load: duration = 20 s\nparam half: duration = load / 2").parameters[-1] == (
        "half",
        10.0,
    )
    for wrong in ("param a: int = a", "param a: int = b\nparam b: int = 1"):
        assert codes(check(tmp_path, patched(wrong)))[:1] == ["E0201"]
