"""When a condition turns true: faults strike at edges, not at levels. Pure."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def holds(value: float | bool | None, comparison: str, limit: float | None) -> bool:
    """Whether a reading meets its comparison; what is not known does not hold."""
    if value is None:
        return False
    if limit is None:
        return bool(value)
    return _COMPARE[comparison](value, limit)


class Edge:
    """True once for every time that a condition turned true and then held for `after` s."""

    def __init__(self, after: float) -> None:
        self.after = after
        self.since: float | None = None
        self._struck = False

    def look(self, held: bool, now: float) -> bool:
        """The condition as it is at `now` s."""
        if not held:
            self.since, self._struck = None, False
            return False
        if self.since is None:
            self.since = now
        if self._struck or now - self.since < self.after:
            return False
        self._struck = True
        return True


class Pulses:
    """Things that happen at an instant, each due `after` s later."""

    def __init__(self, after: float) -> None:
        self.after = after
        self._due: deque[float] = deque()

    def happen(self, at: float) -> None:
        """It happened at `at` s."""
        self._due.append(at + self.after)

    @property
    def next(self) -> float | None:
        """s at which the next one is due."""
        return self._due[0] if self._due else None

    def look(self, now: float) -> bool:
        """Whether one is due by `now` s; it is then taken."""
        if not self._due or self._due[0] > now:
            return False
        self._due.popleft()
        return True
