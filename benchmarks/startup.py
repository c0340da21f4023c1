"""How light erisc is to start: CPU time of whole processes against `python -c pass`, interleaved in one run.

Prints a row a command: median CPU ms, its range (the machine's noise), the ratio to `python -c pass` (median of the
ratios pair by pair) and the limit. Ends with 1 when a ratio is over its limit.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "15"))
ROOT = Path(__file__).resolve().parent.parent
ERISC = str(Path(sys.executable).parent / "erisc")
SPEC = str(ROOT / "examples" / "quickstart.eris")


def cpu_ms(command: list[str], environment: dict[str, str]) -> float:
    """User and system CPU ms of one run of `command`, from the kernel's own accounting."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-400:]}")
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main() -> int:
    """Measure and print; returns the exit code."""
    bundle = tempfile.mkdtemp()
    commands = {
        "python -c pass": ([sys.executable, "-c", "pass"], None),
        "erisc --version": ([ERISC, "--version"], 2.0),
        "erisc --help": ([ERISC, "--help"], 4.0),
        "erisc lint": ([ERISC, "lint", SPEC], 12.0),
        "erisc compile": ([ERISC, "compile", SPEC, "-o", bundle + "/bundle"], 12.0),
    }
    terraform = shutil.which("terraform")
    if terraform:
        commands["terraform version"] = ([terraform, "version"], None)
    # The bytecode of erisc itself must be on disk, as an installed wheel has it.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(ROUNDS + 1):
        for name, (command, _) in commands.items():
            value = cpu_ms(command, environment)
            if turn:
                samples[name].append(value)
    shutil.rmtree(bundle)
    return report(samples, {name: limit for name, (_, limit) in commands.items()})


def report(samples: dict[str, list[float]], limits: dict[str, float | None]) -> int:
    """Print the table; 1 when a limit is missed."""
    base = samples["python -c pass"]
    missed = 0
    print(f"CPU time of whole processes, {len(base)} interleaved rounds; terraform + python is the bar for all of them")
    print(f"{'command':<20}{'median ms':>10}{'min … max':>18}{'ratio':>8}{'limit':>7}")
    for name, values in samples.items():
        ratio = statistics.median(value / own for value, own in zip(values, base, strict=True))
        limit = limits[name]
        shown = f"{limit:.0f}" if limit else ""
        mark = "  over" if limit and ratio > limit else ""
        missed += bool(mark)
        spread = f"{min(values):.1f} … {max(values):.1f}"
        print(f"{name:<20}{statistics.median(values):>10.1f}{spread:>18}{ratio:>8.2f}{shown:>7}{mark}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
