"""How often the verdict's 95 % intervals hold the truth: simulated samples of known truth, counted.

    python benchmarks/coverage.py            # a few minutes of one core; writes docs/coverage.md
    QUICK=1 python benchmarks/coverage.py    # a tenth of the repetitions, printed only

The samples have marginals (log-normal, two modes, ties) and dependence (none, or a first-order autoregression behind
the marginal) that are common in load tests. An interval without an upper bound says that the sample is too small for
one; it is counted apart and not as coverage.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal, stats

from erisc.verdict.statistics.dependence import batch_means, batch_size, inflation_of
from erisc.verdict.statistics.means import mean_interval
from erisc.verdict.statistics.propagation import log_interval, mean_influence, ratio_influence
from erisc.verdict.statistics.proportions import wilson
from erisc.verdict.statistics.quantiles import quantile_intervals

ROOT = Path(__file__).resolve().parent.parent
SIZES = (30, 100, 300, 1000, 10_000)
ROUNDS = {30: 1000, 100: 1000, 300: 800, 1000: 600, 10_000: 400}
ALPHA = 0.025
Array = Any
Ends = tuple[float, float]


@dataclass(frozen=True)
class Marginal:
    """A distribution by its inverse: `of` maps standard normal values to samples."""

    name: str
    of: Callable[[Array], Array]
    mean: float
    quantile: Callable[[float], float]


def _bimodal(z: Array) -> Array:
    """80 % near 1, 20 % near 5: a hit and a miss of a cache."""
    u = stats.norm.cdf(z)
    fast = stats.norm.ppf(np.clip(u / 0.8, 1e-12, 1 - 1e-12), 1, 0.1)
    return np.where(u < 0.8, fast, stats.norm.ppf(np.clip((u - 0.8) / 0.2, 1e-12, 1 - 1e-12), 5, 0.5))


def _ties(z: Array) -> Array:
    """A log-normal latency seen by a poll every 0.5 s."""
    return np.ceil(np.exp(z) * 2) / 2


def _quantile_of(of: Callable[[Array], Array]) -> Callable[[float], float]:
    return lambda q: float(of(np.array([stats.norm.ppf(q)]))[0])


MARGINALS = {
    "normal": Marginal("normal", lambda z: z, 0.0, stats.norm.ppf),
    "log-normal": Marginal("log-normal", np.exp, math.exp(0.5), _quantile_of(np.exp)),
    "two modes": Marginal("two modes", _bimodal, 1.8, _quantile_of(_bimodal)),
    "ties": Marginal(
        "ties",
        _ties,
        # E ceil(2 X) / 2 = sum over k >= 0 of P(2 X > k) / 2.
        float(np.sum(stats.lognorm.sf(np.arange(0, 4000) / 2, 1)) / 2),
        _quantile_of(_ties),
    ),
}
KINDS = (
    ("log-normal", 0.0),
    ("two modes", 0.0),
    ("ties", 0.0),
    ("normal", 0.5),
    ("normal", 0.9),
    ("log-normal", 0.5),
)


def draw(phi: float, n: int, chance: Any) -> Array:
    """Standard normal values, a first-order autoregression with the coefficient phi."""
    noise = chance.standard_normal(n)
    if not phi:
        return noise
    noise[1:] *= math.sqrt(1 - phi * phi)
    return signal.lfilter([1.0], [1.0, -phi], noise)


@dataclass
class Tally:
    """What came of the intervals of one cell of the table."""

    held: int = 0
    unbounded: int = 0
    bounded: int = 0
    above: int = 0
    below: int = 0

    def add(self, ends: Ends, truth: float) -> None:
        if not (math.isfinite(ends[0]) and math.isfinite(ends[1])):
            self.unbounded += 1
            return
        self.bounded += 1
        self.held += ends[0] <= truth <= ends[1]
        self.above += truth > ends[1]
        self.below += truth < ends[0]

    def shown(self) -> str:
        """The share that held of those with both bounds; `-` when most had none."""
        total = self.bounded + self.unbounded
        if self.unbounded > total / 2:
            return "unbounded"
        share = 100 * self.held / self.bounded
        mark = "" if 93 <= round(share, 1) <= 97 else (" ↓" if share < 93 else " ↑")
        apart = f" ({100 * self.unbounded / total:.0f} % unb.)" if self.unbounded >= total / 100 else ""
        return f"{share:.1f}{mark}{apart}"


def simple(kind: tuple[str, float], n: int, rounds: int) -> dict[str, Tally]:
    """Mean, quantiles and a ratio of one kind of samples."""
    marginal, phi = MARGINALS[kind[0]], kind[1]
    chance = np.random.default_rng([n, round(phi * 10), list(MARGINALS).index(kind[0])])
    names = ("mean", "p50", "p95", "p99", "ratio 95 %", "ratio 95 %, with latencies")
    tallies = {name: Tally() for name in names}
    qs = (0.5, 0.95, 0.99)
    truths = [float(marginal.quantile(q)) for q in qs]
    cut = stats.norm.ppf(0.95)
    for _ in range(rounds):
        z = draw(phi, n, chance)
        x = marginal.of(z)
        tallies["mean"].add(mean_interval(batch_means(x), ALPHA, batch_size(n)), marginal.mean)
        for name, truth, found in zip(names[1:4], truths, quantile_intervals(x, qs, ALPHA), strict=True):
            tallies[name].add((found.low, found.high), truth)
        tallies[names[4]].add(ratio_interval(z <= cut), 0.95)
        tallies[names[5]].add(ratio_interval(z <= cut, x), 0.95)
    return tallies


def ratio_interval(ok: Array, beside: Array | None = None) -> Ends:
    """Wilson's interval at the effective sample size."""
    n = len(ok)
    spent = inflation_of(ok, ALPHA, beside)
    return wilson(float(np.count_nonzero(ok)) / spent, n / spent, ALPHA)


