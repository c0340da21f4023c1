"""What the load drivers of erisc's own would refuse, found before anything is deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from erisc.base.home import data_file
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Architecture, Argument, Mapping, OutputRef, Workload
from erisc.targets.names import check_name, closest, shown

Outputs = frozenset[tuple[str, str]]
"""Topology and name of what the cell's deployed topologies tell."""

_loaded: dict[str, Any] = {}
_REQUEST = re.compile(
    r"(?:[A-Z]+ )?https?://(?:\{(?P<service>[\w-]+)\}|[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?:/[^\s#]*)?"
)
_VARIABLE = re.compile(r"\{\{ *\w+ *\}\}")
"""What the drivers read as the value of a tenant resource."""


def check_load(workload: Workload, architecture: Architecture, known: Outputs) -> tuple[Diagnostic, ...]:
    """Everything that keeps a workload from becoming a load task; nothing when it can."""
    found = [*check_name("workload", workload.name, workload.span)]
    if workload.driver == "http":
        found += _check_request(workload, architecture)
    found += _check_operation(workload)
    found += _check_value(workload, workload.arguments, known)
    return tuple(found)


def _check_request(workload: Workload, architecture: Architecture) -> Iterator[Diagnostic]:
    match = _REQUEST.fullmatch(workload.scenario)
    if match is None:
        summary = f"{shown(workload.scenario)} is no request"
        yield Diagnostic("E0561", summary, workload.span, help='write e.g. http("GET http://{web}/index.html")')
        return
    services = tuple(service.name for service in architecture.services)
    name = match["service"]
    if name is not None and name not in services:
        summary = f"the architecture has no service {shown(name)}"
        hint = closest(name, services) or f"it has {', '.join(services)}"
        yield Diagnostic("E0561", summary, workload.span, help=hint)


def operations() -> dict[str, Any]:
    """What the drivers can do: by driver, `parameters` of all its operations and `operations` by name."""
    if not _loaded:
        with open(data_file("stdlib", "operations.json"), encoding="utf-8") as file:
            _loaded.update(json.load(file))
    return _loaded


def _check_operation(workload: Workload) -> Iterator[Diagnostic]:
    driver = operations()[workload.driver]
    names = tuple(driver.get("operations", ()))
    if names and workload.scenario not in names:
        summary = f"{workload.driver} has no operation {shown(workload.scenario)}"
        hint = closest(workload.scenario, names) or f"it has {', '.join(names)}"
        yield Diagnostic("E0563", summary, workload.span, help=hint)
        return
    own = driver["operations"][workload.scenario] if names else {}
    known = driver["parameters"] | (own["parameters"] if isinstance(own, dict) and names else {})
    given = dict(workload.arguments.items)
    for name, value in given.items():
        if name not in known:
            takes = f"it takes {', '.join(known)}"
            hint = closest(name, tuple(known)) or "remove it"
            summary = f"{shown(workload.scenario)} has no argument {shown(name)}"
            yield Diagnostic("E0564", summary, workload.span, note=takes, help=hint)
        elif not _fits(value, known[name]["type"]):
            summary = f"the argument {shown(name)} of {shown(workload.scenario)} is of another type"
            about = f"it is {known[name]['about']}"
            kinds = known[name]["type"]
            due = " or ".join(kinds) if isinstance(kinds, list) else kinds
            yield Diagnostic("E0564", summary, workload.span, note=about, help=f"give {_article(due)}")
    for name, one in known.items():
        if "default" not in one and name not in given:
            summary = f"{shown(workload.scenario)} needs the argument `{name}`"
            note, help_ = f"it is {one['about']}", f"give it: {{ {name} = … }}"
            yield Diagnostic("E0564", summary, workload.span, note=note, help=help_)


def _article(what: str) -> str:
    """`an integer`, `a list`."""
    return f"{'an' if what[:1] in 'aeiou' else 'a'} {what}"


def _fits(value: Argument, type_: str | list[str]) -> bool:
    """Whether a value is of a type of JSON; the id of a resource is a string."""
    kinds: set[str] = set(type_ if isinstance(type_, list) else [type_])
    if isinstance(value, bool):
        return "boolean" in kinds
    if isinstance(value, OutputRef | str):
        return "string" in kinds
    if isinstance(value, Mapping | tuple):
        return ("object" if isinstance(value, Mapping) else "list") in kinds
    return "number" in kinds or ("integer" in kinds and value == int(value))


def _check_value(workload: Workload, value: Argument, known: Outputs) -> Iterator[Diagnostic]:
    if isinstance(value, OutputRef):
        if (value.topology, value.resource) not in known:
            name = f"{value.topology}.{value.resource}"
            hint = closest(name, tuple(f"{topology}.{resource}" for topology, resource in known))
            summary = f"no deployed topology gives {shown(name)}"
            yield Diagnostic("E0506", summary, workload.span, help=hint or "add the topology to the experiment's `use`")
    elif isinstance(value, Mapping):
        for _, item in value.items:
            yield from _check_value(workload, item, known)
    elif isinstance(value, tuple):
        for item in value:
            yield from _check_value(workload, item, known)
    elif isinstance(value, str) and _VARIABLE.search(value):
        summary = f"{shown(value)} would be read as the id of a tenant resource"
        help_ = "name the resource without quotes: topology.resource"
        yield Diagnostic("E0562", summary, workload.span, help=help_)
    elif isinstance(value, float) and value - value != 0:  # NaN or infinite
        summary = f"an argument of {shown(workload.name)} is {value}"
        yield Diagnostic("E0532", summary, workload.span, help="give a finite number")
