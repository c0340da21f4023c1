"""Actions by name, from the entry-point group `erisc.faults`."""

from __future__ import annotations

from typing import Any, TypeAlias

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import entry_points
from erisc.executor.faults.protocol import CalledAction, HostAction
from erisc.executor.schedule import Effect

Known: TypeAlias = HostAction | CalledAction
_CALLED = ("name", "strikes", "lacks", "undo", "inject", "heal")


def action_of(effect: Effect) -> Known:
    """The action that an effect names. Raises Failure when there is none, or when it does not go with the effect."""
    action = _named(effect.action)
    if (action.strikes == "service") != bool(effect.target.service):
        what = "a service" if action.strikes == "service" else action.strikes
        raise Failure(f"the action {effect.action!r} strikes {what}", exit_code=WRONG_CALL)
    return action


def called_action(name: str) -> CalledAction:
    """Raises Failure when there is no such action, or it is one of a host."""
    action = _named(name)
    if isinstance(action, HostAction):
        raise Failure(f"the action {name!r} is done on a host")
    return action


def _named(name: str) -> Known:
    known = entry_points("erisc.faults")
    if name not in known:
        there = ", ".join(known)
        raise Failure(f"this executor knows no action {name!r}; there are: {there}", exit_code=WRONG_CALL)
    action: Any = known[name].load()
    if not isinstance(action, HostAction) and not all(hasattr(action, each) for each in _CALLED):
        raise Failure(f"the plug-in {name!r} of package {known[name].package!r} is no action")
    found: Known = action
    return found
