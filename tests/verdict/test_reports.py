"""Reports: safe whatever a name is, small whatever a run is, and valid for those who read them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.base.record import replace
from erisc.verdict import text
from erisc.verdict.evaluation import judged
from erisc.verdict.fault_rows import FaultRow
from erisc.verdict.history import CellHistory, RunHistory
from erisc.verdict.iterations import Iteration
from erisc.verdict.model import CellVerdict, KpiResult, LabelResult, Loss, Place, PointVerdict, SloResult, Verdict
from erisc.verdict.program import Stage, Workload
from erisc.verdict.reports import html, junit
from erisc.verdict.reports.bins import ticks
from erisc.verdict.terminal import render
from erisc.verdict.timeline import WindowRow
from tests.verdict.simulate import World, write_run

HOSTILE = "</script><script>alert(1)</script>\"' onload='x' \u202eكلمة\x00\x1b[2J]]>"
VOID = {"meta", "br", "link"}


class Tags(HTMLParser):
    """Which elements there are; whether every one is closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile() -> tuple[Verdict, RunHistory]:
    """A verdict in which every text is an attack."""
    slo = SloResult(
        HOSTILE, HOSTILE, HOSTILE, 1.0, HOSTILE, "fail", HOSTILE, 2.0, "ratio", HOSTILE, (None, 3.0), 0.95, 5,
        Place(HOSTILE, 1, 1),
    )  # fmt: skip
    labels = (LabelResult(((HOSTILE, HOSTILE),), 1.0, (0.5, None), 3, HOSTILE, HOSTILE),)
    kpi = KpiResult(HOSTILE, "ratio", None, HOSTILE, None, 0.95, 3, HOSTILE, HOSTILE, labels, ((0.5, 1.0, 3),))
    swept = ((HOSTILE, HOSTILE),)
    slos = (slo, replace(slo, outcome="inconclusive"))
    cell = CellVerdict("0001", swept, 1, "fail", (kpi,), slos)
    point = PointVerdict(swept, ("0001", "0002"), "fail", (kpi,), slos)
    verdict = Verdict(
        HOSTILE, HOSTILE, "fail", (point,), (cell, replace(cell, id="0002")), (Loss(HOSTILE, 3, HOSTILE),), (HOSTILE,)
    )
    load = Workload(HOSTILE, "open", (Stage(HOSTILE, "hold", 0.0, 10.0, 2.0, 2.0),))
    row = Iteration(HOSTILE, 0, HOSTILE, 1.0, 1.0, 2.0, 1.0, True, None)
    window = WindowRow(HOSTILE, "fault", 0, 2.0, None, True)
    struck = FaultRow(
        HOSTILE, 0, HOSTILE, HOSTILE, HOSTILE, None, 2.0, 2.0, None, None, HOSTILE, False, None, None, 2.1, 1.9,
        HOSTILE, HOSTILE, (HOSTILE,),
    )  # fmt: skip
    samples: tuple[Any, ...] = (
        ("metrics", ((HOSTILE, {HOSTILE: HOSTILE}, 1.0, None, 3.0), (HOSTILE, {}, 2.0, None, 4.0))),
    )
    history = CellHistory("0001", (load,), (row,), (), (window,), (struck,), 10.0, 0.0, samples=samples)
    about = {HOSTILE: {HOSTILE: [HOSTILE]}, "zone": HOSTILE}
    return verdict, RunHistory(HOSTILE, "complete", "", False, 1e300, about, (history, replace(history, id="0002")), ())


def test_no_name_gets_out_of_the_page() -> None:
    page = html.render(*hostile()).decode()
    tags = Tags(page)
    assert tags.open == []
    assert "script" not in tags.seen
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert "\x1b" not in page
    assert "\x00" not in page
    assert "\u202e" not in page


def test_no_name_breaks_junit() -> None:
    root = ElementTree.fromstring(junit.render(*hostile()))
    assert root.get("tests") == "2"
    assert [child.tag for case in root.iter("testcase") for child in case] == ["failure", "skipped"]


def test_no_name_drives_the_terminal() -> None:
    verdict, _ = hostile()
    assert "\x1b" not in render(verdict, False)
    assert set(re.findall("\x1b[^m]*m", render(verdict, True))) <= {"\x1b[0m", "\x1b[1;31m", "\x1b[1;33m"}


@given(st.text())
def test_any_text_is_valid_xml(said: str) -> None:
    verdict, history = hostile()
    case = replace(verdict.cells[0].slos[0], reason=said, name=said)
    verdict = replace(verdict, cells=(replace(verdict.cells[0], slos=(case,)),))
    ElementTree.fromstring(junit.render(verdict, history))


@pytest.mark.parametrize("users", [0, 3])
def test_the_page_needs_nothing_else_and_says_what_happened(users: int, tmp_path: Path) -> None:
    write_run(tmp_path, World(users=users, noise=0.02))
    page = html.render(*judged(str(tmp_path / "bundle"), str(tmp_path))).decode()
    tags = Tags(page)
    assert tags.open == []
    assert not {"script", "img", "link", "iframe", "object"} & set(tags.seen)
    assert not [value for name, value in tags.attributes if name in ("src", "href")]
    assert "url(" not in page.replace("url(#kept)", "")
    assert "default-src 'none'" in page
    assert tags.seen.count("svg") == page.count('role="img"') + 1
    for words in ("mq_crash", "steady", "recovery &lt;= 25 s", "kill rabbitmq on ctl"):
        assert words in page


