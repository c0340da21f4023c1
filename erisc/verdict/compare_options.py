"""The options of `erisc compare`, for the command line and for the verdict's own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record


@record
class Limits:
    """What matters. effect: relative; points: of shares, absolute. discovery: the rate of false discoveries
    accepted.
    """

    effect: float = 0.05
    points: float = 0.01
    discovery: float = 0.05


def add_arguments(parser: Any) -> None:
    """Declare the command's arguments."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help="run directories: A (before) and B (after)")
    parser.add_argument("--min-effect", metavar="PERCENT", default="5%", help="the smallest change that matters (5%%)")
    parser.add_argument(
        "--min-points", metavar="PERCENT", default="1%", help="the same for shares, in percentage points (1%%)"
    )
    parser.add_argument("--history", action="store_true", help="find where --kpi changed over all RUNs, oldest first")
    parser.add_argument("--kpi", metavar="NAME", default="", help="with --history: whose values")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


def limits_of(words: Any) -> Limits:
    """What matters, from the options. Raises Failure for what is no percentage."""
    return Limits(effect=_percent(words.min_effect, "--min-effect"), points=_percent(words.min_points, "--min-points"))


def _percent(text: str, option: str) -> float:
    with suppress(ValueError):
        share = float(text.strip().removesuffix("%")) / 100
        if 0 <= share < 100:
            return share
    raise Failure(f"{option} {text!r} is not a percentage", mend=f"{option} 5%", exit_code=WRONG_CALL)
