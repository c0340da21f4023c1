"""Records the scenarios and contexts that Rally and rally-openstack ship: run it in the drivers' environment, keep its
output.

    python erisc/targets/rally/record_catalogue.py > erisc/targets/rally/catalogue.json

One line a scenario: the names of its arguments; `!` after a required one, then `:` and the resource type when Rally
looks the value up; `**` at the end when it takes further ones. One line a context: the JSON Schema of its
configuration, without words for people. Further arguments are folders or files of plug-ins to load as well
(`erisc catalogue` gives them).
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
    from rally.common.plugin import discover
    from rally.task.context import Context
    from rally.task.scenario import Scenario

    plugins.load()
    for path in sys.argv[1:]:
        discover.load_plugins(path)
    contexts = {context.get_name(): _bare(context.CONFIG_SCHEMA) for context in Context.get_all()}
    scenarios = {scenario.get_name(): describe(scenario) for scenario in Scenario.get_all()}
    return {
        "rally": version("rally"),
        "rally_openstack": version("rally-openstack"),
        "scenarios": dict(sorted(scenarios.items())),
        "contexts": dict(sorted(contexts.items())),
    }


def _bare(schema: Any) -> Any:
    """A JSON Schema without what only people read. A property may have the name of such a word."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties", "definitions"):
            found[key] = {name: _bare(one) for name, one in value.items()}
        elif key not in ("$schema", "description"):
            found[key] = value if key in ("enum", "required") else _bare(value)
    return found


if __name__ == "__main__":
    recorded = record()
    contexts = recorded.pop("contexts")  # a line each, scenarios too
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(schema)}" for name, schema in contexts.items())
    head = json.dumps(recorded, indent=0).removesuffix("\n}")
    sys.stdout.write(f'{head},\n"contexts": {{\n{rows}\n}}\n}}\n')
