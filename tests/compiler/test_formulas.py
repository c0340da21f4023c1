"""Formulas: what each function becomes in the Plan, and that dimensions are followed through everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from erisc.base.record import fields, is_record
from erisc.compiler import functions
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.functions import FUNCTIONS, Function
from erisc.compiler.imports import resolve
from erisc.compiler.pipeline import Compilation
from erisc.compiler.plan import Aggregate, Binary, Kpi, Rolling, Selection, rows_of
from erisc.compiler.source import Findings, Source
from erisc.reference.sample import tried
from erisc.targets.kpi import PATH, sql
from erisc.targets.kpi import TARGET as KPI_TARGET
from erisc.verdict.columns import COLUMNS

ROOT = Path(__file__).parents[2]
EXPERIMENT = "experiment trial {{\n  use site, boot, storm\n  check available, {}\n}}"


def compiled(fragment: str) -> Compilation:
    return tried(fragment, {}, every=True)


def kpi(declaration: str, rest: str = "") -> Kpi:
    """The KPI of a declaration, in the Plan."""
    name = declaration.split()[1].rstrip(":")
    made = compiled(f"{declaration}\n{EXPERIMENT.format(name)}\n{rest}")
    assert made.plan is not None, made.diagnostics
    return next(one for one in made.plan.criteria[0].kpis if one.name == name)


def errors(fragment: str) -> tuple[Diagnostic, ...]:
    return tuple(found for found in compiled(fragment).diagnostics if found.is_error)


CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "count": ("count(boot[ok] during boot.steady)", "count", {}),
    "sum": ("sum(boot.duration)", "duration", {}),
    "mean": ("mean(boot.rate during crash)", "rate", {}),
    "min": ("min(net.goodput)", "bitrate", {}),
    "max": ("max(memory.used)", "size", {}),
    "p99_9": ("p99_9(storage.iops)", "io_rate", {}),
    "stddev": ("stddev(boot.duration)", "duration", {}),
    "trimmed_mean": ("trimmed_mean(storage.bandwidth)", "byte_rate", {"trim": 0.1}),
    "rate": ("rate(api[ok])", "rate", {}),
    "ratio": ('ratio(api[op == "x"][ok, duration < 2 s])', "ratio", {"hits": 2}),
    "histogram": ("histogram(net.packets)", "histogram", {}),
    "apdex": ("apdex(api.duration, satisfied = 2 min)", "ratio", {"satisfied": 120.0}),
    "availability": ("availability(boot during boot.steady)", "ratio", {"resolution": 1.0}),
    "downtime": ("downtime(boot after crash, resolution = 100 ms)", "duration", {"resolution": 0.1}),
    "recover": ("max(recover(boot.rate, within = 5 %) after crash)", "duration", {}),
    "mttr": ("mttr(boot.rate after crash for 30 s, within = 5 %)", "duration", {"within": 0.05}),
    "degradation": ("degradation(boot.duration during crash)", "ratio", {}),
    "throughput_at": (
        "throughput_at(boot.duration, limit = 2 s)",
        "rate",
        {"limit": 2.0, "quantile": 0.95, "width": 10.0},
    ),
    "recovery": ("recovery(boot after crash)", "duration", {}),
    "downtime_rally_runners": ("downtime_rally_runners(boot after crash)", "duration", {}),
    "mttr_rally_runners": ("mttr_rally_runners(boot during crash)", "duration", {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_function_of_the_catalogue_becomes_what_it_says(name: str) -> None:
    call, type_, options = CALLS[name]
    made = kpi(f"kpi x: {type_} = {call}")
    assert (made.type, made.source) == (type_, call)
    if name == "recover":
        assert type(made.formula).__name__ == "Recover"
        return
    assert isinstance(made.formula, Aggregate)
    assert made.formula.function == name
    assert dict(made.formula.options) == options


def test_every_function_is_tried() -> None:
    assert {function.name for function in FUNCTIONS} == set(CALLS) - {"p99_9"}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_every_function_is_described_and_in_the_reference(function: Function) -> None:
    signature = functions.signature(function)
    assert functions.describe(function.name).startswith(f"{signature}\n{function.meaning}")
    called, _, result = signature.rpartition(" -> ")
    row = f"| `{called.replace('|', chr(92) + '|')}` | {result} | {function.meaning} |"
    assert row in (ROOT / "docs" / "language.md").read_text().splitlines()
    for option in function.options:
        assert option.default is None or option.low <= option.default <= option.high


@pytest.mark.parametrize(
    ("name", "share"),
    [("p5", 0.05), ("p50", 0.5), ("p99", 0.99), ("p99_9", 0.999), ("p0_5", 0.005), ("p99_999", 0.99999)],
)
def test_quantiles_have_names(name: str, share: float) -> None:
    assert functions.quantile(name) == share
    assert functions.find(name) is not None


@pytest.mark.parametrize("name", ["p0", "p00", "p100", "p", "p_5", "pp5", "p0_0", "percentile", ""])
def test_other_names_are_no_quantiles(name: str) -> None:
    assert functions.find(name) is None
    with pytest.raises(ValueError, match="no quantile"):
        functions.quantile(name)


def test_a_rolling_value_has_the_window_of_the_call_around_it() -> None:
    made = kpi("kpi x: duration = max(p95(boot.duration over 10 s) during boot.steady)")
    assert isinstance(made.formula, Aggregate)
    assert isinstance(made.formula.over, Rolling)
    assert (made.formula.function, made.formula.over.width, made.formula.over.of.function) == ("max", 10.0, "p95")
    window = rows_of(made.formula).window
    assert window is not None
    assert (window.kind, window.of) == ("during", "boot.steady")
    inside = kpi("kpi x: duration = max(p95(boot.duration during boot.steady over 10 s))")
    assert placeless(inside.formula) == placeless(made.formula)


def test_between_has_two_ends() -> None:
    made = kpi("kpi x: count = count(boot between crash and boot.late)", LATE)
    assert isinstance(made.formula, Aggregate)
    window = rows_of(made.formula).window
    assert window is not None
    assert (window.kind, window.of, window.to, window.length) == ("between", "crash", "boot.late", None)


LATE = """\
workload boot on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
  hold 2 req/s for load as late
}
"""


def test_a_metric_by_its_bare_name_is_its_value() -> None:
    metric = 'metric depth: count from prometheus("up") by (queue) every 5 s\n'
    for call in ("max(depth during boot.steady)", "max(depth.value during boot.steady)"):
        made = kpi(f"kpi x: count = {call}", metric)
        assert isinstance(made.formula, Aggregate)
        assert isinstance(made.formula.over, Selection)
        assert (made.formula.over.table, made.formula.over.column) == ("depth", "value")
    counted = kpi('kpi x: count = count(depth[queue == "reply"])', metric)
    assert isinstance(counted.formula, Aggregate)
    assert rows_of(counted.formula).column == ""


def test_a_histogram_has_the_unit_of_its_column() -> None:
    assert kpi("kpi x: histogram = histogram(boot.duration)").unit == "s"
    assert kpi("kpi x: histogram = histogram(net.goodput)").unit == "bit/s"


def test_powers_stay_in_the_plan() -> None:
    made = kpi("kpi x: number = (mean(boot.duration) / 2 s) ^ n", "param n: int = 2\n")
    assert isinstance(made.formula, Binary)
    assert made.formula.operator == "^"


def test_formulas_and_limits_follow_what_is_swept() -> None:
    text = """\
