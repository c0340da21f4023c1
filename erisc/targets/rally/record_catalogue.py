"""Records the scenarios that Rally and rally-openstack ship: run it in the drivers' environment, keep its output.

    python erisc/targets/rally/record_catalogue.py > erisc/targets/rally/catalogue.json

One line a scenario: the names of its arguments; `!` after a required one, then `:` and the resource type when Rally
looks the value up; `**` at the end when it takes further ones.
"""

from __future__ import annotations

import inspect
import json
import sys
from importlib.metadata import version
from typing import Any


def describe(scenario: Any) -> str:
    """The arguments of one scenario class, in the order of its `run`."""
    types = scenario._meta_get("preprocessors", default={})
    words = []
    for parameter in list(inspect.signature(scenario.run).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            words.append("**")
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            needed = "!" if parameter.default is parameter.empty else ""
            resource = types.get(parameter.name, {}).get("type", "")
            words.append(f"{parameter.name}{needed}{':' * bool(resource)}{resource}")
    return " ".join(words)


def record() -> dict[str, Any]:
    """Versions, and every scenario by name."""
    from rally import plugins
    from rally.task.scenario import Scenario

    plugins.load()
    scenarios = {scenario.get_name(): describe(scenario) for scenario in Scenario.get_all()}
    return {
        "rally": version("rally"),
        "rally_openstack": version("rally-openstack"),
        "scenarios": dict(sorted(scenarios.items())),
    }


if __name__ == "__main__":
    json.dump(record(), sys.stdout, indent=0)
    sys.stdout.write("\n")
