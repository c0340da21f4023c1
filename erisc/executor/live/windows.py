"""Counts and latencies of the last so many seconds, in memory that does not grow with the load."""

from __future__ import annotations

import math
from collections import Counter, deque

SLOTS = 100
"""Parts of a window that are forgotten as one: a window is at most a hundredth longer than it says."""
STEP = 1.01
"""A latency is known to half a percent: bins of a logarithmic histogram (as in HdrHistogram, G. Tene)."""
SHORTEST = 1e-6
"""s below which latencies are alike."""


class _Slot:
    """What ended in one part of a window."""

    __slots__ = ("done", "failed", "number", "took")

    def __init__(self, number: int) -> None:
        self.number = number
        self.done = 0
        self.failed = 0
        self.took: Counter[int] = Counter()


class Window:
    """What ended within the last `length` s. Times are s of any clock that does not go back."""

    def __init__(self, length: float) -> None:
        self.length = length
        self.done = 0
        self.failed = 0
        self._width = length / SLOTS
        self._slots: deque[_Slot] = deque()
        self._took: Counter[int] = Counter()

    @property
    def ended(self) -> int:
        """Iterations, good and bad."""
        return self.done + self.failed

    def add(self, at: float, took: float, ok: bool) -> None:
        """One ended at `at` after `took` s."""
        slot = self._slot(math.floor(at / self._width))
        place = math.floor(math.log(max(took, SHORTEST)) / math.log(STEP))
        slot.took[place] += 1
        self._took[place] += 1
        slot.done += ok
        slot.failed += not ok
        self.done += ok
        self.failed += not ok

    def _slot(self, number: int) -> _Slot:
        """Records of several generators come a little out of order."""
        for slot in reversed(self._slots):
            if slot.number == number:
                return slot
            if slot.number < number:
                break
        made = _Slot(number)
        place = next((n for n, slot in enumerate(self._slots) if slot.number > number), len(self._slots))
        self._slots.insert(place, made)
        return made

    def forget(self, now: float) -> None:
        """Let go of what is older than the window."""
        first = math.floor((now - self.length) / self._width)
        while self._slots and self._slots[0].number < first:
            slot = self._slots.popleft()
            self.done -= slot.done
            self.failed -= slot.failed
            self._took -= slot.took

    def error_rate(self) -> float | None:
        """Share of those that failed; None when none ended."""
        return self.failed / self.ended if self.ended else None

    def throughput(self) -> float:
        """Successful ones per s."""
        return self.done / self.length

    def latency(self, quantile: float) -> float | None:
        """s that this share of them kept, by nearest rank; None when none ended."""
        rank = max(1, math.ceil(quantile * self.ended - 1e-9))
        for place in sorted(self._took):
            rank -= self._took[place]
            if rank <= 0:
                return float(STEP ** (place + 0.5))
        return None
