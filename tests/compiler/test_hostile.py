"""Whatever the input: diagnostics or a Plan, in bounded time, never an exception."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler.frame import FIXTURES, FRAME, check, codes, patched

RICH = (FIXTURES / "rich.eris").read_text()
LINES = [line for text in (RICH, FRAME) for line in text.splitlines() if line]


def sound(folder: Path, text: str | bytes) -> None:
    chosen = check(folder, text, every=False)
    assert (chosen.plan is None) == any(d.is_error for d in chosen.diagnostics)
    result = check(folder, text)
    assert result.plan is None or not any(d.is_error for d in result.diagnostics)
    lengths = {name: len(source.split("\n")) for name, source in result.sources.items()}
    for diagnostic in result.diagnostics:
        assert 1 <= diagnostic.span.line <= lengths.get(diagnostic.span.file, diagnostic.span.line)
        assert "\n" not in diagnostic.summary


QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@QUIET
@given(st.text(max_size=300))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    sound(tmp_path_factory.getbasetemp(), text.encode("utf-8", "surrogatepass"))


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    sound(tmp_path_factory.getbasetemp(), data)


@QUIET
@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_any_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    sound(tmp_path_factory.getbasetemp(), "edition 2026\n" + "\n".join(lines))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, len(RICH)),
    st.integers(0, 40),
    st.sampled_from(
        ["", "0", "-1", "1e9", "0 s", "5 m", '"', "{", "}", "(", "[", "//", "..", "^ 999", "/ 0", "😀", "boot"]
    ),
)
def test_a_sound_spec_with_one_slip(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, text: str
) -> None:
    sound(tmp_path_factory.getbasetemp(), RICH[:start] + text + RICH[start + length :])


def deep(opening: str, closing: str, count: int = 100_000) -> str:
    return opening * count + "1" + closing * count


HOSTILE = {
    "parentheses": "kpi x: number = " + deep("(", ")"),
    "lists": 'workload w on site {\n  run rally("D.d") { a = ' + deep("[", "]") + " }\n}",
    "blocks": 'workload w on site {\n  run rally("D.d") ' + "{ a " * 100_000 + "}" * 100_000 + "\n}",
    "minus": "kpi x: number = " + "-" * 100_000 + "1",
    "sum": "kpi x: number = " + "1 + " * 100_000 + "1",
    "power": "kpi x: number = " + "2 ^ " * 100_000 + "2",
    "tower": "param x: number = 9 ^ 9 ^ 9 ^ 9 ^ 9",
    "digits": "param x: int = " + "9" * 500_000,
    "fraction": "param x: number = 0." + "9" * 500_000,
    "hosts": "architecture site extends single {\n  node compute * 10 ^ 12\n}",
    "sweep": "experiment trial {\n  use site, boot, storm\n  sweep load in 1 us .. 60 s step 1 us\n}",
    "faults": "faults storm on site {\n  fault f: every 1 us until 9 d do kill(rabbitmq on controller) for 1 us\n}",
    "repeat": "experiment trial {\n  use site, boot, storm\n  repeat 10 ^ 15\n  check available\n}",
    "extends": "architecture a extends b {}\narchitecture b extends a {}",
    "with": 'workload a on site with b { run rally("D.d") hold 1 users for 1 s }\n'
    'workload b on site with a { run rally("D.d") hold 1 users for 1 s }',
    "climb": 'import "../../../etc/passwd"',
    "absolute": 'import "/etc/passwd"',
    "std": "import std.tables",
    "unknown": "\n".join(f"slo s{n}: nobody{n} < 1 s" for n in range(800)),
    "broken": "\n".join(f"kpi k{n} = 1" for n in range(50_000)),
    "name": f"param {'x' * 1_000_000}: int = {'y' * 900_000}",
    "chain": "\n".join(f"kpi k{n}: ratio = k{n + 1}" for n in range(800)),
    "comment": "seed 1 //" + "/" * 1_900_000,
    "spaces": "kpi x: number = 1" + " " * 1_900_000 + "+",
    "stages": 'workload w on site {\n  run rally("D.d")\n' + "  hold 1 users for 1 s\n" * 10_000 + "}",
    "string": 'import "' + "\\" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_specs_end_in_a_diagnostic_quickly(name: str, tmp_path: Path) -> None:
    started = time.process_time()
    result = check(tmp_path, patched(HOSTILE[name]))
    assert time.process_time() - started < 8
    harmless = name in ("with", "std", "comment", "stages")
    assert any(code.startswith("E") for code in codes(result)) != harmless, result.diagnostics
    assert all(len(d.summary) < 500 for d in result.diagnostics)