def formulas(phi: float, n: int, rounds: int) -> dict[str, Tally]:
    """Formulas of several KPIs of the same samples: latency (log-normal), success, and what they have in common."""
    chance = np.random.default_rng([n, round(phi * 10), 77])
    names = ("mean × failure rate", "mean / mean before", "goodput share")
    tallies = {name: Tally() for name in names}
    for _ in range(rounds):
        x, shared = np.exp(draw(phi, n, chance) / 2), draw(phi, n, chance)
        failed = (0.6 * np.log(x) * 2 + 0.8 * shared) > stats.norm.ppf(0.8)
        before = np.exp(draw(phi, n, chance) / 2)
        size = batch_size(n)
        a, f, b = batch_means(x), batch_means(failed.astype(float)), batch_means(before)
        ia, jf, ib = mean_influence(a), mean_influence(f), mean_influence(b)
        va, vf, vb = float(x.mean()), float(failed.mean()), float(before.mean())
        mean = math.exp(0.125)
        if vf > 0:
            tallies[names[0]].add(log_interval(va * vf, [vf, va], [ia, jf], ALPHA, size=size), mean * 0.2)
            good = batch_means(x * ~failed)
            ratio = float(good.sum() / a.sum())
            influence = ratio_influence(good, a)
            tallies[names[2]].add(log_interval(ratio, [1.0], [influence], ALPHA, size=size), _goodput())
        tallies[names[1]].add(log_interval(va / vb, [1 / vb, -va / vb**2], [ia, ib], ALPHA, size=size), 1.0)
    return tallies


_KNOWN: dict[str, float] = {}


def _goodput() -> float:
    """E[x; ok] / E[x]: with x = exp(z / 2), z is shifted by 1/2 under the weight x."""
    if not _KNOWN:
        _KNOWN["goodput"] = float(stats.norm.cdf(stats.norm.ppf(0.8) - 0.6 * 0.5))
    return _KNOWN["goodput"]


def table() -> list[str]:
    """All rows of the document."""
    quick = 10 if os.environ.get("QUICK") else 1
    lines = ["| samples | what |" + "".join(f" n = {n} |" for n in SIZES), "|---|---|" + "---|" * len(SIZES)]
    for kind in KINDS:
        label = kind[0] if not kind[1] else f"{kind[0]}, φ = {kind[1]:g}"
        lines += rows(label, [simple(kind, n, ROUNDS[n] // quick) for n in SIZES])
    for phi in (0.0, 0.5):
        label = "two KPIs of one run" + (f", φ = {phi:g}" if phi else "")
        lines += rows(label, [formulas(phi, n, ROUNDS[n] // quick) for n in SIZES])
    return lines


def rows(label: str, cells: list[dict[str, Tally]]) -> list[str]:
    """A row for each quantity."""
    found = [f"| {label} | {name} | " + " | ".join(cell[name].shown() for cell in cells) + " |" for name in cells[0]]
    for line in found:
        print(line, flush=True)
    return found


def main() -> int:
    """Simulate, print, write; returns the exit code."""
    began = time.process_time()
    lines = table()
    took = time.process_time() - began
    print(f"{took:.0f} s of CPU time")
    if not os.environ.get("QUICK"):
        path = ROOT / "docs" / "coverage.md"
        text = path.read_text()
        head, _, rest = text.partition("<!-- table -->\n")
        _, _, tail = rest.partition("<!-- end -->\n")
        path.write_text(head + "<!-- table -->\n" + "\n".join(lines) + "\n<!-- end -->\n" + tail)
    return 0


if __name__ == "__main__":
    sys.exit(main())
