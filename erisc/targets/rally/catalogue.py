"""The scenarios that Rally ships, with their arguments, as `record_catalogue` recorded them."""

from __future__ import annotations

import json
import os

from erisc.base.record import record

_FILE = os.path.join(os.path.dirname(__file__), "catalogue.json")
_loaded: dict[str, str] = {}

REST = "**"
"""The parameter that stands for any further argument."""


@record
class Parameter:
    """An argument of a scenario. resource: the type of what Rally looks up for it (`nova_flavor`), or ""."""

    name: str
    required: bool
    resource: str


def scenarios() -> dict[str, str]:
    """Arguments by scenario, still as text."""
    if not _loaded:
        with open(_FILE, encoding="utf-8") as file:
            _loaded.update(json.load(file)["scenarios"])
    return _loaded


def parameters(scenario: str) -> dict[str, Parameter] | None:
    """The arguments of a scenario by name, in order; `**` is among them when it takes more. None: no such scenario."""
    text = scenarios().get(scenario)
    if text is None:
        return None
    return {parameter.name: parameter for parameter in map(_parameter, text.split())}


def _parameter(word: str) -> Parameter:
    name, _, resource = word.partition(":")
    return Parameter(name.removesuffix("!"), name.endswith("!"), resource)
