"""A workload as a Rally task, format v2 (rally.readthedocs.io, "Rally input task format v2").

Rally renders a task as a Jinja2 template and reads the result as YAML. So every opening brace of the author's text is
written `\\u007b`, which no template engine takes for a tag and every JSON and YAML reader for a brace; what is meant as
a template variable is a `_Variable`.
"""

from __future__ import annotations

from typing import Any

from erisc.base import json_text
from erisc.compiler.plan import Argument, Mapping, OutputRef, Workload
from erisc.targets.names import variable
from erisc.targets.rally.catalogue import Parameter, parameters
from erisc.targets.staged import staged

CONTEXTS = "contexts"
_NAMED = {
    "cinder_volume_type": {"accurate": True},
    "glance_image": {"accurate": True},
    "nova_flavor": {"accurate": True},
    "neutron_network": {},
    "watcher_goal": {},
    "watcher_strategy": {},
}
"""Resource types that Rally looks up by name. Unless told to be accurate it takes a name for a pattern."""


class _Variable(str):
    """Text that is a template."""

    __slots__ = ()


def task(workload: Workload) -> bytes:
    """The task file of a workload that `check_workload` found nothing wrong with."""
    return written(document(workload))


def written(made: dict[str, Any]) -> bytes:
    """A task as text, in which nothing but what is meant as a template is one."""
    return json_text.dump(made, quote=_quote)


def document(workload: Workload) -> dict[str, Any]:
    """The task of a workload, before it is written."""
    arguments, contexts = taken_apart(workload)
    subtask: dict[str, Any] = {
        "title": workload.name,
        "scenario": {workload.scenario: _arguments(workload, arguments)},
        "runner": {"erisc_staged": staged(workload)},
        # Left out, Rally puts in an SLA of its own: not one iteration may fail. What passes is for the verdict to say.
        "sla": {},
    }
    if contexts is not None:
        subtask["contexts"] = _plain(contexts)
    return {"version": 2, "title": workload.name, "subtasks": [subtask]}


def _quote(text: str) -> str:
    quoted = json_text.quote(text)
    return quoted if isinstance(text, _Variable) else quoted.replace("{", "\\u007b")


def taken_apart(workload: Workload) -> tuple[Mapping, Argument | None]:
    """The scenario's arguments, and Rally's contexts, None when there are none. No scenario has such an argument."""
    rest = tuple((name, value) for name, value in workload.arguments.items if name != CONTEXTS)
    return Mapping(rest), dict(workload.arguments.items).get(CONTEXTS)


def _arguments(workload: Workload, arguments: Mapping) -> dict[str, Any]:
    known = parameters(workload) or {}
    return {name: _typed(value, known.get(name)) for name, value in arguments.items}


def _typed(value: Argument, parameter: Parameter | None) -> Any:
    """`"m1.tiny"` where Rally wants a flavor is `{"name": "m1.tiny"}`, a reference is `{"id": …}`."""
    resource = parameter.resource if parameter else ""
    if resource in _NAMED and isinstance(value, str):
        return {"name": value, **_NAMED[resource]}
    if resource in _NAMED and isinstance(value, OutputRef):
        return {"id": _plain(value)}
    return _plain(value)


def _plain(value: Argument) -> Any:
    if isinstance(value, OutputRef):
        return _Variable(f"{{{{ {variable(value)} }}}}")
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
