"""Chance, drawn from the seed at compile time: the same spec has the same instants, and a new fault moves no other."""

from __future__ import annotations

import math
from _collections_abc import Callable, Iterator  # not what imports all of `collections`

from erisc.base.record import record
from erisc.compiler.digest import sha256

MAX_INSTANTS = 10_000
"""Of one periodic or random fault in one cell."""


Bits = Callable[[int, str], int]
"""64 bits for one purpose (`choice`, `jitter`, `gap`, `place`) of one instance of a fault."""


@record
class Draw:
    """What chance depends on: seed, sweep point, repeat. The fault's name and the instance are added per draw."""

    seed: int
    point: tuple[tuple[str, object], ...]
    repeat: int

    def of(self, fault: str) -> Bits:
        """The draws of one fault."""
        point = ",".join(f"{name}={value!r}" for name, value in sorted(self.point))
        head = "\0".join((str(self.seed), fault, point, str(self.repeat), "")).encode()

        def bits(instance: int, purpose: str) -> int:
            return int.from_bytes(sha256(b"%b%d\0%b" % (head, instance, purpose.encode())).digest()[:8], "big")

        return bits


@record
class Stretch:
    """Where the instants of a fault may lie: from `begin` until before `until`, s from t = 0; each holds `length` s."""

    begin: float
    until: float
    length: float


@record
class Distribution:
    """A way to draw instants. parameter: what it takes, of which type. doc: what it means."""

    name: str
    parameter: str
    type: str
    doc: str


DISTRIBUTIONS = (
    Distribution(
        "poisson",
        "rate",
        "rate",
        "So often on average, whatever came before: a Poisson process of this rate, beginning at `from`. An instant at "
        "which the one before still holds is left out, so that the fault never meets itself.",
    ),
    Distribution(
        "uniform",
        "count",
        "int",
        "So many instants, drawn evenly from all ways to place them between `from` and `until` without meeting.",
    ),
    Distribution(
        "exponential",
        "mean",
        "duration",
        "From `from`, and then from each end of the fault to its next instant, a time drawn from the exponential "
        "distribution of this mean: a mean time to failure.",
    ),
)
"""What `random` knows."""


def _share(bits: int) -> float:
    """A number drawn evenly from [0, 1)."""
    return (bits >> 11) / 2**53


def instants(draw: Bits, kind: str, parameter: float, stretch: Stretch) -> list[float]:
    """The instants of a random fault, in order, to the microsecond.

    parameter: 1/s for `poisson`, a number for `uniform`, s for `exponential`; above zero, and `most` of them at most
    MAX_INSTANTS. `uniform` needs `fits_uniform`.
    """
    if kind == "uniform":
        return _uniform(draw, int(parameter), stretch)
    mean = 1 / parameter if kind == "poisson" else parameter
    found: list[float] = []
    free = stretch.begin
    for at in _process(draw, mean, stretch, renewing=kind == "exponential"):
        if at < free:
            continue
        found.append(at)
        free = at + stretch.length
    return found


def most(kind: str, parameter: float, stretch: Stretch) -> float:
    """How many instants there may be: ten standard deviations more than are expected, which no draw exceeds."""
    if kind == "uniform":
        return parameter
    expected = (stretch.until - stretch.begin) * (parameter if kind == "poisson" else 1 / parameter)
    return expected + 10 * math.sqrt(expected) + 10


def fits_uniform(count: float, stretch: Stretch) -> bool:
    """Whether so many instants find place without meeting."""
    return stretch.begin + count * stretch.length < stretch.until


def _process(draw: Bits, mean: float, stretch: Stretch, renewing: bool) -> Iterator[float]:
    """Points with exponential gaps; renewing: a gap begins when what the point before began has ended."""
    clock = stretch.begin
    for index in range(MAX_INSTANTS):
        clock += -math.log1p(-_share(draw(index, "gap"))) * mean
        at = round(clock, 6)
        if at >= stretch.until:
            return
        yield at
        clock = at + stretch.length if renewing else clock


def _uniform(draw: Bits, count: int, stretch: Stretch) -> list[float]:
    """Points drawn evenly where nothing else is, then moved apart by the lengths of those before them."""
    room = stretch.until - stretch.begin - count * stretch.length
    places = sorted(_share(draw(index, "place")) for index in range(count))
    found: list[float] = []
    for index, place in enumerate(places):
        at = round(stretch.begin + place * room + index * stretch.length, 6)
        found.append(max(at, found[-1] + stretch.length) if found else at)
    return found
