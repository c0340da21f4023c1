"""The scenarios and contexts that Rally ships, with their arguments, as `record_catalogue` recorded them."""

from __future__ import annotations

import json
import os
from typing import Any

from erisc.base.record import record
from erisc.compiler.plan import Workload

_FILE = os.path.join(os.path.dirname(__file__), "catalogue.json")
_loaded: dict[str, dict[str, Any]] = {}

REST = "**"
"""The parameter that stands for any further argument."""


@record
class Parameter:
    """An argument of a scenario. resource: the type of what Rally looks up for it (`nova_flavor`), or ""."""

    name: str
    required: bool
    resource: str


def _part(name: str) -> dict[str, Any]:
    if not _loaded:
        with open(_FILE, encoding="utf-8") as file:
            _loaded.update(json.load(file))
    return _loaded[name]


def scenarios() -> dict[str, str]:
    """Arguments by scenario, still as text."""
    return _part("scenarios")


def contexts() -> dict[str, dict[str, Any]]:
    """The JSON Schema of the configuration of each of Rally's contexts."""
    return _part("contexts")


def parameters(workload: Workload) -> dict[str, Parameter] | None:
    """The arguments of a workload's scenario by name, in order; `**` is among them when it takes more. None: no such
    scenario. What a catalogue of the spec's says goes before what Rally ships.
    """
    text = scenarios().get(workload.scenario) if workload.takes is None else workload.takes
    if text is None:
        return None
    return {parameter.name: parameter for parameter in map(_parameter, text.split())}


def _parameter(word: str) -> Parameter:
    name, _, resource = word.partition(":")
    return Parameter(name.removesuffix("!"), name.endswith("!"), resource)
