"""Iterations from several generators, each on its own clock: the same verdict as from one, and nothing lost unsaid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from erisc.verdict import evaluate
from erisc.verdict.iterations import Iteration, generators, read
from erisc.verdict.stored import Gathering
from tests.verdict.simulate import World, write_run

RAW = "cells/0001/raw/boot"


def split(folder: Path, count: int, known: int | None = None, key: str = "t0_mono") -> None:
    """Spread the run's iterations over `count` generators; the log knows the first `known` of them."""
    path = folder / RAW / "iterations.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.unlink()
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    place = next(number for number, event in enumerate(events) if event["type"] == "load_started")
    t0 = events[place]["t0_mono"]
    for index in range(count):
        ahead = 1000.0 * index
        own = [_moved(line, ahead) for line in lines if line["i"] % count == index]
        (folder / RAW / f"iterations.g{index}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in own))
        if known is None or index < known:
            said = {"t0_mono": t0 + ahead} if key == "t0_mono" else {"offset": ahead}
            ready = {"type": "generator_ready", "workload": "boot", "generator": f"g{index}", "uncertainty": 1e-4}
            head = {name: events[place][name] for name in ("wall", "mono", "cell")}
            events.insert(place, head | ready | said)
    (folder / "events.jsonl").write_text(
        "".join(json.dumps({**event, "seq": seq}) + "\n" for seq, event in enumerate(events))
    )


def _moved(line: dict[str, Any], ahead: float) -> dict[str, Any]:
    moved = {key: value + ahead if key.endswith("mono") else value for key, value in line.items()}
    for action in moved.get("actions", []):
        for key in ("started_mono", "finished_mono"):
            action[key] += ahead
    return moved


def table(folder: Path, name: str) -> list[tuple[object, ...]]:
    """The rows of a Parquet table, times to the microsecond: clocks that differ round differently."""
    import duckdb

    rows = duckdb.sql(f"SELECT * FROM '{folder}/cells/0001/tables/{name}.parquet'").fetchall()
    return [tuple(round(value, 6) if isinstance(value, float) else value for value in row) for row in rows]


def test_generators_add_up_to_the_whole_load(tmp_path: Path) -> None:
    whole = write_run(tmp_path / "one", World())
    wanted = evaluate(str(whole / "bundle"), str(whole))
    for count, key in ((1, "t0_mono"), (3, "t0_mono"), (3, "offset")):
        parts = write_run(tmp_path / f"{count}{key}", World())
        split(parts, count, key=key)
        found = evaluate(str(parts / "bundle"), str(parts))
        assert found.losses == ()
        assert found.outcome == wanted.outcome
        for name in ("iterations", "api"):
            assert table(parts, name) == table(whole, name)


def test_a_generator_that_never_said_how_its_clock_stood_is_a_loss(tmp_path: Path) -> None:
    run = write_run(tmp_path, World())
    split(run, 3, known=2)
    verdict = evaluate(str(run / "bundle"), str(run))
    assert [(loss.file, loss.line, loss.what) for loss in verdict.losses] == [
        (f"{RAW}/iterations.g2.jsonl", 0,
         "the log has no generator_ready of g2: iterations cannot be placed in time"),
    ]  # fmt: skip
    assert verdict.outcome == "inconclusive"


def test_an_iteration_that_two_generators_claim_counts_once(tmp_path: Path) -> None:
    folder = tmp_path / "cells" / "0001" / "raw" / "boot"
    folder.mkdir(parents=True)
    begin = '{"event": "begin", "i": 5, "stage": "s", "intended_mono": 1.0, "started_mono": 1.0}\n'
    stage = '{"event": "stage", "number": 0, "name": "s", "state": "started", "mono": 1.0}\n'
    for name in ("a", "b"):
        (folder / f"iterations.{name}.jsonl").write_text(stage + begin)
    events = [{"type": "generator_ready", "workload": "boot", "generator": name, "t0_mono": 0.0} for name in "ab"]
    found = read(str(tmp_path), "0001", ["boot"], generators(events, ["boot"], None))
    assert [row.iteration for row in found.iterations] == [5]
    assert [loss.what for loss in found.losses] == ["iteration 5 begins a second time"]


def test_rows_come_back_in_order_however_they_came() -> None:
    gathering = Gathering("iterations", "intended_s, iteration")
    for i in reversed(range(50_000)):
        gathering.add(("w", i, "s", float(i // 2), 0.0, None, None, False, "unfinished", 0, 0))
    stored = gathering.stored(Iteration)
    assert len(stored) == 50_000
    assert [row.iteration for row in stored] == list(range(50_000))
    assert stored[-1] == Iteration("w", 49_999, "s", 24_999.0, 0.0, None, None, False, "unfinished")
    assert [row.iteration for row in stored[2:4]] == [2, 3]
    assert len(stored.of("w")) == 50_000
    assert not stored.of("other")
