"""Load as it runs: what files that grow say, counted in windows that slide."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.executor.live.tail import MOST, Iterations, Tail
from erisc.executor.live.windows import STEP, Window
from erisc.executor.live.workloads import Live, LiveWorkload


def begin(i: int, at: float) -> str:
    return json.dumps({"event": "begin", "i": i, "stage": "s", "intended_mono": at, "started_mono": at}) + "\n"


def end(i: int, at: float, ok: bool = True) -> str:
    error = None if ok else {"type": "E", "message": "m"}
    return json.dumps({"event": "end", "i": i, "finished_mono": at, "error": error, "actions": []}) + "\n"


@given(st.lists(st.integers(1, 40), max_size=20), st.integers(0, 30))
def test_every_line_is_seen_once_wherever_the_file_is_cut(cuts: list[int], lines: int) -> None:
    import tempfile

    text = "".join(f"line {n}\n" for n in range(lines)).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        tail, seen, at = Tail(str(path)), [], 0
        for cut in [*cuts, len(text)]:
            with path.open("ab") as file:
                file.write(text[at : at + cut])
            at += cut
            seen += tail.lines()
        while more := tail.lines():
            seen += more
    assert seen == text.splitlines()


def test_a_line_that_never_ends_does_not_keep_the_rest_back(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * (MOST + 10) + b"\nlast\n")
    tail = Tail(str(path))
    assert len(tail.lines()) == 1
    assert tail.lines()[-1] == b"last"


def test_several_generators_are_read_by_their_own_clocks(tmp_path: Path) -> None:
    records = Iterations(str(tmp_path), 100.0)
    (tmp_path / "iterations.jsonl").write_text(begin(0, 100.5))
    (tmp_path / "iterations.g1.jsonl").write_text("rubbish\n" + begin(1, 5001.5) + end(1, 5002.0, ok=False))
    assert [record[:2] for record in records] == [(0, 100.5)]
    records.generator("g1", 5000.0)
    assert list(records) == [(1, 101.5), (1, 102.0, False)]
    assert list(records) == []


@given(
    st.lists(st.tuples(st.floats(0, 60), st.floats(0.001, 20), st.booleans()), max_size=60),
    st.floats(1, 30),
    st.floats(0.01, 1.0),
)
def test_a_window_is_what_a_count_of_all_rows_says(
    rows: list[tuple[float, float, bool]], length: float, share: float
) -> None:
    window, now = Window(length), 60.0
    for at, took, ok in sorted(rows):
        window.add(at, took, ok)
    window.forget(now)
    width = length / 100
    inside = [row for row in rows if math.floor(row[0] / width) >= math.floor((now - length) / width)]
    assert window.ended == len(inside)
    assert all(row in inside for row in rows if row[0] >= now - length)
    assert window.failed == sum(not ok for *_, ok in inside)
    assert window.throughput() == sum(ok for *_, ok in inside) / length
    if not inside:
        assert (window.error_rate(), window.latency(share)) == (None, None)
        return
    assert window.error_rate() == window.failed / len(inside)
    exact = sorted(took for _, took, _ in inside)[max(1, math.ceil(share * len(inside) - 1e-9)) - 1]
    assert window.latency(share) == pytest.approx(exact, rel=STEP - 1)


def test_memory_does_not_grow_with_the_load() -> None:
    window = Window(10.0)
    rng = random.Random(1)
    for number in range(100_000):
        window.add(number / 5000, rng.lognormvariate(0, 1), True)
        if number % 500 == 0:
            window.forget(number / 5000)
    assert len(window._slots) <= 102
    assert len(window._took) < 1200


def test_a_workload_counts_what_began_ended_failed_and_is_in_flight(tmp_path: Path) -> None:
    live = Live({"boot": str(tmp_path)}, 0.0)
    boot = live.workloads["boot"]
    boot.window(30.0)
    path = tmp_path / "iterations.jsonl"
    path.write_text(begin(0, 1.0) + begin(1, 1.5) + begin(2, 2.0) + end(1, 3.0, ok=False) + end(7, 3.0))
    _read(boot)
    assert (boot.begun, boot.ended, boot.errors, boot.in_flight, boot.highest) == (3, 1, 1, 2, 2)
    with path.open("a") as file:
        file.write(end(0, 4.0) + end(2, 4.5))
    _read(boot)
    assert (boot.in_flight, boot.window(30.0).done, boot.window(30.0).failed) == (0, 2, 1)
    assert boot.window(30.0).latency(0.5) == pytest.approx(2.5, rel=0.01)


def _read(workload: LiveWorkload) -> None:
    for record in workload.records:
        workload.take(record)
