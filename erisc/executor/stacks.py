"""Heat stacks: deploy a bundle's template, hand out its outputs, delete it."""

from __future__ import annotations

import math
import time
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.cloud import BusyError, Cloud, errors
from erisc.executor.sweeping import STUCK

DEPLOY = 600.0
"""s a stack may take to be made."""
_POLL = 0.5


def create(tenant: Cloud, name: str, template: str) -> None:
    """Ask Heat for the stack. template: the HOT file. Raises Failure when Heat refuses it."""
    with open(template, encoding="utf-8") as file:
        content = file.read()  # Heat parses it: our reader would make a date of heat_template_version
    with errors(f"stack {name!r} was refused by Heat"):
        tenant.orchestration.create_stack(name=name, template=content, timeout_mins=int(DEPLOY // 60) + 1)


def wait_complete(tenant: Cloud, name: str) -> dict[str, Any]:
    """Wait until the stack is there; its outputs. Raises Failure quoting Heat's reason when it fails."""
    deadline = time.monotonic() + DEPLOY
    while True:
        with errors(f"stack {name!r}"):
            stack = tenant.orchestration.get_stack(name)
        if stack.status == "CREATE_COMPLETE":
            return {output["output_key"]: output.get("output_value") for output in stack.outputs or []}
        if stack.status.endswith("FAILED"):
            raise Failure(
                f"stack {name!r} failed", detail=_reasons(tenant, stack), mend="mend the topology or the zone"
            )
        if time.monotonic() > deadline:
            raise Failure(
                f"stack {name!r} was not there after {DEPLOY:g} s: {stack.status}", detail=_reasons(tenant, stack)
            )
        time.sleep(_POLL)


def _reasons(tenant: Cloud, stack: Any) -> str:
    """The reasons of the resources that failed, else Heat's own."""
    lines = []
    with errors(f"stack {stack.name!r}"):
        for resource in tenant.orchestration.resources(stack):
            if str(resource.status).endswith("FAILED"):
                lines.append(f"{resource.name}: {resource.status_reason}")
    return "\n".join(lines or [str(stack.status_reason)])


def delete(scoped: Cloud, name: str, within: float = 180.0) -> None:
    """Delete the stack and wait until it is gone; no error when it is not there. within: s.

    Raises Failure when it does not go.
    """
    deadline = time.monotonic() + within
    asked = [-math.inf]
    while True:
        try:
            state = _delete_step(scoped, name, asked)
        except BusyError as error:  # Heat waits for the broker, too
            state = error.what
        if not state:
            return
        if time.monotonic() > deadline:
            raise Failure(f"stack {name!r} is still there after {within:g} s: {state}")
        time.sleep(_POLL)


def _delete_step(scoped: Cloud, name: str, asked: list[float]) -> str:
    """Look, and ask for the deletion unless it is on its way, or has been for so long that it was lost with the broker
    that carried it. Returns the stack's state, "" when it is gone. asked: the last time, CLOCK_MONOTONIC s; noted here.
    """
    with errors(f"stack {name!r} cannot be deleted"):
        stack = scoped.orchestration.find_stack(name)
        if stack is None or stack.status == "DELETE_COMPLETE":
            return ""
        if stack.status != "DELETE_IN_PROGRESS" or time.monotonic() - asked[0] > STUCK:
            scoped.orchestration.delete_stack(stack, ignore_missing=True)
            asked[0] = time.monotonic()
        return f"{stack.status} {stack.status_reason}"
