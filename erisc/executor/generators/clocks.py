"""How far a generator's clocks are from ours: asked over the channel, as NTP does (RFC 5905, section 8). Pure.

A question that is answered fast leaves little room for doubt: the answer lies between asking and hearing.
"""

from __future__ import annotations

from collections.abc import Iterable

from erisc.base.record import record

MOST_UNCERTAIN = 0.01
"""s: what a start of load may be off by, for the error of arrivals is measured in milliseconds."""
MOST_APART = 1.0
"""s between the clocks' dates, by which records are joined with those of other tools."""


@record
class Reading:
    """One question. sent, heard: CLOCK_MONOTONIC s here; mono: the generator's, between the two. wall_apart: its date
    minus ours, s."""

    sent: float
    heard: float
    mono: float
    wall_apart: float

    @property
    def uncertainty(self) -> float:
        """s that the offset may be wrong by."""
        return (self.heard - self.sent) / 2

    @property
    def offset(self) -> float:
        """The generator's CLOCK_MONOTONIC minus ours, s."""
        return self.mono - (self.sent + self.heard) / 2


def best(readings: Iterable[Reading]) -> Reading | None:
    """The one that leaves the least doubt; None when nothing was answered."""
    return min(readings, key=lambda reading: reading.uncertainty, default=None)


def objection(name: str, reading: Reading | None) -> str:
    """Why load must not be timed by this clock, "" when it may."""
    if reading is None:
        return f"generator {name} does not tell its time"
    if reading.uncertainty > MOST_UNCERTAIN:
        known, bound = reading.uncertainty * 1000, MOST_UNCERTAIN * 1000
        return f"generator {name}: its clock is known to {known:.1f} ms only; {bound:g} ms are allowed"
    if abs(reading.wall_apart) > MOST_APART:
        return f"generator {name}: its date is {reading.wall_apart:+.1f} s off; {MOST_APART:g} s are allowed"
    return ""
