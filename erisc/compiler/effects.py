"""What a fault does: actions on targets, one after the other or together, each with its end."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.lasting import lasts
from erisc.compiler.plan import Architecture, Effect, Span, Steps, Target
from erisc.compiler.plan import Mapping as Arguments
from erisc.compiler.program import Declared
from erisc.compiler.selectors import Place, hosts_target, servers_target, service_target
from erisc.compiler.signatures import Call, Signature
from erisc.compiler.topologies import build_topology

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 366 * 86400
"""Of an effect, s."""
MAX_EFFECTS = 100
"""Of one fault."""


@record
class Blueprint:
    """A fault but for its draws. actions: per step, (action, target, arguments, duration in s or None, span).

    length: s until it has ended; what is over by itself counts as no time.
    """

    actions: tuple[tuple[tuple[str, Target, Arguments, float | None, Span], ...], ...]
    length: float

    def drawn(self, bits: Callable[[str], int]) -> Steps:
        """The steps of one instance. bits: purpose -> 64 bits."""
        return tuple(
            tuple(Effect(*one[:4], bits(_purpose(step, index)), one[4]) for index, one in enumerate(together))
            for step, together in enumerate(self.actions)
        )


def _purpose(step: int, index: int) -> str:
    """What the draw of an effect's hosts is for. The first effect's is the same whatever follows it."""
    return f"choice:{step}.{index}" if step or index else "choice"


def blueprint(
    context: Context, constants: Constants, item: ast.Fault, architecture: Architecture | None
) -> Blueprint | None:
    """What a fault does; None when it was refused."""
    groups = [_flat(group) for group in item.effects.effects]
    if sum(map(len, groups)) > MAX_EFFECTS:
        span = constants.source.span(item.effects)
        context.findings.add("E0406", f"a fault has at most {MAX_EFFECTS} effects", span, help="make it several faults")
        return None
    made = [[_effect(context, constants, effect, architecture) for effect in group] for group in groups]
    if architecture is None or any(one is None for group in made for one in group):
        return None
    actions = tuple(tuple(one for one in group if one is not None) for group in made)
    steps = Blueprint(actions, 0.0).drawn(lambda _: 0)
    names = {effect.target.topology for step in steps for effect in step} - {""}
    topologies = [build_topology(context, context.program.names["topology"][name]) for name in sorted(names)]
    return Blueprint(actions, lasts(steps, (*architecture.nodes, *topologies)))


def _flat(group: ast.Effect | ast.Together) -> list[ast.Effect]:
    """The effects that begin at once; `together` in `together` says nothing more."""
    if isinstance(group, ast.Effect):
        return [group]
    return [
        effect for inner in group.effects if isinstance(inner, ast.Effect | ast.Together) for effect in _flat(inner)
    ]


def _effect(
    context: Context, constants: Constants, effect: ast.Effect, architecture: Architecture | None
) -> tuple[str, Target, Arguments, float | None, Span] | None:
    action = context.find("action", effect.call.function.word, constants.source)
    duration, sound = _duration(context, constants, effect, action)
    if action is None:
        return None
    target = _target(Place(context, constants, architecture), effect.call, action)
    call = Call(effect.call, action, architecture, 1, "action")
    arguments = Signature(context, constants).bind(call) if effect.call.arguments else None
    if target is None or arguments is None or not sound:
        return None
    return effect.call.function.word.text, target, arguments, duration, constants.source.span(effect)


def _target(place: Place, call: ast.Call, action: Declared) -> Target | None:
    """The first argument: a service on hosts, hosts, or servers, as the action declares."""
    word, source = call.function.word.text, place.constants.source
    first = call.arguments[0] if call.arguments else None
    struck = strikes(action)
    hosts = struck == "hosts"
    if first is None or isinstance(first, ast.Placed) != (struck == "service"):
        form, takes = _TAKES[struck]
        form, fix = word + form, None
        if hosts and isinstance(first, ast.Placed):
            fix = (source.span(first), source.quote(first.where))
            form = f"{word}({fix[1]})"
        place.context.findings.add("E0309", f"`{word}` takes {takes}", source.span(call), help=f"write {form}", fix=fix)
        return None
    if struck == "servers":
        return servers_target(place, first)
    return service_target(place, first) if isinstance(first, ast.Placed) else hosts_target(place, first)


_TAKES = {
    "service": ("(rabbitmq on one(controller))", "a service and where it runs"),
    "hosts": ("(one(controller))", "hosts"),
    "servers": ("(one(tenant.web))", "servers of a topology"),
}
"""What an action strikes: an example, and the words for it."""


def strikes(action: Declared) -> str:
    """`service`, `hosts` or `servers`: the type of the first parameter."""
    parameters = action.node.parameters
    type_ = parameters[0].type.text if parameters and parameters[0].type is not None else ""
    return type_ if type_ in _TAKES else "service"


def _duration(
    context: Context, constants: Constants, effect: ast.Effect, action: Declared | None
) -> tuple[float | None, bool]:
    length = None
    if effect.length is not None:
        length = constants.number(effect.length, "duration", what="the length of a fault", low=0, high=LONGEST)
        if length is None:
            return None, False
        if length == 0:
            context.findings.add("E0401", "this fault has no length", constants.source.span(effect.length))
            return None, False
    if action is None:
        return length, False
    return length, _ends_once(context, constants, effect, ends_itself(action))


def _ends_once(context: Context, constants: Constants, effect: ast.Effect, by_itself: bool) -> bool:
    """Every effect ends, by `for` or by itself, not both."""
    source, name = constants.source, effect.call.function.word.text
    if effect.length is None and not by_itself:
        note = "every fault ends: what is broken must be healed again"
        fix = (source.between(effect.end, effect.end), " for 30 s")
        summary = f"`{name}` needs to know for how long"
        context.findings.add("E0401", summary, source.span(effect), note=note, help="add e.g. `for 30 s`", fix=fix)
        return False
    if effect.length is not None and by_itself:
        span = source.span(effect.length)
        context.findings.add("E0402", f"`{name}` is over by itself", span, help="leave out the `for`")
        return False
    return True


def ends_itself(action: Declared) -> bool:
    """Whether an action is over when it is done."""
    return any(
        field.key.text == "ends" and isinstance(field.value, ast.String) and field.value.word.text == '"itself"'
        for field in action.node.block.fields
    )
