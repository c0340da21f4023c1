"""What a load worker is told, as JSON on its standard input: secrets come this way, and stay in its memory."""

from __future__ import annotations

import re
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import fields, record, replace
from erisc.executor.loads.task import Task

_OUTPUT = re.compile(r"\{\{ (\w+) \}\}")


@record
class Order:
    """task: its file. iterations: the file that they go to. run: what resources are named after.

    services: addresses and ports (0: not said) of every service of the zone. values: outputs of the stacks,
    `topology__resource`, which stand in arguments as `{{ topology__resource }}`. cloud: how the cell's user logs in,
    see `erisc.executor.loads.openstack.driver`. transport_url: of the message bus.
    """

    task: str
    iterations: str
    run: str
    services: dict[str, list[tuple[str, int]]]
    values: dict[str, Any]
    cloud: dict[str, Any]
    transport_url: str

    def service(self, name: str) -> list[tuple[str, int]]:
        """Address and port of each of its hosts. Raises Failure when no host has it."""
        places = self.services.get(name)
        if not places:
            raise Failure(
                f"no host of the zone runs the service {name!r}",
                mend=f"those that are known: {', '.join(sorted(self.services)) or 'none'}",
                exit_code=WRONG_CALL,
            )
        return [(str(host), int(port)) for host, port in places]

    def filled(self, task: Task) -> Task:
        """The task with the outputs of the stacks in its arguments. Raises Failure naming one that is not there."""
        return replace(task, arguments=self._value(task.arguments))

    def _value(self, argument: Any) -> Any:
        if isinstance(argument, dict):
            return {key: self._value(one) for key, one in argument.items()}
        if isinstance(argument, list):
            return [self._value(one) for one in argument]
        found = _OUTPUT.fullmatch(argument) if isinstance(argument, str) else None
        if found and found[1] not in self.values:
            raise Failure(f"no stack of the cell has the output {found[1]}", exit_code=WRONG_CALL)
        return self.values[found[1]] if found else argument

    def as_dict(self) -> dict[str, Any]:
        """What `Order(**…)` takes."""
        return {name: getattr(self, name) for name in fields(self)}