param least: ratio = 50 %
param scale: duration = 1 s
kpi slow: ratio = p50(boot.duration during boot.steady) / scale
slo available: success >= least
slo quick: slow < 3
experiment trial {
  use site, boot, storm
  sweep least in [50 %, 60 %]
  sweep scale in [1 s, 2 s]
  check available, quick
}
"""
    made = compiled(text)
    assert made.plan is not None, made.diagnostics
    limits = [made.plan.criteria[cell.criteria].slos[0].limit for cell in made.plan.cells]
    assert limits == [0.5, 0.5, 0.6, 0.6]
    assert len(made.plan.criteria) == 4


def test_lint_loads_no_algebra() -> None:
    """What the compiler checks it checks by itself: sympy would cost more than all of the rest."""
    code = (
        "import sys\nfrom erisc.compiler import lint_spec\n"
        "assert not lint_spec('examples/quickstart.eris').diagnostics\n"
        "print([name for name in ('sympy', 'mpmath', 'numpy', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- dimensions, at random ---

Powers = dict[str, int]
Made = tuple[str, Powers]

LEAVES: list[Made] = [
    ("3", {}),
    ("50 %", {}),
    ("2 s", {"s": 1}),
    ("5 min", {"s": 1}),
    ("7 req/s", {"s": -1}),
    ("11 bit/s", {"bit": 1, "s": -1}),
    ("13 iops", {"io": 1, "s": -1}),
    ("count(boot during boot.steady)", {}),
    ("p95(boot.duration during boot.steady)", {"s": 1}),
    ("mean(boot.rate during crash)", {"s": -1}),
    ("ratio(boot[ok] before crash for 5 s)", {}),
    ("max(p5(net.goodput over 10 s) during boot.steady)", {"bit": 1, "s": -1}),
    ("sum(storage.iops)", {"io": 1, "s": -1}),
]
ONE = {"s": "(1 s)", "bit": "(1 bit/s * 1 s)", "io": "(1 iops * 1 s)"}


def combined(left: Powers, right: Powers, sign: int) -> Powers:
    found = {base: left.get(base, 0) + sign * right.get(base, 0) for base in left | right}
    return {base: power for base, power in found.items() if power}


def pure(made: Made) -> str:
    """The same, divided by its unit."""
    text, powers = made
    return " / ".join([f"({text})", *(f"{ONE[base]} ^ {power}" for base, power in powers.items())])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> Made:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES))
    kind = draw(st.sampled_from("+-*/^n"))
    left = draw(expressions(depth - 1))
    if kind == "n":
        return f"-({left[0]})", left[1]
    if kind == "^":
        power = draw(st.integers(1, 2))
        return f"({left[0]}) ^ {power}", {base: exponent * power for base, exponent in left[1].items()}
    right = draw(expressions(depth - 1))
    if kind in "*/":
        return f"({left[0]}) {kind} ({right[0]})", combined(left[1], right[1], 1 if kind == "*" else -1)
    other = right[0] if right[1] == left[1] else left[0]
    return f"({left[0]}) {kind} ({other})", left[1]


@settings(max_examples=60, deadline=None)
@given(expressions())
def test_what_has_a_unit_is_accepted_and_has_the_right_one(made: Made) -> None:
    found = errors(f"kpi x: number = {pure(made)}")
    assume(not any(one.code == "E0308" for one in found))
    assert not found, (made, found)


@settings(max_examples=60, deadline=None)
@given(expressions(2), expressions(2), st.sampled_from("+-"))
def test_what_has_different_units_is_refused_at_the_operator(left: Made, right: Made, operator: str) -> None:
    assume(left[1] != right[1])
    text = f"({left[0]}) {operator} ({right[0]})"
    found = errors(f"kpi x: number = {text}")
    assume(not any(one.code == "E0308" for one in found))
    (one,) = found
    assert one.code == "E0302"
    assert (one.span.column, one.span.end_column) == (17, 17 + len(text))
    assert len(one.labels) == 2


SCALES = [
    ("duration", "boot.duration", 60, "min", "s"),
    ("duration", "boot.duration", 1000, "s", "ms"),
    ("size", "memory.used", 1024, "KiB", "B"),
    ("bitrate", "net.goodput", 10**6, "Gbit/s", "kbit/s"),
    ("rate", "cpu.throughput", 60, "per s", "per min"),
]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SCALES), st.integers(1, 99))
def test_units_are_only_another_way_to_write_a_number(scale: tuple[str, str, int, str, str], number: int) -> None:
    type_, column, by, large, small = scale
    slos = f"slo y: x < {number} {large}\nslo z: x < {number * by} {small}"
    made = compiled(f"kpi x: {type_} = max({column})\n{slos}\n{EXPERIMENT.format('y, z')}")
    assert made.plan is not None, made.diagnostics
    _, y, z = (slo.limit for slo in made.plan.criteria[0].slos)
    assert y == z


def placeless(value: Any) -> Any:
    """A formula without its spans."""
    if is_record(value):
        return type(value).__name__, [placeless(getattr(value, name)) for name in fields(value) if name != "span"]
    return [placeless(one) for one in value] if isinstance(value, tuple) else value


# --- the library's tables ---


def test_every_column_of_the_library_is_recorded_in_its_unit() -> None:
    program = resolve(Source("none.eris", "edition 2026\n"), ".", Findings())
    assert set(program.names["table"]) == set(COLUMNS) - {"windows", "metrics"}
    for name, declared in program.names["table"].items():
        for column in declared.node.columns:
            key = f"{column.name.text}_s" if column.type.text == "duration" else column.name.text
            kind = {"string": ("VARCHAR",), "bool": ("BOOLEAN",), "int": ("BIGINT", "INTEGER")}
            assert COLUMNS[name][key] in kind.get(column.type.text, ("DOUBLE",)), (name, key)
            assert sql.column(name, column.name.text) == key


@pytest.mark.parametrize("name", CALLS)
def test_the_program_of_a_bundle_knows_every_function(name: str) -> None:
    call, type_, _ = CALLS[name]
    made = compiled(f"kpi x: {type_} = {call}\n{EXPERIMENT.format('x')}")
    assert made.plan is not None, made.diagnostics
    files, refused = KPI_TARGET.emit(made.plan)
    assert not refused
    assert list(files) == [PATH]
