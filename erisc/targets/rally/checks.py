"""What Rally would refuse, found before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Argument, Mapping, OutputRef, Workload
from erisc.targets.names import check_name, closest, shown
from erisc.targets.rally.catalogue import REST, parameters, scenarios

LONGEST_KEY = 128
"""Characters; beyond 1024 bytes PyYAML does not see that it is a key."""

Outputs = frozenset[tuple[str, str]]
"""Topology and name of what the cell's deployed topologies tell."""


def check_workload(workload: Workload, known: Outputs) -> tuple[Diagnostic, ...]:
    """Everything that keeps a workload from becoming a task; nothing when it can."""
    found = [*check_name("workload", workload.name, workload.span)]
    found += _check_scenario(workload)
    found += _check_value(workload, workload.arguments, known)
    return tuple(found)


def _check_scenario(workload: Workload) -> Iterator[Diagnostic]:
    takes = parameters(workload.scenario)
    if takes is None:
        summary = f"Rally has no scenario {shown(workload.scenario)}"
        hint = closest(workload.scenario, tuple(scenarios())) or "`rally plugin list --plugin-base Scenario` lists them"
        yield Diagnostic("E0503", summary, workload.span, help=hint)
        return
    given = [name for name, _ in workload.arguments.items]
    names = tuple(name for name in takes if name != REST)
    for name in given:
        if name not in names and REST not in takes:
            yield _unknown(workload, name, names)
    for parameter in takes.values():
        if parameter.required and parameter.name not in given:
            summary = f"{workload.scenario} needs the argument `{parameter.name}`"
            yield Diagnostic("E0505", summary, workload.span, help=f"give it: {{ {parameter.name} = … }}")


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
