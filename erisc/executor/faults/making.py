"""From an effect and a host to a strike that can be armed."""

from __future__ import annotations

import itertools
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.faults.protocol import Context, HostAction, Strike
from erisc.executor.faults.registry import Known, action_of
from erisc.executor.faults.selectors import SERVER
from erisc.executor.faults.strikes import CalledStrike, HostStrike, Struck
from erisc.executor.schedule import Effect
from erisc.executor.state import Run
from erisc.executor.undo import Undo
from erisc.executor.zones import Host


class Maker:
    """Makes the strikes of one cell."""

    def __init__(self, run: Run, cell: str) -> None:
        self._run = run
        self._cell = cell
        self._numbers = itertools.count(1)

    def strike(self, effect: Effect, host: Host, others: tuple[Host, ...]) -> Strike:
        """Raises Failure when the host must not be struck, or has no such service."""
        service = effect.target.service
        if service and service not in host.services:
            listed = ", ".join(host.services) or "none"
            raise Failure(f"host {host.name} has no service {service!r}; the inventory lists: {listed}")
        self._run.guard.check(host, service)
        name = f"{self._run.id}-{self._cell}-{next(self._numbers):04d}"
        return Strike(name, host, service, others, effect.arguments, effect.duration)

    def struck(self, effect: Effect, strike: Strike) -> Struck:
        """Ready to be armed."""
        action: Known = action_of(effect)
        run = self._run
        if isinstance(action, HostAction):
            if strike.host.connection == SERVER:
                raise Failure(f"the action {effect.action!r} cannot reach into a tenant's server")
            return HostStrike(strike, action, run.channels.of(strike.host), self._register, run.undo.done)
        return CalledStrike(strike, action, context_of(run), run.cloud_arguments(), self._register, run.undo.done)

    def _register(self, kind: str, arguments: dict[str, Any], about: str) -> Undo:
        return self._run.undo.register(kind, arguments, about, cell=self._cell)


def context_of(run: Run) -> Context:
    """What called actions are given."""
    return Context(run.cloud, run.run_dir.private, run.id)
