"""What is said where samples are missing, or too few of them are independent."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from erisc.verdict import text
from erisc.verdict.program import Term
from erisc.verdict.rows import Rows, Site
from erisc.verdict.spans import covered_time, stretches
from erisc.verdict.statistics.estimate import INFINITY, Estimate
from erisc.verdict.statistics.means import FEWEST
from erisc.verdict.statistics.quantiles import Quantile, quantile_needs


def nothing(runs: Sequence[Rows]) -> str:
    """Why there is no value."""
    unknown = sum(rows.unknown for rows in runs)
    return f"no samples: {unknown} rows have no value" if unknown else "no samples"


def notes(runs: Sequence[Rows]) -> list[str]:
    """What the reader of a value must know about the rows."""
    endless = sum(int(np.count_nonzero(np.isinf(rows.value))) for rows in runs)
    unknown = sum(rows.unknown for rows in runs)
    said = [unfinished(endless)] if endless else []
    return said + ([f"{unknown} rows without a value are left out"] if unknown else [])


def unfinished(count: int) -> str:
    """How iterations that never finished are counted."""
    return f"{count} unfinished count{'s' if count == 1 else ''} as longer than any other"


def too_few(value: float, n: int, method: str, name: str) -> Estimate:
    """A value whose error cannot be told."""
    needed = f"{FEWEST} samples are needed, {n} were seen"
    note = f"{n} samples are too few to tell the error of a {name}, {FEWEST} are needed"
    return Estimate(value, -INFINITY, INFINITY, n, method, note, needed=needed)


def alike(n: int, effective: float) -> str:
    """That samples depend on each other, and what they are worth."""
    worth = max(1, math.floor(effective))
    return (
        f"neighbouring samples resemble each other: {n} say no more than about {worth} independent "
        f"one{'' if worth == 1 else 's'}"
    )


def open_quantile(term: Term, sites: Sequence[Site], found: Quantile, n: int, alpha: float) -> tuple[str, str]:
    """Why a quantile has no bound at an end: a note, and what is needed; "" where samples are not what is missing."""
    ends = [found.q] * (found.high == INFINITY) + [1 - found.q] * (found.low == -INFINITY)
    needs = max((quantile_needs(q, alpha) for q in ends), default=0)
    if n >= needs and found.effective >= needs:
        return "", ""
    if found.effective > 0.9 * n:
        return f"{n} samples cannot bound it from above, {needs} can", f"{needs} samples are needed, {n} were seen"
    said = f"{alike(n, found.effective)}, and {needs} of those are needed"
    more = needs / max(1.0, found.effective)
    seconds = sum(covered_time(stretches(term.window, site.cell)) for site in sites)
    lasting = f", or {text.quantity(float(f'{seconds * more:.2g}'), 'duration', 's')} of such load," if seconds else ""
    return said, f"{said}; about {math.ceil(n * more)} samples{lasting} would do"
