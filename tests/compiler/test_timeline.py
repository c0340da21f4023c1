"""When faults strike: whatever the trigger, instants follow the seed and nothing else."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.compiler.chance import DISTRIBUTIONS, Draw, Stretch, fits_uniform, instants, most
from erisc.compiler.plan import Fault
from tests.compiler.frame import check, patched

LOAD = 'workload boot on site {\n  run rally("Dummy.dummy")\n  hold 2 req/s for 1 h as steady\n}\n'
KILL = "do kill(rabbitmq on one(controller)) for 2 s"
PURPOSES = st.sampled_from([one.name for one in DISTRIBUTIONS])
TRIGGERS = st.one_of(
    st.builds("at {} s".format, st.integers(0, 3000)),
    st.builds("every {} s jitter {} s from {} s until {} s".format, st.integers(20, 900), st.integers(0, 15),
              st.integers(0, 900), st.integers(1000, 3600)),
    st.builds("random poisson({} per h) from {} s until {} s".format, st.integers(1, 99), st.integers(0, 900),
              st.integers(1000, 3600)),
    st.builds("random uniform({}) from {} s until {} s".format, st.integers(1, 20), st.integers(0, 900),
              st.integers(1000, 3600)),
    st.builds("random exponential({} s) from {} s until {} s".format, st.integers(60, 900), st.integers(0, 900),
              st.integers(1000, 3600)),
)  # fmt: skip


def cells(rows: Sequence[str], seed: int = 1, repeat: int = 1) -> list[tuple[Fault, ...]]:
    body = "\n".join(f"  fault {row}" for row in rows)
    trial = f"experiment trial {{\n  use site, boot, storm\n  repeat {repeat}\n  check available\n}}"
    text = patched(f"seed {seed}\n{LOAD}faults storm on site {{\n{body}\n}}\n{trial}")
    with tempfile.TemporaryDirectory() as folder:
        made = check(Path(folder), text, every=False).plan
    assert made is not None
    return [cell.faults for cell in made.cells]


def struck(faults: Sequence[Fault], name: str) -> list[tuple[float, int]]:
    return [(fault.at, fault.steps[0][0].choice) for fault in faults if fault.name == name]


@settings(max_examples=25, deadline=None)
@given(TRIGGERS, st.lists(TRIGGERS, min_size=1, max_size=3), st.integers(0, 10**6))
def test_a_fault_more_moves_no_other_and_the_schedule_is_sorted(one: str, others: list[str], seed: int) -> None:
    alone = cells([f"m: {one} {KILL}"], seed)[0]
    rows = [f"{name}: {other} {KILL}" for name, other in zip("axz", others, strict=False)]
    beside = cells([*rows[:1], f"m: {one} {KILL}", *rows[1:]], seed)[0]
    assert struck(beside, "m") == struck(alone, "m")
    assert [fault.at for fault in beside] == sorted(fault.at for fault in beside)
    assert [fault.instance for fault in alone] == list(range(len(alone)))


@pytest.mark.parametrize("process", ["poisson(30 per h)", "uniform(20)", "exponential(2 min)"])
def test_the_seed_decides_and_repeats_differ(process: str) -> None:
    row = f"m: random {process} {KILL}"
    first, second = cells([row], seed=5, repeat=2)
    assert cells([row], seed=5, repeat=2) == [first, second]
    assert len({tuple(struck(faults, "m")) for faults in (first, second, cells([row], seed=6)[0])}) == 3


@settings(deadline=None)
@given(PURPOSES, st.integers(0, 2**60), st.floats(0, 1e4), st.floats(1, 1e5), st.floats(0, 500), st.floats(0.5, 500))
def test_instants_lie_in_their_stretch_and_never_meet(
    kind: str, seed: int, begin: float, width: float, length: float, often: float
) -> None:
    stretch = Stretch(begin, begin + width, length)
    parameter = {"poisson": often / width, "uniform": float(math.ceil(often)), "exponential": width / often}[kind]
    if kind == "uniform" and not fits_uniform(parameter, stretch):
        return
    found = instants(Draw(seed, (), 1).of("f"), kind, parameter, stretch)
    assert len(found) <= most(kind, parameter, stretch)
    assert all(stretch.begin - 1e-6 <= at < stretch.until for at in found)
    assert all(later >= at + length for at, later in pairwise(found))
    if kind == "uniform":
        assert len(found) == parameter


def test_poisson_has_its_rate_and_its_spread() -> None:
    """Counts over many seeds: mean and variance are the rate times the time, within 5 standard errors."""
    stretch = Stretch(100.0, 3700.0, 0.0)
    counts = [len(instants(Draw(seed, (), 1).of("f"), "poisson", 6 / 3600, stretch)) for seed in range(2000)]
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    assert abs(mean - 6) < 5 * math.sqrt(6 / 2000)
    assert abs(variance - 6) < 5 * 6 * math.sqrt(2.2 / 2000)


def test_exponential_waits_from_the_end_of_the_one_before() -> None:
    found = [instants(Draw(seed, (), 1).of("f"), "exponential", 50.0, Stretch(0.0, 1e5, 30.0)) for seed in range(3)]
    gaps = [later - at - 30 for row in found for at, later in pairwise(row)]
    assert abs(sum(gaps) / len(gaps) - 50) < 5 * 50 / math.sqrt(len(gaps))
    assert min(gaps) >= 0


def test_uniform_is_even() -> None:
    found = [at for seed in range(500) for at in instants(Draw(seed, (), 1).of("f"), "uniform", 4, Stretch(0, 100, 0))]
    quarters = [sum(25 * q <= at < 25 * (q + 1) for at in found) for q in range(4)]
    assert sum((count - 500) ** 2 / 500 for count in quarters) < 25


def test_each_takes_one_host_after_the_other_and_steps_add_up() -> None:
    text = (
        "import std.faults { kill, freeze }\narchitecture site extends single {\n  node controller * 3\n}\n"
        f"{LOAD}faults storm on site {{\n  at most all of controller\n"
        "  fault m: every 19 s until 60 s do kill(rabbitmq on each(controller)) for 4 s"
        " then together { freeze(keystone on controller) for 5 s  kill(heat_api on controller) for 7 s }\n}"
    )
    with tempfile.TemporaryDirectory() as folder:
        made = check(Path(folder), patched(text), every=False).plan
        assert made is not None
        assert [fault.at for fault in made.cells[0].faults] == [19, 38, 57]
        refused = check(Path(folder), patched(text.replace("19 s", "18.9 s")), every=False)
    assert [found.code for found in refused.diagnostics] == ["E0405"]


def test_choices_of_a_compound_fault_are_independent_and_the_first_is_as_ever() -> None:
    alone = cells([f"m: at 9 s {KILL}"])[0]
    (whole,) = cells([f"m: at 9 s {KILL} then kill(keystone on one(controller)) for 2 s"])[0]
    assert whole.steps[0][0].choice == alone[0].steps[0][0].choice
    assert whole.steps[1][0].choice != whole.steps[0][0].choice
