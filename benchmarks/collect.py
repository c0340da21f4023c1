"""How long collecting and judging a run takes, and how much memory: its iterations as JSON lines, to its verdict.

    python benchmarks/collect.py [--rows 100000 1000000] [--generators 4]

A run of one workload with one KPI program (six formulas over all rows, and in a window), recorded by that many
generators whose clocks differ, with an API call an iteration. CPU seconds (user and system) and peak memory (MiB) are
those of the whole process that judges; `start` is what a run of a hundred iterations takes.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))
RATE = 500.0
FEW = 100


def write(folder: Path, rows: int, generators: int) -> None:
    """A run directory of `rows` iterations at 500/s, every two-hundredth failed, spread over the generators' files."""
    from tests.verdict.simulate import World, write_run

    world = World(stages=((rows / RATE, 1.0, 1.0, "steady"),))
    write_run(folder, world)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    t0 = next(event["t0_mono"] for event in events if event["type"] == "load_started")
    raw = folder / "cells" / "0001" / "raw" / "boot"
    for old in raw.glob("iterations*.jsonl"):
        old.unlink()
    ready = []
    for place in range(generators):
        own = t0 + 1000.0 * place
        ready.append({"type": "generator_ready", "workload": "boot", "generator": f"g{place}", "t0_mono": own})
        _write_lines(raw / f"iterations.g{place}.jsonl", range(place, rows, generators), own)
    _insert(folder / "events.jsonl", events, ready)


def _write_lines(path: Path, numbers: range, t0: float) -> None:
    """As a load driver writes them, a few iterations always under way."""
    draw = random.Random(numbers.start)
    with path.open("w") as file:
        for i in numbers:
            at, took = t0 + i / RATE, draw.lognormvariate(-3.0, 0.5)
            error = "null" if i % 200 else '{"type": "status", "message": "503 from 127.0.0.1"}'
            file.write(
                f'{{"event": "begin", "i": {i}, "stage": "steady", "intended_mono": {at:.6f}, '
                f'"started_mono": {at + 1e-4:.6f}, "started_wall": {1.764e9 + at:.6f}}}\n'
                f'{{"event": "end", "i": {i}, "finished_mono": {at + took:.6f}, "error": {error}, "actions": '
                f'[{{"name": "http.get", "started_mono": {at + 1e-4:.6f}, "finished_mono": {at + took:.6f}, '
                '"ok": true}]}\n'
            )


def _insert(path: Path, events: list[dict[str, object]], ready: list[dict[str, object]]) -> None:
    place = next(number for number, event in enumerate(events) if event["type"] == "load_started")
    head = {key: events[place][key] for key in ("wall", "mono", "cell")}
    events[place:place] = [head | one for one in ready]
    path.write_text("".join(json.dumps({**event, "seq": seq}) + "\n" for seq, event in enumerate(events)))


def judge(folder: str) -> int:
    """In a process of its own."""
    from erisc.verdict import evaluate

    verdict = evaluate(f"{folder}/bundle", folder)
    assert not verdict.losses, verdict.losses[:3]
    return max(kpi.n for kpi in verdict.cells[0].kpis)


def measure(folder: Path) -> tuple[int, float, float]:
    """Iterations judged, CPU s, peak MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, str(HERE), "--judge", str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows, peak = (int(word) for word in done.stdout.split())
    return rows, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak / 1024


def main() -> int:
    """Show a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--generators", type=int, default=4)
    parser.add_argument("--judge", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.judge:
        print(judge(words.judge), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return 0
    print(f"{'iterations':>12} {'CPU s':>8} {'µs each':>8} {'peak MiB':>9}")
    for rows in [FEW, *words.rows]:
        with tempfile.TemporaryDirectory(prefix="erisc-bench-") as scratch:
            write(Path(scratch) / "run", rows, words.generators)
            judged, cpu, peak = measure(Path(scratch) / "run")
        print(f"{judged:>12} {cpu:>8.2f} {1e6 * cpu / judged:>8.1f} {peak:>9.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
