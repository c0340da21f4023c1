"""The published tables come out of the raw files to the digit they were printed with, in every format of Rally.

`ERISC_UPDATE_GOLDENS=1 pytest tests/verdict/test_published.py` writes docs/published_reliability.md anew.
"""

import gzip
import json
import lzma
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erisc.verdict.__main__ import main
from erisc.verdict.foreign.judging import Files, evaluate
from tests.verdict.published import DATA, ROOT, SPEC, as_newer, as_report, bundle, printed, tables, unpack

PAGE = ROOT / "docs" / "published_reliability.md"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the published runs are not beside this checkout")
MEASURES = {"downtime": "downtime_s", "mttr": "mttr_s"}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return unpack(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> str:
    return bundle(SPEC, tmp_path_factory.mktemp("compiled") / "bundle")


@pytest.fixture(scope="module")
def judged(raw: list[Path], compiled: str) -> dict[str, dict[str, Any]]:
    """verdict.json by scenario."""
    return {path.stem: evaluate(compiled, Files((str(path),), (), ())).to_data() for path in raw}


def to_precision(value: float | None, text: str) -> str:
    """The value as it would have been printed."""
    if value is None:
        return ""
    return str(Decimal(repr(value)).quantize(Decimal(text))) if text else repr(value)


def test_every_published_mean_is_reproduced(judged: dict[str, dict[str, Any]]) -> None:
    assert judged.keys() == tables().keys()
    for scenario, row in tables().items():
        for kpi, measure in MEASURES.items():
            text = printed(row, measure)
            assert to_precision(judged[scenario]["kpis"][kpi]["value"], text) == text, (scenario, kpi)


def test_every_kpi_has_value_unit_interval_and_n(judged: dict[str, dict[str, Any]]) -> None:
    for verdict in judged.values():
        for name in ("downtime", "mttr", "recovery"):
            kpi = verdict["kpis"][name]
            assert kpi["unit"] == "s"
            assert kpi["n"] <= len(verdict["cells"])
            if kpi["value"] is not None:
                low, high = kpi["interval"]
                assert low <= kpi["value"] <= high


def test_what_was_still_degraded_at_the_end_is_not_recovered(judged: dict[str, dict[str, Any]]) -> None:
    [censored] = [name for name, verdict in judged.items() if verdict["kpis"]["recovery"]["value"] is None]
    assert "disconnect_management_network" in censored
    recovery = judged[censored]["kpis"]["recovery"]
    assert recovery["interval"][0] > 149.0
    assert recovery["interval"][1] is None
    assert recovery["note"].startswith("recovery was not seen in 1 of 1 run")
    assert judged[censored]["kpis"]["mttr"]["note"] == "still so when the load ended: taken for over, as published"


def test_runs_without_a_detection_are_not_dropped(judged: dict[str, dict[str, Any]]) -> None:
    for verdict in judged.values():
        assert verdict["kpis"]["recovery"]["n"] == len(verdict["cells"])


@pytest.mark.parametrize("form", ["newer", "report", "gz", "xz", "two files"])
def test_every_format_gives_the_same_numbers(
    form: str, raw: list[Path], compiled: str, judged: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    path = next(path for path in raw if "create_and_list_networks" in path.name)
    runs = json.loads(path.read_text())
    given = [tmp_path / "result.json"]
    if form == "newer":
        given[0].write_text(json.dumps(as_newer(runs)))
    elif form == "report":
        given[0].write_text(json.dumps(as_report(runs)))
    elif form == "gz":
        given[0].write_bytes(gzip.compress(path.read_bytes()))
    elif form == "xz":
        given[0].write_bytes(lzma.compress(path.read_bytes(), preset=0))
    else:
        given.append(tmp_path / "more.json")
        given[0].write_text(json.dumps(runs[:1]))
        given[1].write_text(json.dumps(runs[1:]))
    verdict = evaluate(compiled, Files(tuple(map(str, given)), (), ())).to_data()
    assert verdict["kpis"] == judged[path.stem]["kpis"]


def test_the_command_prints_the_verdict_and_writes_it(
    raw: list[Path], compiled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(path for path in raw if "kill_mysql_service" in path.name and "authenticate" in path.name)
    code = main(["evaluate", compiled, f"--rally={path}", "-o", str(tmp_path / "out"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == told["exit_code"] == 1
    assert told == json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert {found.name for found in (tmp_path / "out").iterdir()} == {
        "cells",
        "verdict.json",
        "report.html",
        "junit.xml",
    }
    assert "published_reliability" in (tmp_path / "out" / "report.html").read_text()


def test_the_page_says_what_the_verdict_says(judged: dict[str, dict[str, Any]]) -> None:
    text = page(judged)
    if os.environ.get("ERISC_UPDATE_GOLDENS"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text


def page(judged: dict[str, dict[str, Any]]) -> str:
    """docs/published_reliability.md."""
    head = (ROOT / "tests" / "verdict" / "published_reliability.head.md").read_text()
    names = [
        "scenario",
        "runs",
        "downtime: published",
        "here",
        "MTTR: published",
        "here",
        "recovery (95 %)",
        "was it seen?",
    ]
    lines = [f"| {' | '.join(names)} |", "|---|---|---|---|---|---|---|---|"]
    for scenario, row in tables().items():
        kpis = judged[scenario]["kpis"]
        cells = [scenario.replace("_", " "), str(len(judged[scenario]["cells"]))]
        for kpi, measure in MEASURES.items():
            text = printed(row, measure)
            cells += [text or "–", to_precision(kpis[kpi]["value"], text) or "–"]
        cells += [_shown(kpis["recovery"]), kpis["recovery"]["note"].replace("injected", "the fault")]
        lines.append(f"| {' | '.join(cells)} |")
    return head + "\n".join(lines) + "\n\n" + _by_run(judged)


def _shown(kpi: dict[str, Any]) -> str:
    low, high = kpi["interval"]
    value = "none" if kpi["value"] is None else f"{kpi['value']:.4g}"
    return f"{value} [{low:.4g}, {'∞' if high is None else format(high, '.4g')}]"


def _by_run(judged: dict[str, dict[str, Any]]) -> str:
    lines = ["Run by run, in s:", "", "| scenario | run | downtime | MTTR | recovery (95 %) |", "|---|---|---|---|---|"]
    for scenario in tables():
        for cell in judged[scenario]["cells"]:
            kpis = cell["kpis"]
            shown = ["–" if kpis[name]["value"] is None else f"{kpis[name]['value']:.4g}" for name in MEASURES]
            row = [scenario.replace("_", " "), str(cell["repeat"]), *shown, _shown(kpis["recovery"])]
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"
