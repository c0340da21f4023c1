"""Faults whose instant only the run can tell: at an iteration, or when an event of the run holds."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.library import builtin
from erisc.compiler.plan import Architecture, AtIteration, Span, When
from erisc.compiler.program import Declared, Program
from erisc.compiler.quantities import a
from erisc.compiler.signatures import Call, Signature
from erisc.compiler.source import Findings, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST = 1
"""How often a reaction strikes unless the author says."""
_LATEST = 10**9
"""Number of an iteration."""


def events(program: Program) -> dict[str, Declared]:
    """The events of the standard library by name; read when the first `when` asks for them."""
    if not program.names["event"]:
        builtin(program, "events", Findings())
    return program.names["event"]


def at_iteration(context: Context, constants: Constants, trigger: ast.AtIteration) -> AtIteration | None:
    """`at iteration 500 of boot`: a number or a parameter."""
    word = trigger.number
    kind = ast.Name if word.text[:1].isalpha() or word.text[:1] == "_" else ast.Number
    node = kind(word.start, word.end, word)
    number = constants.whole(node, what="the number of an iteration", low=1, high=_LATEST)
    workload = context.find("workload", trigger.workload, constants.source)
    if number is None or workload is None:
        return None
    return AtIteration(trigger.workload.text, number)


def when(
    context: Context, constants: Constants, trigger: ast.When, fault: str, architecture: Architecture | None
) -> When | None:
    """`when error_rate(boot, last = 30 s) > 5 % after 10 s at most 3`."""
    found = _event(context, constants, trigger.condition)
    if found is None or not isinstance(trigger.condition, ast.Call):
        return None
    arguments = Signature(context, constants).bind(Call(trigger.condition, found, architecture, 0, "event"))
    limit = _limit(constants, trigger, found)
    after = 0.0
    if trigger.after is not None:
        held = constants.number(trigger.after, "duration", what="the time it must hold", low=0, high=366 * 86400)
        after = -1.0 if held is None else float(held)
    most: int | None = MOST
    if trigger.most is not None:
        most = constants.whole(trigger.most, what="how often the fault strikes", low=1, high=10_000)
    if arguments is None or limit is None or after < 0 or most is None:
        return None
    if dict(arguments.items).get("fault") == fault and found.node.name.text in ("started", "ended"):
        span = constants.source.span(trigger.condition)
        context.findings.add("E0415", f"fault `{fault}` waits for itself", span, help="name another fault")
        return None
    return When(found.node.name.text, arguments, *limit, after, most)


def _event(context: Context, constants: Constants, node: ast.Node) -> Declared | None:
    known = events(context.program)
    source = constants.source
    if not isinstance(node, ast.Call):
        help_ = f"events are {', '.join(f'`{name}`' for name in known)}"
        context.findings.add("E0309", "`when` waits for an event", source.span(node), help=help_)
        return None
    word = node.function.word
    if word.text not in known:
        span, guess = source.span(word), nearest(word.text, known)
        fix = (span, guess) if guess else None
        help_ = did_you_mean(word.text, known)
        context.findings.add("E0201", f"there is no event `{word.text}`", span, help=help_, fix=fix)
    return known.get(word.text)


def event_type(event: Declared) -> str:
    """The type of what an event compares; "" when it happens or not."""
    for field in event.node.block.fields:
        if field.key.text == "type" and isinstance(field.value, ast.String):
            return str(field.value.word.text[1:-1])
    return ""


def _limit(constants: Constants, trigger: ast.When, event: Declared) -> tuple[str, float | None] | None:
    """Operator and limit; a quantity needs them, an event has none."""
    name, type_, findings = event.node.name.text, event_type(event), constants.findings
    span = constants.source.span(trigger.condition)
    if trigger.operator is None or trigger.right is None:
        if not type_:
            return "", None
        end = constants.source.between(trigger.condition.end, trigger.condition.end)
        example = _LIMITS[type_]
        help_ = f"compare it: `> {example}`"
        summary = f"`{name}` is {a(type_)}: when does it matter?"
        findings.add("E0414", summary, span, help=help_, fix=(end, f" > {example}"))
        return None
    where = constants.source.between(trigger.operator.start, trigger.right.end)
    if not type_:
        findings.add("E0414", f"`{name}` happens or not: there is nothing to compare", where, help="leave it out")
        return None
    if trigger.operator.text in ("==", "!="):
        place = constants.source.span(trigger.operator)
        findings.add("E0414", "a measured value is hardly ever equal", place, help="use `<`, `<=`, `>` or `>=`")
        return None
    limit = constants.number(trigger.right, type_, what=f"the limit of `{name}`")
    return None if limit is None else (trigger.operator.text, float(limit))


_LIMITS = {"ratio": "5 %", "duration": "2 s", "rate": "10 req/s", "count": "100", "number": "0"}


def reactions_fit(context: Context, faults: Iterable[Declared], workloads: set[str], where: Span) -> None:
    """Every workload and fault that a reaction waits for is used by the experiment, whose name is at `where`."""
    faults = tuple(faults)
    used = workloads | {item.name.text for declared in faults for item in declared.node.items}
    for declared in faults:
        for item in declared.node.items:
            for word in _awaited(context, item.trigger):
                if word.text not in used:
                    summary = f"fault `{item.name.text}` waits for `{word.text}`, which the experiment does not use"
                    context.findings.add(
                        "E0212", summary, declared.source.span(word), labels=[(where, "add it to its `use`")]
                    )


def servers_fit(context: Context, faults: Iterable[Declared], topologies: set[str], where: Span) -> None:
    """Every topology whose servers a fault strikes is used by the experiment, whose name is at `where`."""
    for declared in faults:
        for item in declared.node.items:
            for node in _attributes(item.effects):
                name = node.word.text
                if name in context.program.names["topology"] and name not in topologies:
                    summary = f"fault `{item.name.text}` strikes servers of `{name}`, which the experiment does not use"
                    labels = [(where, "add it to its `use`")]
                    context.findings.add("E0212", summary, declared.source.span(node), labels=labels)


def _attributes(node: ast.Effects | ast.Effect | ast.Together) -> Iterator[ast.Name]:
    """`tenant` of every `tenant.web` that is struck."""
    if not isinstance(node, ast.Effect):
        for inner in node.effects:
            yield from _attributes(inner)  # type: ignore[arg-type]
        return
    first = node.call.arguments[0] if node.call.arguments else None
    of = first.arguments[-1] if isinstance(first, ast.Call) and first.arguments else first
    if isinstance(of, ast.Attribute) and isinstance(of.of, ast.Name):
        yield of.of


def _awaited(context: Context, trigger: ast.Node) -> Iterator[ast.Word]:
    """Names of workloads and faults that a trigger waits for."""
    if isinstance(trigger, ast.AtIteration):
        yield trigger.workload
    if isinstance(trigger, ast.When) and isinstance(trigger.condition, ast.Call):
        names = context.program.names
        faults = {item.name.text for declared in names["faults"].values() for item in declared.node.items}
        for argument in trigger.condition.arguments:
            node = argument.value if isinstance(argument, ast.Named) else argument
            if isinstance(node, ast.Name) and (node.word.text in faults or node.word.text in names["workload"]):
                yield node.word
