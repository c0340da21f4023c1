"""When a fault strikes, as far as that can be planned: at a time, periodically, at random."""

from __future__ import annotations

import math

from erisc.compiler import ast
from erisc.compiler.chance import DISTRIBUTIONS, MAX_INSTANTS, Bits, Distribution, Stretch, fits_uniform, instants, most
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.source import did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PLANNED = 20_000
"""Instants of all faults of a cell."""


class Triggers:
    """Plans the instants of one fault. end: of the load, s from t = 0; None where only the run can tell, inf where no
    load is known and only what is written is checked. length: s that the fault holds.
    """

    def __init__(
        self, context: Context, constants: Constants, item: ast.Fault, draw: Bits, end: float | None, length: float
    ) -> None:
        self.context = context
        self.constants = constants
        self.item = item
        self.draw = draw
        self.end = end
        self.length = length

    def instants(self, trigger: ast.At | ast.Every | ast.Random) -> list[float] | None:
        """All instants, s from t = 0, in order; None when they were refused."""
        if isinstance(trigger, ast.At):
            at = self.constants.number(trigger.time, "duration", what="the time of a fault", low=0)
            return None if at is None else [float(at)]
        return self._periodic(trigger) if isinstance(trigger, ast.Every) else self._random(trigger)

    def _add(self, code: str, summary: str, node: ast.Node, **more: str) -> None:
        self.context.findings.add(code, summary, self.constants.source.span(node), **more)  # type: ignore[arg-type]

    def _time(self, node: ast.Node | None, what: str, default: float) -> float | None:
        return default if node is None else self.constants.number(node, "duration", what=what, low=0)

    def _stretch(self, trigger: ast.Every | ast.Random, begin: float) -> Stretch | None:
        """From `from`, else `begin`, to `until`, else the end of the load."""
        start = self._time(trigger.begin, "the start", begin)
        until = self._time(trigger.until, "the end", -1.0 if self.end is None else self.end)
        if start is None or until is None:
            return None
        if trigger.until is not None and until <= start:
            self._add("E0405", "this ends before it begins", trigger.until, note=f"it begins at {start:g} s")
            return None
        if until < 0:
            summary = "this has no end: only the run can tell when the load is over"
            self._add("E0413", summary, trigger, help="add `until` and a time")
            return None
        return Stretch(start, until, self.length)

    def _affordable(self, trigger: ast.Node, count: float, help_: str) -> bool:
        if count > MAX_INSTANTS:
            self._add("E0406", f"more than {MAX_INSTANTS} instants", trigger, help=help_)
        elif self.context.planned + count > MAX_PLANNED:
            self._add("E0406", f"with this, the faults have more than {MAX_PLANNED} instants", trigger, help=help_)
        else:
            return True
        return False

    # --- every ---

    def _periodic(self, trigger: ast.Every) -> list[float] | None:
        """Instants begin, begin + period, … before until, each late by a jitter drawn evenly from [0, J)."""
        period = self._time(trigger.period, "the period", 0.0)
        if period == 0:
            self._add("E0405", "the period is zero", trigger.period)
            return None
        jitter = self._time(trigger.jitter, "the jitter", 0.0)
        stretch = self._stretch(trigger, period or 0.0)
        if period is None or jitter is None or stretch is None:
            return None
        if jitter + self.length > period:
            help_ = "period must be at least jitter and length together"
            self._add("E0405", f"fault `{self.item.name.text}` may meet itself", trigger, help=help_)
            return None
        if stretch.until == math.inf:
            return []
        count = (stretch.until - stretch.begin) / period
        if not self._affordable(trigger, count, "a longer period, or `until`"):
            return None
        found = list(_steps(stretch.begin, period, stretch.until))
        if jitter:
            found = [at + jitter * self.draw(index, "jitter") / 2**64 for index, at in enumerate(found)]
        self.context.planned += len(found)
        return found

    # --- random ---

    def _random(self, trigger: ast.Random) -> list[float] | None:
        kind = self._distribution(trigger.process)
        stretch = self._stretch(trigger, 0.0)
        parameter = self._parameter(trigger.process, kind) if kind else None
        if kind is None or parameter is None or stretch is None or stretch.until == math.inf:
            return [] if kind and parameter and stretch else None
        if not self._affordable(trigger, most(kind.name, parameter, stretch), "fewer of them, or an earlier `until`"):
            return None
        if kind.name == "uniform" and not fits_uniform(parameter, stretch):
            note = f"{parameter:g} times {self.length:g} s do not fit into {stretch.until - stretch.begin:g} s"
            self._add("E0405", f"fault `{self.item.name.text}` would meet itself", trigger, note=note)
            return None
        found = instants(self.draw, kind.name, parameter, stretch)
        self.context.planned += len(found)
        return found

    def _distribution(self, call: ast.Call) -> Distribution | None:
        word = call.function.word
        known = {one.name: one for one in DISTRIBUTIONS}
        if word.text not in known:
            guess = nearest(word.text, known)
            span = self.constants.source.span(word)
            self.context.findings.add(
                "E0201", f"there is no distribution `{word.text}`", span, help=did_you_mean(word.text, known),
                fix=(span, guess) if guess else None,
            )  # fmt: skip
        return known.get(word.text)

    def _parameter(self, call: ast.Call, kind: Distribution) -> float | None:
        """The distribution's one parameter, by position or by name, above zero."""
        example = {"rate": "poisson(6 per h)", "int": "uniform(5)", "duration": "exponential(10 min)"}[kind.type]
        node = call.arguments[0] if len(call.arguments) == 1 else None
        if isinstance(node, ast.Named) and node.name.text == kind.parameter:
            node = node.value
        if node is None or isinstance(node, ast.Named | ast.Placed | ast.Windowed | ast.Rolling):
            summary = f"`{kind.name}` takes its {kind.parameter} and nothing else"
            self._add("E0309", summary, call, help=f"write e.g. {example}")
            return None
        what = f"the {kind.parameter} of `{kind.name}`"
        number = self.constants.number(node, kind.type, what=what, low=0, high=1e9)
        if number == 0:
            self._add("E0405", f"{what} is zero", node)
            return None
        return number


def _steps(begin: float, period: float, until: float) -> Iterator[float]:
    index = 0
    while (at := begin + index * period) < until:
        yield round(at, 9)
        index += 1
