"""Where a series of runs changed, by Apache Otava: the E-divisive statistic of Matteson and James with Student's t.

D. S. Matteson and N. A. James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data",
Journal of the American Statistical Association 109 (2014), 334-345; Otava (formerly Hunter): M. Fleming, P.
Kolaczkowski and others, ICPE 2023. The package has needs of its own (numpy 2.2, clients of clouds), so it lives in
the environment `history`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from erisc.base.failure import Failure
from erisc.base.record import record

FEWEST = 10
"""Runs below which nothing is said: with 5 and 5, a change of three standard deviations is just told at p = 0.001."""
WINDOW = 50
P = 0.001
"""Otava's own defaults."""


@record
class ChangePoint:
    """index: the first run of the new level, from 0. before, after: the means at either side up to the next change."""

    index: int
    before: float
    after: float
    p: float


def find(values: Sequence[float], effect: float) -> tuple[ChangePoint, ...] | None:
    """The change points of a series, those of at least `effect` (relative); None when it is too short.

    Raises Failure when the environment cannot be made or the package fails.
    """
    if len(values) < FEWEST:
        return None
    if find_spec("otava"):
        return points(values, effect)
    return _elsewhere(values, effect)


def points(values: Sequence[float], effect: float) -> tuple[ChangePoint, ...]:
    """As `find`, in this process, which must have Otava."""
    from otava.analysis import compute_change_points

    found, _ = compute_change_points(list(values), window_len=WINDOW, max_pvalue=P, min_magnitude=effect)
    return tuple(
        ChangePoint(int(each.index), float(each.stats.mean_1), float(each.stats.mean_2), float(each.stats.pvalue))
        for each in found
    )


def _elsewhere(values: Sequence[float], effect: float) -> tuple[ChangePoint, ...]:
    import subprocess

    from erisc.base import environments
    from erisc.base.progress import Lines

    with Lines() as lines:
        python = environments.ensure("history", report=lines)
    variables = {**environments.run_variables(), "PYTHONPATH": environments.import_path()}
    done = subprocess.run(
        [python, "-m", "erisc.verdict.change_points"],
        input=json.dumps([list(values), effect]), env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failure("Apache Otava failed", mend="please report it", detail=done.stderr[-800:])
    return tuple(ChangePoint(*each) for each in json.loads(done.stdout))


def main() -> None:
    """Answer one question on stdin: [values, effect]."""
    values, effect = json.load(sys.stdin)
    print(json.dumps([[each.index, each.before, each.after, each.p] for each in points(values, effect)]))


if __name__ == "__main__":
    main()
