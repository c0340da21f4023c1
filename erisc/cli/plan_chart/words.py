"""The parts of a Plan in words: times, targets, actions, triggers."""

from __future__ import annotations

from erisc.compiler.plan import (
    Allowance,
    Argument,
    AtIteration,
    Effect,
    Filter,
    Mapping,
    Stage,
    Steps,
    Target,
    When,
    Window,
)

_PARTS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_DURATIONS = ("last", "by", "jitter")
_RATIOS = ("share", "quantile")


def spoken(seconds: float) -> str:
    """`90 s`, `22 min 6 s`, `250 ms`: to the two largest units from two minutes up."""
    if seconds < 1 and seconds:
        return f"{seconds * 1000:g} ms"
    if seconds < 120 and seconds != 60:
        return f"{round(seconds, 1):g} s"
    left, found = round(seconds), []
    for size, unit in _PARTS:
        count, left = divmod(left, size)
        found += [f"{count} {unit}"] if count else []
    return " ".join(found[:2])


def share(ratio: float) -> str:
    """`99.9 %`."""
    return f"{round(ratio * 100, 6):g} %"


_UNITS = {"open": "req/s", "closed": "users", "traffic": "bit/s"}


def level(value: float, model: str) -> str:
    """`50 req/s`, `4 users`, `2.5 Gbit/s`."""
    size, prefix = next((pair for pair in _PREFIXES if value >= pair[0] and model == "traffic"), (1.0, ""))
    return f"{value / size:g} {prefix}{_UNITS[model]}"


def stage_in_words(stage: Stage, model: str) -> str:
    """`hold 4 users for 500 iterations`."""
    length = f"{stage.iterations} iterations" if stage.iterations is not None else spoken(stage.duration or 0)
    if stage.kind == "hold":
        return f"hold {level(stage.level_to, model)} for {length}"
    way = f"{level(stage.level_from, model)} -> {level(stage.level_to, model)}"
    if stage.kind == "step":
        return f"step {way} by {level(stage.height or 0, model)} every {spoken(stage.every or 0)}"
    return f"{stage.kind} {way} over {length}"


def steps_in_words(steps: Steps) -> str:
    """`kill(rabbitmq on one(controller)) for 90 s, then …`; what is done together is joined by `and`."""
    return ", then ".join(" and ".join(_effect(effect) for effect in step) for step in steps)


def _effect(effect: Effect) -> str:
    usual = {"signal": "KILL", "from": "others"}
    told = [f"{name} = {_argument(name, value)}" for name, value in effect.arguments.items if usual.get(name) != value]
    inside = ", ".join((target_in_words(effect.target), *told))
    return f"{effect.action}({inside})" + ("" if effect.duration is None else f" for {spoken(effect.duration)}")


def allowance_in_words(allowance: Allowance) -> str:
    """`all of controller`, `2 of compute`."""
    return f"{'all' if allowance.most is None else allowance.most} of {allowance.nodes}"


def target_in_words(target: Target) -> str:
    """`rabbitmq on any(2, controller)`."""
    nodes = f"{target.topology}.{target.nodes}" if target.topology else target.nodes
    hosts = _hosts(target.selector, nodes, target.count, target.primary, target.where)
    return f"{target.service} on {hosts}" if target.service else hosts


def _hosts(selector: str, nodes: str, count: int, primary: str, where: tuple[Filter, ...]) -> str:
    filters = ", ".join(f'{one.column} {one.operator} "{plain(str(one.value))}"' for one in where)
    named = f"{nodes}[{filters}]" if filters else nodes
    if selector == "primary":
        return f"primary({primary})"
    return f"any({count}, {named})" if selector == "any" else f"{selector}({named})"


def _argument(name: str, value: Argument) -> str:
    if isinstance(value, Mapping):
        given = dict(value.items)
        return f"{given.get('selector')}({given.get('nodes')})"
    if isinstance(value, float) and name in _DURATIONS:
        return spoken(value)
    if isinstance(value, float) and name in _RATIOS:
        return share(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return plain(str(value))


def plain(text: str) -> str:
    """On one line, without what would steer a terminal."""
    return "".join(one if one.isprintable() else "?" for one in " ".join(text.split()))


def trigger_in_words(trigger: AtIteration | When) -> str:
    """`when error_rate(boot, last = 30 s) > 5 % after 10 s, at most 3 times`."""
    if isinstance(trigger, AtIteration):
        return f"at iteration {trigger.iteration} of {trigger.workload}"
    arguments = ", ".join(
        _argument(name, value) if index == 0 else f"{name} = {_argument(name, value)}"
        for index, (name, value) in enumerate(trigger.arguments.items)
    )
    text = f"when {trigger.event}({arguments})"
    if trigger.limit is not None:
        text += f" {trigger.operator} {_limit(trigger.event, trigger.limit)}"
    held = f" after {spoken(trigger.after)}" if trigger.after else ""
    often = "once" if trigger.most == 1 else f"{trigger.most} times"
    return f"{text}{held}, at most {often}"


def _limit(event: str, limit: float) -> str:
    return {"error_rate": share(limit), "latency": spoken(limit), "throughput": f"{limit:g} req/s"}.get(
        event, f"{limit:g}"
    )


def window_in_words(window: Window) -> str:
    """`before mq_crash for 5 min`."""
    text = f"{window.kind} {window.of}" + (f" and {window.to}" if window.to else "")
    return text if window.length is None else f"{text} for {spoken(window.length)}"


def wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words of at most `width` characters; a longer word stands alone and is cut."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [line[:width] for line in lines]
