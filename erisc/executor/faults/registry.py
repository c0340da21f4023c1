"""Actions by name, from the entry-point group `erisc.faults`."""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.executor.bundle import Fault
from erisc.executor.faults.actions import Action


def action_of(fault: Fault) -> Action:
    """The action that a fault names. Raises Failure when there is none, or when the duration does not go with it."""
    known = entry_points("erisc.faults")
    if fault.action not in known:
        there = ", ".join(known)
        raise Failure(
            f"fault {fault.name}: this executor knows no action {fault.action!r}; there are: {there}",
            exit_code=WRONG_CALL,
        )
    action = known[fault.action].load()
    if not isinstance(action, Action):
        raise Failure(f"the plug-in {fault.action!r} of package {known[fault.action].package!r} is no action")
    if action.needs_duration != (fault.duration is not None):
        lacks = "needs a duration" if action.needs_duration else "has no duration"
        raise Failure(f"fault {fault.name}: the action {fault.action!r} {lacks}", exit_code=WRONG_CALL)
    return action
