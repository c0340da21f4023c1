"""What Rally would refuse, found before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Argument, Mapping, OutputRef, Workload
from erisc.targets.names import check_name, closest, shown
from erisc.targets.rally.catalogue import REST, contexts, parameters, scenarios
from erisc.targets.rally.schema import OPEN, misfits
from erisc.targets.rally.task import taken_apart

LONGEST_KEY = 128
"""Characters; beyond 1024 bytes PyYAML does not see that it is a key."""

OURS = {
    "users": "every cell has a project and a user of its own",
    "cleanup": "what a run made is removed with its project",
    "admin_cleanup": "what a run made is removed with its project",
}
"""Contexts that a spec does not give."""

Outputs = frozenset[tuple[str, str]]
"""Topology and name of what the cell's deployed topologies tell."""


def check_workload(workload: Workload, known: Outputs) -> tuple[Diagnostic, ...]:
    """Everything that keeps a workload from becoming a task; nothing when it can."""
    found = [*check_name("workload", workload.name, workload.span)]
    found += _check_scenario(workload)
    found += _check_value(workload, workload.arguments, known)
    found += _check_contexts(workload)
    return tuple(found)


def _check_scenario(workload: Workload) -> Iterator[Diagnostic]:
    takes = parameters(workload)
    if takes is None:
        summary = f"Rally has no scenario {shown(workload.scenario)}"
        hint = closest(workload.scenario, tuple(scenarios())) or "`rally plugin list --plugin-base Scenario` lists them"
        yield Diagnostic("E0503", summary, workload.span, help=hint)
        return
    given = [name for name, _ in taken_apart(workload)[0].items]
    names = tuple(name for name in takes if name != REST)
    for name in given:
        if name not in names and REST not in takes:
            yield _unknown(workload, name, names)
    for parameter in takes.values():
        if parameter.required and parameter.name not in given:
            summary = f"{workload.scenario} needs the argument `{parameter.name}`"
            yield Diagnostic("E0505", summary, workload.span, help=f"give it: {{ {parameter.name} = … }}")


def _check_contexts(workload: Workload) -> Iterator[Diagnostic]:
    given = taken_apart(workload)[1]
    if given is None:
        return
    if not isinstance(given, Mapping):
        yield Diagnostic("E0510", "`contexts` is a mapping", workload.span, help="write contexts { quotas { … } }")
        return
    for name, value in given.items:
        if name in OURS:
            yield Diagnostic(
                "E0510", f"the context {shown(name)} is erisc's own: {OURS[name]}", workload.span, help="leave it out"
            )
        elif name not in contexts():
            summary = f"Rally has no context {shown(name)}"
            hint = closest(name, tuple(contexts())) or "`rally plugin list --plugin-base Context` lists them"
            yield Diagnostic("E0509", summary, workload.span, help=hint)
        else:
            for one in misfits(_open(value), contexts()[name]):
                where = f"`{one.where}` of the context" if one.where else "the context"
                hint = (
                    closest(one.wrong, one.known) or f"it takes {', '.join(one.known) or 'nothing'}"
                    if one.wrong
                    else ""
                )
                summary = f"{where} {shown(name)} {one.what}"
                yield Diagnostic("E0510", summary, workload.span, help=hint or "Rally would refuse the task")


def _open(value: Argument) -> Any:
    """As the schema sees it; the id of a resource is known when it is deployed."""
    if isinstance(value, OutputRef):
        return OPEN
    if isinstance(value, Mapping):
        return {key: _open(item) for key, item in value.items}
    return [_open(item) for item in value] if isinstance(value, tuple) else value


def _unknown(workload: Workload, name: str, names: tuple[str, ...]) -> Diagnostic:
    takes = f"it takes {', '.join(names)}" if names else "it takes none"
    summary = f"{workload.scenario} has no argument {shown(name)}"
    return Diagnostic("E0504", summary, workload.span, note=takes, help=closest(name, names) or "remove it")


def _check_value(workload: Workload, value: Argument, known: Outputs) -> Iterator[Diagnostic]:
    if isinstance(value, OutputRef):
        yield from _check_reference(workload, value, known)
    elif isinstance(value, Mapping):
        yield from _check_keys(workload, [key for key, _ in value.items])
        for _, item in value.items:
            yield from _check_value(workload, item, known)
    elif isinstance(value, tuple):
        for item in value:
            yield from _check_value(workload, item, known)
    elif isinstance(value, float) and value - value != 0:  # NaN or infinite
        summary = f"an argument of {workload.scenario} is {value}"
        yield Diagnostic("E0532", summary, workload.span, help="give a finite number")


def _check_keys(workload: Workload, keys: list[str]) -> Iterator[Diagnostic]:
    for index, key in enumerate(keys):
        wrong = "is given twice" if key in keys[:index] else "is too long" if len(key) > LONGEST_KEY else ""
        if wrong:
            summary = f"the key {shown(key)} {wrong}"
            help_text = f"keys of one mapping must differ and have at most {LONGEST_KEY} characters"
            yield Diagnostic("E0507", summary, workload.span, help=help_text)


def _check_reference(workload: Workload, reference: OutputRef, known: Outputs) -> Iterator[Diagnostic]:
    if (reference.topology, reference.resource) not in known:
        name = f"{reference.topology}.{reference.resource}"
        hint = closest(name, tuple(f"{topology}.{resource}" for topology, resource in known))
        summary = f"no deployed topology gives {shown(name)}"
        yield Diagnostic("E0506", summary, workload.span, help=hint or "add the topology to the experiment's `use`")