def test_a_hundred_thousand_iterations_stay_small() -> None:
    verdict, history = hostile()
    rows = tuple(
        Iteration("boot", i, "steady", i * 0.01, i * 0.01, i * 0.01 + 0.3, 0.3, i % 7 > 0, None) for i in range(100_000)
    )
    load = Workload("boot", "open", (Stage("steady", "hold", 0.0, 1000.0, 100.0, 100.0),))
    cell = replace(history.cells[0], workloads=(load,), iterations=rows, load_end=1000.0)
    assert len(html.render(verdict, replace(history, cells=(cell, history.cells[1])))) < 60_000


def test_a_cell_that_never_ran_has_a_page(tmp_path: Path) -> None:
    write_run(tmp_path, World())
    (tmp_path / "events.jsonl").write_text("")
    page = html.render(*judged(str(tmp_path / "bundle"), str(tmp_path))).decode()
    assert "No load was recorded." in page


@given(st.floats(1e-6, 1e6), st.integers(2, 12))
def test_an_axis_has_few_round_ticks(high: float, most: int) -> None:
    found = ticks(high, most)
    assert 2 <= len(found) <= 2 * most + 1
    assert found[0] == 0
    assert found[-1] <= high * (1 + 1e-6)


@pytest.mark.parametrize(
    ("value", "type_", "unit", "shown"),
    [
        (0.9987, "ratio", "1", "99.87 %"),
        (1.0, "ratio", "1", "100 %"),
        (0.34567, "duration", "s", "345.7 ms"),
        (0.0, "duration", "s", "0 s"),
        (12.3456, "duration", "s", "12.35 s"),
        (3600.0, "duration", "s", "3600 s"),
        (0.0000123, "duration", "s", "12.3 us"),
        (42.0, "count", "1", "42"),
        (2.5, "rate", "1/s", "2.5 1/s"),
        (1234567.8, "number", "1", "1.235e+06"),
        (-0.0456, "number", "1", "-0.0456"),
        (None, "ratio", "1", "-"),
    ],
)
def test_values_are_shown_as_they_are_written(value: float | None, type_: str, unit: str, shown: str) -> None:
    assert text.quantity(value, type_, unit) == shown


def test_verdict_json_is_json_whatever_the_names() -> None:
    verdict, _ = hostile()
    assert json.loads(verdict.to_json())["cells"][0]["slos"][0]["interval"] == [None, 3.0]


def figure(*, samples: tuple[Any, ...] = (), iterations: int = 20) -> str:
    """The page of a cell with one fault, from 2 s to 4 s."""
    verdict, history = hostile()
    rows = tuple(Iteration("boot", i, "s", i / 2, i / 2, i / 2 + 1, 1.0, True, None) for i in range(iterations))
    load = Workload("boot", "open", (Stage("s", "hold", 0.0, 10.0, 2.0, 2.0),))
    struck = FaultRow("crash", 0, "kill", "web", "c1, c2", 2.0, 2.001, 2.004, 4.0, 4.2, None, False, None, None, 2.0061)
    reacted = FaultRow(
        "worse", 1, "freeze", "web", "c3", None, 5.1, 5.11, 6.0, 6.1, None, False, None, None, 5.11, 5.0,
        "down(web)",
    )  # fmt: skip
    windows = (WindowRow("crash", "fault", 0, 2.004, 4.2, True), WindowRow("worse", "fault", 1, 5.11, 6.1, True))
    cell = CellHistory("0001", (load,), rows, (), windows, (struck, reacted), 10.0, 0.0, samples=samples)
    cells = (cell, replace(cell, id="0002"))
    return html.render(verdict, replace(history, cells=cells)).decode().split("0002")[0]


def test_every_fault_lies_over_every_series_and_says_what_it_did() -> None:
    rows = tuple(
        (f"c{n}", "", "cpu.load", {"core": "0"}, float(at), 1.0, at * n / 9) for n in (1, 2) for at in range(10)
    )
    page = figure(samples=(("host", rows), ("cpu", (("boot", "c1", "", "all", 1.0, 1.0, 0.5, *[None] * 5),))))
    assert "<title>crash #0: kill web on c1, c2, 2.004 s to 4.2 s</title>" in page
    assert "<title>worse #1: freeze web on c3, because down(web), 5.11 s to 6.1 s</title>" in page
    (top, height) = re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" class="fault">', page)[
        0
    ]
    titles = dict(re.findall(r'y="([\d.]+)" class="panel">([^<]+)<', page))
    assert set(titles.values()) >= {"load, 1/s", "latency", "cpu.load", "cpu used"}
    assert all(float(top) < float(y) < float(top) + float(height) for y in titles)


def test_samples_without_load_are_drawn_too() -> None:
    rows: tuple[Any, ...] = tuple(("queue", {}, float(at), None, 3.0) for at in range(10))
    assert 'class="panel">queue<' in figure(samples=(("metrics", rows),), iterations=0)


def test_more_series_than_can_be_told_apart_are_counted() -> None:
    rows = tuple(("queue", {"n": str(n)}, float(at), None, 3.0) for at in range(3) for n in range(20))
    assert "queue (6 of 20 series)" in figure(samples=(("metrics", rows),))


def test_the_table_of_faults_says_how_late_each_effect_was() -> None:
    page = figure()
    assert "<td>2.000 s</td><td>2.001 s</td><td>2.004 s</td><td>4.0 to 6.1 ms</td>" in page
    assert "<td>-</td><td>5.100 s</td><td>5.110 s</td><td>110.0 ms</td>" in page
    assert "triggered at 5.000 s by down(web)" in page
