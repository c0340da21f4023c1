"""Faults: when, what, where, for how long. Chance is drawn here, from the seed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.digest import sha256
from erisc.compiler.plan import Architecture, Fault, Target
from erisc.compiler.program import Declared
from erisc.compiler.source import Source, did_you_mean

MAX_INSTANTS = 10_000
"""Of one periodic fault."""

_LATER = ("minority", "majority", "primary", "each")


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
) -> tuple[Fault, ...]:
    """All planned instants of a set of faults. end: s from t = 0, when the load ends; inf when that is not known."""
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
    return tuple(sorted(found, key=lambda fault: (fault.at, fault.name, fault.instance)))


def _fault(
    context: Context, item: ast.Fault, source: Source, architecture: Architecture | None, draw: Draw, end: float
) -> list[Fault]:
    effect = _single_effect(context, item, source)
    constants = context.constants(source)
    made = _effect(context, constants, effect, architecture) if effect else None
    instants = _instants(context, constants, item, draw, end, made[2] if made else None)
    if made is None or instants is None:
        return []
    action, target, duration = made
    name, span = item.name.text, source.span(item)
    return [
        Fault(name, instance, at, action, target, duration, draw.bits(name, instance, "choice"), span)
        for instance, at in enumerate(instants)
    ]


def _single_effect(context: Context, item: ast.Fault, source: Source) -> ast.Effect | None:
    effects = item.effects.effects
    later = "then" if len(effects) > 1 else "together"
    if len(effects) == 1 and isinstance(effects[0], ast.Effect):
        return effects[0]
    context.findings.add(
        "E0490", f"`{later}` is not supported yet", source.span(item.effects), help="write one fault for each action"
    )
    return None


def _effect(
    context: Context, constants: Constants, effect: ast.Effect, architecture: Architecture | None
) -> tuple[str, Target, float | None] | None:
    source = constants.source
    action = context.find("action", effect.call.function.word, source)
    duration, sound = _duration(context, constants, effect, action)
    target = _target(context, constants, effect.call, architecture)
    if action is None or target is None or not sound:
        return None
    return effect.call.function.word.text, target, duration


def _duration(
    context: Context, constants: Constants, effect: ast.Effect, action: Declared | None
) -> tuple[float | None, bool]:
    span, name = constants.source.span(effect), effect.call.function.word.text
    length = None
    if effect.length is not None:
        length = constants.number(effect.length, "duration", what="the length of a fault", low=0, high=366 * 86400)
        if length is None:
            return None, False
        if length == 0:
            context.findings.add("E0401", "this fault has no length", constants.source.span(effect.length))
            return None, False
    if action is None:
        return length, False
    ends_itself = _ends(action) == "itself"
    if length is None and not ends_itself:
        after = constants.source.between(effect.end, effect.end)
        note = "every fault ends: what is broken must be healed again"
        context.findings.add(
            "E0401",
            f"`{name}` needs to know for how long",
            span,
            note=note,
            help="add e.g. `for 30 s`",
            fix=(after, " for 30 s"),
        )
        return None, False
    if length is not None and ends_itself:
        assert effect.length is not None
        help_ = "leave out the `for`"
        context.findings.add("E0402", f"`{name}` is over by itself", constants.source.span(effect.length), help=help_)
        return None, False
    return length, True


def _ends(action: Declared) -> str:
    for field in action.node.block.fields:
        if field.key.text == "ends" and isinstance(field.value, ast.String):
            return str(field.value.word.text[1:-1])
    return "for"


def _target(context: Context, constants: Constants, call: ast.Call, architecture: Architecture | None) -> Target | None:
    source = constants.source
    arguments = call.arguments
    first = arguments[0] if len(arguments) == 1 else None
    if not isinstance(first, ast.Placed) or not isinstance(first.what, ast.Name):
        word = call.function.word.text
        help_ = f"write {word}(rabbitmq on one(controller))"
        context.findings.add("E0309", f"`{word}` takes a service and where it runs", source.span(call), help=help_)
        return None
    selected = _selector(context, constants, first.where)
    if selected is None or architecture is None:
        return None
    selector, nodes, count = selected
    service = first.what.word
    if not _exists(context, source, architecture, service, nodes, count):
        return None
    return Target(service.text, nodes.text, selector, count)


def _selector(context: Context, constants: Constants, node: ast.Node) -> tuple[str, ast.Word, int] | None:
    source = constants.source
    if isinstance(node, ast.Name):
        return "all", node.word, 0
    name = node.function.word.text if isinstance(node, ast.Call) else ""
    arguments = node.arguments if isinstance(node, ast.Call) else ()
    last = arguments[-1] if arguments else node
    if name in ("one", "all") and len(arguments) == 1 and isinstance(last, ast.Name):
        return name, last.word, 1 if name == "one" else 0
    if name == "any" and len(arguments) == 2 and isinstance(last, ast.Name):
        count = constants.whole(arguments[0], what="the number of hosts", low=1, high=100_000)
        return None if count is None else ("any", last.word, count)
    if isinstance(node, ast.Pick) or isinstance(last, ast.Pick):
        context.findings.add(
            "E0490",
            "label filters are not supported yet",
            source.span(last if isinstance(last, ast.Pick) else node),
            help="name the whole node set",
        )
    elif name in _LATER:
        context.findings.add(
            "E0490", f"`{name}` is not supported yet", source.span(node), help="use `one`, `any(n, …)` or `all`"
        )
    else:
        help_ = "use `one(controller)`, `any(2, controller)`, `all(controller)`"
        context.findings.add("E0309", "this does not select hosts", source.span(node), help=help_)
    return None


def _exists(
    context: Context, source: Source, architecture: Architecture, service: ast.Word, nodes: ast.Word, count: int
) -> bool:
    sets = {node.name: node for node in architecture.nodes}
    services = {one.name: one for one in architecture.services}
    for word, known, kind in ((nodes, sets, "node set"), (service, services, "service")):
        if word.text not in known:
            if word.text not in context.program.lost:
                summary = f"architecture `{architecture.name}` has no {kind} `{word.text}`"
                context.findings.add("E0201", summary, source.span(word), help=did_you_mean(word.text, known))
            return False
    if services[service.text].on != nodes.text:
        home = services[service.text]
        labels = [(home.span, f"it runs on `{home.on}`")]
        fix = (source.span(nodes), home.on)
        context.findings.add(
            "E0211", f"`{service.text}` does not run on `{nodes.text}`", source.span(nodes), labels=labels, fix=fix
        )
        return False
    if count > sets[nodes.text].count:
        labels = [(sets[nodes.text].span, f"{sets[nodes.text].count} of them")]
        context.findings.add(
            "E0306", f"there are fewer than {count} hosts in `{nodes.text}`", source.span(nodes), labels=labels
        )
        return False
    return True


def _instants(
    context: Context, constants: Constants, item: ast.Fault, draw: Draw, end: float, duration: float | None
) -> list[float] | None:
    trigger, source = item.trigger, constants.source
    if isinstance(trigger, ast.At):
        at = constants.number(trigger.time, "duration", what="the time of a fault", low=0)
        if at is not None and at > end:
            note = f"the load ends at {end:g} s, the fault comes at {at:g} s"
            context.findings.add(
                "W0401", f"fault `{item.name.text}` comes after the end of the load", source.span(trigger), note=note
            )
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
    if (until - begin) / period > MAX_INSTANTS:
        context.findings.add(
            "E0406", f"more than {MAX_INSTANTS} instants", source.span(trigger), help="a longer period, or `until`"
        )
        return None
    instants = [
        at + jitter * draw.bits(item.name.text, i, "jitter") / 2**64
        for i, at in enumerate(_steps(begin, period, until))
    ]
    if not instants or instants[-1] > end:
        context.findings.add(
            "W0401",
            f"fault `{item.name.text}` comes after the end of the load",
            source.span(trigger),
            note=f"the load ends at {end:g} s",
        )
    return instants


def _steps(begin: float, period: float, until: float) -> Iterator[float]:
    index = 0
    while (at := begin + index * period) < until:
        yield round(at, 9)
        index += 1
