"""Actions by name, from the entry-point group `erisc.faults`."""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.executor.faults.actions import Action
from erisc.executor.schedule import Effect


def action_of(effect: Effect) -> Action:
    """The action that an effect names. Raises Failure when there is none, or when the duration does not go with it."""
    known = entry_points("erisc.faults")
    if effect.action not in known:
        there = ", ".join(known)
        raise Failure(
            f"this executor knows no action {effect.action!r}; there are: {there}",
            exit_code=WRONG_CALL,
        )
    action = known[effect.action].load()
    if not isinstance(action, Action):
        raise Failure(f"the plug-in {effect.action!r} of package {known[effect.action].package!r} is no action")
    if action.needs_duration != (effect.duration is not None):
        lacks = "needs a duration" if action.needs_duration else "has no duration"
        raise Failure(f"the action {effect.action!r} {lacks}", exit_code=WRONG_CALL)
    return action
