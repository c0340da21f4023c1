"""How many hosts could be struck at one time: against a count by brute force, and as the executor counts."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.compiler.exposure import Scene, excesses
from tests.compiler.frame import FIXTURES, check, patched
from tests.targets import plans

NODES = (
    p.Node("controller", 5, (), (), plans.span(6)),
    p.Node("compute", 2, (), (), plans.span(7)),
)
KILL = plans.fault().steps[0][0]


def scene(**most: int | None) -> Scene:
    return Scene(NODES, (), tuple(p.Allowance(*pair, plans.span(8)) for pair in most.items()), frozenset({"reboot"}))


def fault(name: str, at: float, count: int, duration: float | None, action: str = "kill") -> p.Fault:
    target = plans.target("", "controller", "any", count)
    return plans.fault(name, at=at, target=target, duration=duration, action=action)


rows = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 3), st.none() | st.integers(1, 6)), min_size=1, max_size=12
)


@settings(max_examples=100, deadline=None)
@given(rows, st.integers(0, 4))
def test_the_sweep_finds_what_counting_every_moment_finds(
    given_rows: list[tuple[int, int, int | None]], most: int
) -> None:
    faults = [fault(f"f{index}", *row) for index, row in enumerate(given_rows)]
    found = excesses(faults, scene(controller=most))

    def struck(moment: float) -> int:
        open_ = (
            count for at, count, length in given_rows
            if at == moment or (length is not None and at <= moment < at + length)
        )  # fmt: skip
        return min(sum(open_), 5)

    peak = max(struck(at) for at, _, _ in given_rows)
    assert bool(found) == (peak > most)
    assert all(one.peak == peak and one.most == most for one in found)
    assert all(one.struck <= struck(one.at) for one in found)


def test_a_majority_of_three_or_more_stays_unharmed_unless_the_author_says() -> None:
    two, three = fault("two", 1.0, 2, 5.0), fault("three", 1.0, 3, 5.0)
    assert not excesses([two], scene())
    assert [one.most for one in excesses([three], scene())] == [2]
    assert not excesses([three], scene(controller=3))
    assert not excesses([three], scene(controller=None))
    small = replace(two.steps[0][0], target=plans.target("", "compute", "all", 0))
    assert not excesses([replace(two, steps=((small,),))], scene())


def test_a_host_that_reboots_is_away_for_a_while() -> None:
    faults = [fault("boot", 0.0, 1, None, "reboot"), fault("later", 299.0, 2, 1.0), fault("then", 301.0, 2, 1.0)]
    assert [one.who[-1].name for one in excesses(faults, scene())] == ["later"]


def test_effects_of_one_step_count_together_and_steps_after_each_other_do_not() -> None:
    one = replace(KILL, target=plans.target("", "controller", "any", 2))
    assert excesses([replace(plans.fault(), steps=((one, one),))], scene())
    assert not excesses([replace(plans.fault(), steps=((one,), (one,)))], scene())


def test_tens_of_thousands_of_instants_are_one_sweep() -> None:
    one = fault("f", 0.0, 1, 1.5)
    faults = [p.Fault("f", at, float(at), one.steps, one.span) for at in range(20_000)]
    assert not excesses(faults, scene())
    assert math.isclose(excesses(faults, scene(controller=1))[0].at, 1.0)


def test_the_fix_is_the_clause() -> None:
    text = patched(
        "architecture site extends single {\n  node controller * 3\n}\n"
        "faults storm on site {\n  fault crash: at 9 s do kill(rabbitmq on all(controller)) for 5 s\n}"
    )
    with tempfile.TemporaryDirectory() as folder:
        (found,) = check(Path(folder), text).diagnostics
        assert (found.code, found.help) == ("E0441", "strike fewer, or say `at most all of controller` if it is meant")
        assert found.fix is not None
        lines = text.split("\n")
        span, line = found.fix.span, lines[found.fix.span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + found.fix.replacement + line[span.column - 1 :]
        assert "  at most all of controller\n  fault crash" in "\n".join(lines)
        assert not check(Path(folder), "\n".join(lines)).diagnostics


@pytest.mark.parametrize("said", ["", "  at most all of controller\n"])
def test_the_whole_language_needs_the_clause(said: str) -> None:
    """The specification's own example flaps an API on all controllers."""
    text = (FIXTURES / "language.eris").read_text().replace("  at most all of controller\n", said)
    with tempfile.TemporaryDirectory() as folder:
        codes = {found.code for found in check(Path(folder), text).diagnostics if found.is_error}
    assert codes == (set() if said else {"E0441"})
