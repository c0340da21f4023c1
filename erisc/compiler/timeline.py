"""Faults: when, what, where, for how long. Chance is drawn here, from the seed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.digest import sha256
from erisc.compiler.effects import planned_effect, single_effect
from erisc.compiler.plan import Architecture, Effect, Fault, Mapping, Reaction
from erisc.compiler.program import Declared
from erisc.compiler.source import Source

MAX_PLANNED = 200_000
"""Instants of all faults of an experiment."""
MAX_INSTANTS = 10_000
"""Of one periodic fault."""


@record
class Draw:
    """What chance depends on: seed, sweep point, repeat. The fault's name and the instance are added per draw."""

    seed: int
    point: tuple[tuple[str, object], ...]
    repeat: int

    def bits(self, fault: str, instance: int, purpose: str) -> int:
        """64 bits for one purpose (`choice`, `jitter`) of one instance of a fault."""
        point = ",".join(f"{name}={value!r}" for name, value in sorted(self.point))
        text = "\0".join((str(self.seed), fault, point, str(self.repeat), str(instance), purpose))
        return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def build_faults(
    context: Context, declared: Declared, architecture: Architecture | None, draw: Draw, end: float
) -> tuple[tuple[Fault, ...], tuple[Reaction, ...]]:
    """All planned instants of a set of faults, in order, and the faults whose instants only the run can tell.

    end: s from t = 0, when the load ends; inf when that is not known.
    """
    node, source = declared.node, declared.source
    found: list[Fault] = []
    names: dict[str, ast.Word] = {}
    for item in node.items:
        if names.setdefault(item.name.text, item.name) is not item.name:
            labels = [(source.span(names[item.name.text]), "the first")]
            context.findings.add(
                "E0204", f"fault `{item.name.text}` is declared twice", source.span(item.name), labels=labels
            )
            continue
        found += _fault(context, item, source, architecture, draw, end)
    return tuple(sorted(found, key=lambda fault: (fault.at, fault.name, fault.instance))), ()


def _fault(
    context: Context, item: ast.Fault, source: Source, architecture: Architecture | None, draw: Draw, end: float
) -> list[Fault]:
    effect = single_effect(context, item, source)
    constants = context.constants(source)
    made = planned_effect(context, constants, effect, architecture) if effect else None
    instants = _instants(context, constants, item, draw, end, made[2] if made else None)
    if made is None or instants is None or effect is None:
        return []
    action, target, duration = made
    name, span, place = item.name.text, source.span(item), source.span(effect)
    found: list[Fault] = []
    for instance, at in enumerate(instants):
        choice = draw.bits(name, instance, "choice")
        struck = Effect(action, target, Mapping(()), duration, choice, place)
        found.append(Fault(name, instance, at, ((struck,),), span))
    return found


def _instants(
    context: Context, constants: Constants, item: ast.Fault, draw: Draw, end: float, duration: float | None
) -> list[float] | None:
    trigger, source = item.trigger, constants.source
    if isinstance(trigger, ast.At):
        at = constants.number(trigger.time, "duration", what="the time of a fault", low=0)
        return None if at is None else [float(at)]
    if isinstance(trigger, ast.Every):
        return _periodic(context, constants, item, trigger, draw, end, duration)
    shown = {"AtIteration": "at iteration", "Random": "random", "When": "when"}[type(trigger).__name__]
    help_ = "use `at` or `every`"
    context.findings.add("E0490", f"`{shown}` is not supported yet", source.span(trigger), help=help_)
    return None


def _periodic(
    context: Context,
    constants: Constants,
    item: ast.Fault,
    trigger: ast.Every,
    draw: Draw,
    end: float,
    duration: float | None,
) -> list[float] | None:
    """Instants begin, begin + period, … before until, each late by a jitter drawn evenly from [0, J)."""
    source = constants.source

    def time(node: ast.Node | None, what: str, default: float) -> float | None:
        return default if node is None else constants.number(node, "duration", what=what, low=0)

    period = time(trigger.period, "the period", 0.0)
    if period == 0:
        context.findings.add("E0405", "the period is zero", source.span(trigger.period))
        return None
    begin = time(trigger.begin, "the start", period or 0.0)
    until = time(trigger.until, "the end", end)
    jitter = time(trigger.jitter, "the jitter", 0.0)
    if period is None or begin is None or until is None or jitter is None:
        return None
    if jitter + (duration or 0.0) > period:
        help_ = "period must be at least jitter and length together"
        context.findings.add("E0405", f"fault `{item.name.text}` may meet itself", source.span(trigger), help=help_)
        return None
    if trigger.until is not None and until <= begin:
        context.findings.add(
            "E0405", "this ends before it begins", source.span(trigger.until), note=f"it begins at {begin:g} s"
        )
        return None
    if until == math.inf:
        return []
    count = (until - begin) / period
    if count > MAX_INSTANTS or context.planned + count > MAX_PLANNED:
        help_ = "a longer period, or `until`"
        context.findings.add("E0406", f"more than {MAX_INSTANTS} instants", source.span(trigger), help=help_)
        return None
    context.planned += int(count)
    return [
        at + jitter * draw.bits(item.name.text, i, "jitter") / 2**64
        for i, at in enumerate(_steps(begin, period, until))
    ]


def _steps(begin: float, period: float, until: float) -> Iterator[float]:
    index = 0
    while (at := begin + index * period) < until:
        yield round(at, 9)
        index += 1
