"""The compiler's speed, each measure against a peer in the same run. Ends with 1 when a limit is missed.

- A cold `erisc lint` of a 60-line spec against `terraform version` plus one bare Python start (CPU of whole processes).
- A spec of 5000 lines: linted and formatted within 2 s of CPU, whole processes.
- A sweep of 100 000 cells (three axes, repeats): linted within 2 s of CPU, planned cell by cell in at most 150 MB.
- Parsing: lines per second, against CPython's own `ast.parse` on its own standard library.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.startup import ERISC, cpu_ms  # noqa: E402
from erisc.compiler.syntax import parser  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "7"))
LINES = 5000
LIMIT_MS = 2000.0
MOST_MB = 150
HEAD = (ROOT / "erisc" / "reference" / "frame.eris").read_text()


def sixty_lines() -> str:
    """A spec of 60 lines, comments included."""
    text = (ROOT / "examples" / "quickstart.eris").read_text()
    lines = text.splitlines()
    return "\n".join([*lines[:60], *(["// and so on"] * (60 - len(lines)))]) + "\n"


def long_spec() -> str:
    """A sound spec of LINES lines: node sets, services, workloads, faults, KPIs and SLOs, all checked."""
    parts, number = [HEAD], 0
    while sum(part.count("\n") for part in parts) < LINES:
        parts.append(_more(number))
        number += 1
    return "".join(parts)


def _more(number: int) -> str:
    return f"""
workload load{number} on site {{
  run rally("Authenticate.keystone")
  ramp 0 req/s -> {number % 7 + 1} req/s over 10 s
  hold {number % 7 + 1} req/s for load as calm
}}

faults storm{number} on site {{
  // One crash in the middle of the hold.
  fault crash{number}: at 20 s do kill(rabbitmq on one(controller)) for 5 s
}}

kpi all{number}: count = count(load{number} during load{number}.calm)
kpi good{number}: ratio = count(load{number}[ok] during load{number}.calm) / all{number}
kpi slow{number}: duration = p95(load{number}.duration during load{number}.calm) + 2 * mean(load{number}.duration)
slo fine{number}: good{number} >= 90 % severity minor
slo fast{number}: slow{number} < 3 s

experiment trial{number} {{
  use site, load{number}, storm{number}
  repeat 2
  check fine{number}, fast{number}
}}
"""


WIDE = """\
edition 2026

import std.arch.single
import std.faults { kill }
import std.load { rally }

param computes: int = 2
param peak: rate = 5 req/s
param outage: duration = 10 s
seed 7

architecture site extends single {
  node compute * computes
}

workload boot on site {
  run rally("Authenticate.keystone")
  ramp 0 req/s -> peak over 1 min
  hold peak for 10 min as steady
}

faults storm on site {
  fault crash: at 3 min do kill(rabbitmq on one(controller)) for outage
  fault flap: every 1 min jitter 10 s from 5 min until 9 min do kill(nova_compute on one(compute)) for 5 s
}

kpi success: ratio = count(boot[ok] during boot.steady) / count(boot during boot.steady)
slo available: success >= 90 %

experiment wide {
  use site, boot, storm
  sweep computes in 1 .. 25 step 1
  sweep peak in 1 req/s .. 20 req/s step 1 req/s
  sweep outage in 1 s .. 20 s step 1 s
  repeat 10
  check available
}
"""
"""25 * 20 * 20 points, ten repeats: 100 000 cells."""

_WALK = """
import json, resource, sys, time
from erisc.compiler import compile_spec
started = time.process_time()
cells = compile_spec(sys.argv[1]).plan.cells
planned = time.process_time() - started
faults = sum(len(cell.faults) for cell in cells)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([len(cells), faults, planned, time.process_time() - started - planned, peak]))
"""


def sweep(path: Path) -> int:
    """A wide sweep: lint as a whole process, then every cell made once, with the most memory that took."""
    lint = statistics.median(cpu_ms([ERISC, "lint", str(path)], dict(os.environ)) for _ in range(3))
    done = subprocess.run([sys.executable, "-c", _WALK, str(path)], check=True, capture_output=True, cwd=ROOT)
    cells, faults, planned, walked, peak = json.loads(done.stdout)
    print(f"sweep of {cells} cells: lint {lint:.0f} ms of CPU (limit {LIMIT_MS:.0f})")
    print(f"  planned in {planned:.2f} s; {faults} faults in {walked:.1f} s, {walked / cells * 1e6:.0f} us a cell")
    print(f"  most memory {peak:.0f} MB (limit {MOST_MB})")
    return int(lint > LIMIT_MS or peak > MOST_MB)


def main() -> int:
    """Measure and print; returns the exit code."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "short.eris").write_text(sixty_lines())
        (folder / "long.eris").write_text(long_spec())
        (folder / "wide.eris").write_text(WIDE)
        return max(
            start(folder / "short.eris"),
            size(folder / "long.eris"),
            sweep(folder / "wide.eris"),
            parsing(long_spec()),
        )
    finally:
        shutil.rmtree(folder)


def start(spec: Path) -> int:
    """A cold lint against the bar."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    terraform = shutil.which("terraform")
    commands = {"lint": [ERISC, "lint", str(spec)], "python": [sys.executable, "-c", "pass"]}
    if terraform:
        commands["terraform"] = [terraform, "version"]
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(ROUNDS + 1):
        for name, command in commands.items():
            value = cpu_ms(command, environment)
            if turn:
                samples[name].append(value)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    shown = ", ".join(f"{name} {value:.1f} ms" for name, value in medians.items())
    if not terraform:
        print(f"cold lint of 60 lines: {shown}; terraform is not here: no bar")
        return 0
    ratios = [
        own / (bar + bare)
        for own, bar, bare in zip(*(samples[n] for n in ("lint", "terraform", "python")), strict=True)
    ]
    ratio = statistics.median(ratios)
    print(f"cold lint of 60 lines: {shown}; lint / (terraform version + python) = {ratio:.2f}, limit 1")
    return int(ratio > 1)


def size(spec: Path) -> int:
    """Lint and fmt of the long spec."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    missed = 0
    for name, command in {"lint": ["lint"], "fmt": ["fmt", "--check"]}.items():
        values = [cpu_ms([ERISC, *command, str(spec)], environment) for _ in range(3)]
        value = statistics.median(values)
        missed |= value > LIMIT_MS
        print(f"{name} of {LINES} lines: {value:.0f} ms (min {min(values):.0f}), limit {LIMIT_MS:.0f}")
    return missed


def parsing(text: str) -> int:
    """Lines per second, beside CPython parsing Python; the ratio has no limit."""
    peer = Path(ast.__file__).read_text()
    speeds: dict[str, list[float]] = {"erisc": [], "ast.parse": []}
    for _ in range(ROUNDS):
        for name, work, source in (("erisc", parser().parse, text), ("ast.parse", ast.parse, peer)):
            started = time.process_time()
            work(source)
            speeds[name].append(source.count("\n") / (time.process_time() - started))
    own, python = (statistics.median(values) for values in speeds.values())
    print(f"parsing: {own:,.0f} lines/s, ast.parse {python:,.0f} lines/s of Python, ratio {own / python:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
