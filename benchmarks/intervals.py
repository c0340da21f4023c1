"""What an interval on every percentile costs, against a naive bootstrap of 1 000 resamples in the same run.

Both give p50, p95, p99 and p99.9 of 100 000 values with intervals. CPU time, interleaved, medians of the rounds. Ends
with 1 when the ratio is below the bar, or when there is more than one partition of the column.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from erisc.verdict.statistics.quantiles import quantile_intervals

N = 100_000
QS = (0.5, 0.95, 0.99, 0.999)
RESAMPLES = 1000
SAMPLED = 100
"""Resamples that are timed; the rest cost the same."""
ROUNDS = int(os.environ.get("ROUNDS", "7"))
BAR = 1000.0


def ours(values: Any) -> Any:
    """The verdict's intervals."""
    return quantile_intervals(values, QS, 0.025)


def naive(values: Any, resamples: int) -> Any:
    """Percentile bootstrap: every resample is drawn from the whole column, and its percentiles are read off."""
    chance = np.random.default_rng(1)
    drawn = [np.percentile(chance.choice(values, len(values)), [100 * q for q in QS]) for _ in range(resamples)]
    return np.quantile(drawn, [0.025, 0.975], axis=0)


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def partitions(values: Any) -> int:
    """How often the whole column is partitioned or sorted while its intervals are made."""
    counted = 0
    kept = np.partition, np.sort

    def counting(of: Callable[..., Any]) -> Callable[..., Any]:
        def counted_call(array: Any, *rest: Any, **named: Any) -> Any:
            nonlocal counted
            counted += len(array) >= len(values)
            return of(array, *rest, **named)

        return counted_call

    np.partition, np.sort = counting(kept[0]), counting(kept[1])
    try:
        ours(values)
    finally:
        np.partition, np.sort = kept
    return counted


def main() -> int:
    """Measure and print; returns the exit code."""
    values = np.random.default_rng(3).lognormal(0, 1, N)
    ours(values)
    mine, theirs, single = [], [], []
    for _ in range(ROUNDS):
        mine.append(cpu(lambda: ours(values)))
        theirs.append(cpu(lambda: naive(values, SAMPLED)) * RESAMPLES / SAMPLED)
        single.append(cpu(lambda: np.partition(values, N // 2)))
    ratio = statistics.median(theirs) / statistics.median(mine)
    count = partitions(values)
    print(f"{N} values, p50, p95, p99, p99.9 with intervals; CPU ms, medians of {ROUNDS} interleaved rounds")
    print(f"  erisc                       {statistics.median(mine) * 1e3:10.2f}   {count} partition of the column")
    print(f"  bootstrap, {RESAMPLES} resamples  {statistics.median(theirs) * 1e3:10.0f}   (timed on {SAMPLED})")
    print(f"  one partition alone         {statistics.median(single) * 1e3:10.2f}")
    print(f"  ratio                       {ratio:10.0f}   bar {BAR:.0f}")
    return 0 if ratio >= BAR and count == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
