"""What a fault does: action, length, and the hosts it strikes."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.plan import Architecture, Target
from erisc.compiler.program import Declared
from erisc.compiler.source import Source, did_you_mean

_LATER = ("minority", "majority", "primary", "each")


def single_effect(context: Context, item: ast.Fault, source: Source) -> ast.Effect | None:
    effects = item.effects.effects
    later = "then" if len(effects) > 1 else "together"
    if len(effects) == 1 and isinstance(effects[0], ast.Effect):
        return effects[0]
    context.findings.add(
        "E0490", f"`{later}` is not supported yet", source.span(item.effects), help="write one fault for each action"
    )
    return None


def planned_effect(
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
    return Target(service.text, nodes.text, selector, count, "", ())


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
