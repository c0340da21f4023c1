"""`erisc plan`: charts as files, and JSON that is the Plan. `ERISC_UPDATE_GOLDENS=1 pytest` writes the charts anew."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from erisc.base import json_text
from erisc.cli import main
from erisc.cli.plan_chart import chart
from erisc.cli.plan_chart.axis import Axis, ticks
from erisc.cli.plan_chart.look import ASCII, UNICODE, Look, look_of
from erisc.cli.plan_chart.words import level, plain, spoken
from erisc.cli.plan_json import plan_text
from erisc.compiler import compile_spec
from erisc.compiler.plan import Plan
from erisc.compiler.plan_json import plan_from_json, plan_to_json
from tests.compiler.frame import patched

GOLDENS = Path(__file__).parent / "goldens"
ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "compiler" / "fixtures"
SPECS = {
    "quickstart": (ROOT / "examples" / "quickstart.eris", None),
    "broker_crash": (ROOT / "examples" / "broker_crash.eris", None),
    "storm": (FIXTURES / "storm.eris", "trial"),
    "everything": (FIXTURES / "storm.eris", "both"),
    "language": (FIXTURES / "language.eris", "broker_crash"),
    "rich": (FIXTURES / "rich.eris", None),
}


def plan_of(path: Path, experiment: str | None = None) -> Plan:
    made = compile_spec(str(path), experiment=experiment)
    assert made.plan is not None, made.diagnostics
    return made.plan


def drawn(plan: Plan, width: int = 80, color: bool = False, index: int = 0) -> str:
    look = Look(width, UNICODE, color)
    return "".join(f"{line}\n" for line in chart(plan, plan.cells[index], look))


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("name", SPECS)
def test_charts(name: str, width: int) -> None:
    text = drawn(plan_of(*SPECS[name]), width)
    path = GOLDENS / f"{name}.{width}.txt"
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        path.write_text(text)
    assert text == path.read_text()
    assert max(map(len, text.splitlines())) <= width


def test_ascii_is_ascii() -> None:
    plan = plan_of(*SPECS["everything"])
    text = "\n".join(chart(plan, plan.cells[0], Look(60, ASCII, False)))
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 60


def test_colours_change_nothing_but_colours() -> None:
    import re

    plan = plan_of(*SPECS["everything"])
    colored = drawn(plan, color=True)
    assert "\x1b[31m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == drawn(plan)


@pytest.mark.parametrize("name", ["quickstart", "rich"])
def test_the_json_is_the_plan(name: str) -> None:
    plan = plan_of(*SPECS[name])
    text = "".join(plan_text(plan, None))
    assert text.encode() == json_text.dump(plan_to_json(plan))
    assert plan_from_json(json.loads(text)) == plan
    (one,) = json.loads("".join(plan_text(plan, plan.cells[-1])))["cells"]
    assert one["id"] == plan.cells[-1].id


def test_an_unknown_cell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SPECS["rich"][0])
    assert main(["plan", path, "--cell", "8"]) == 0
    assert "cell 0008 of 0008: calm = 180, debug = true, repeat 2" in capsys.readouterr().out
    for wrong in ("0", "9", "-1", "one", "1.5", "9" * 30):
        assert main(["plan", path, "--cell", wrong]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_a_refused_spec_draws_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.eris"
    spec.write_text(patched("faults storm on site {\n  fault crash: at 20 s do kill(rabbitmq on one(controller))\n}"))
    assert main(["plan", str(spec)]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert "E0401" in found.err


def test_a_suite_is_drawn_run_by_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.eris"
    spec.write_text(patched("suite all { budget = 10 min run trial, trial(load = 90 s) }"))
    assert main(["plan", str(spec), "--suite", "all"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("suite all: 2 runs, 2 min 30 s of load in all, budget 10 min\n")
    assert text.count("cell 0001") == 2
    assert main(["plan", str(spec), "--suite", "none"]) == 2
    assert main(["plan", str(spec), "--suite", "all", "--cell", "1"]) == 2


def test_a_pipe_that_speaks_no_unicode_gets_ascii() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "90"}
    words = [sys.executable, "-m", "erisc", "plan", str(SPECS["storm"][0]), "--experiment", "trial"]
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert b"+-----" in done.stdout


def test_a_locale_without_unicode_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    for locale, glyphs in (("C", ASCII), ("POSIX", ASCII), ("C.UTF-8", UNICODE), ("en_US.UTF-8", UNICODE)):
        monkeypatch.setenv("LC_ALL", locale)
        assert look_of(stream).glyphs == glyphs


def test_the_width_is_that_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    for columns, width in (("120", 120), ("1", 60), ("100000", 240), ("wide", 100), ("", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        look = look_of(stream)
        assert (look.width, look.glyphs, look.color) == (width, UNICODE, False)


@pytest.mark.parametrize("end", [0.004, 1, 59, 75, 210, 2400, 90_000, 40 * 86400.0, 400 * 86400.0])
def test_ticks_are_round_and_apart(end: float) -> None:
    axis = Axis(end, 54, 26)
    found = ticks(axis)
    columns = [axis.column(at) for at in found]
    assert found[0] == 0
    assert all(b - a >= 9 for a, b in pairwise(columns))
    assert len(found) <= 7


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.25, "250 ms"), (60, "1 min"), (90, "90 s"), (120, "2 min"), (1326.4, "22 min 6 s"),
     (3600, "1 h"), (90_061, "1 d 1 h"), (12.3456, "12.3 s")],
)  # fmt: skip
def test_times_in_words(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


@pytest.mark.parametrize(
    ("value", "model", "text"),
    [(50, "open", "50 req/s"), (4, "closed", "4 users"), (2.5e9, "traffic", "2.5 Gbit/s"), (0, "traffic", "0 bit/s")],
)
def test_levels_in_words(value: float, model: str, text: str) -> None:
    assert level(value, model) == text


def test_what_an_author_writes_cannot_steer_a_terminal() -> None:
    assert plain("a\x1b[31m\n\tb\u202e") == "a?[31m b?"
