"""Faults as data for scripts of other tools: what a tool can do, by a table of its calls, and what is left out."""

from __future__ import annotations

import os
from _collections_abc import Callable, Iterator  # not what imports all of `collections`
from typing import Any

from erisc.base import json_text
from erisc.base.failure import BROKEN_BED, Failure
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic, Label
from erisc.compiler.plan import AtIteration, Cell, Effect, Fault, Mapping, Plan, Reaction, Span
from erisc.targets.faults import steps_of
from erisc.targets.names import is_usable, shown
from erisc.targets.protocol import Files

FORMAT = 1
Call = Callable[[Effect], dict[str, Any] | str]
"""How a tool does an effect: what its script needs, or why it cannot, in words."""


@record
class Left:
    """A fault that the tool cannot play, and why."""

    name: str
    why: str
    span: Span


@record
class Tool:
    """An external tool. calls: by action. at_iterations: whether it can strike at an iteration of a workload."""

    name: str
    code: str
    calls: dict[str, Call]
    at_iterations: bool = False


def left_out(tool: Tool, cell: Cell) -> tuple[Left, ...]:
    """Every fault of a cell that the tool cannot play; instances of one fault count once."""
    found: dict[str, Left] = {}
    for fault in strikers(cell):
        if fault.name not in found and (why := _why(tool, fault)):
            found[fault.name] = Left(fault.name, why, fault.span)
    return tuple(found.values())


def strikers(cell: Cell) -> tuple[Fault | Reaction, ...]:
    """The planned faults of a cell, and those that wait for something."""
    return (*cell.faults, *cell.reactions)


def _why(tool: Tool, fault: Fault | Reaction) -> str:
    """ "" when the tool can play the fault."""
    if isinstance(fault, Reaction) and not (tool.at_iterations and isinstance(fault.trigger, AtIteration)):
        return f"{tool.name} watches no events of a run"
    for effect in (effect for step in fault.steps for effect in step):
        made = _made(tool, effect)
        if isinstance(made, str):
            return made
    return ""


def _made(tool: Tool, effect: Effect) -> dict[str, Any] | str:
    if effect.target.service and not is_usable(effect.target.service):
        return "the name of its service is no identifier"
    if effect.target.topology:
        return "it strikes servers of a tenant"
    if "primary" in (effect.target.selector, _selector_of_others(effect)):
        return f"{tool.name} asks no service for its primary"
    call = tool.calls.get(effect.action)
    return f"{tool.name} has no {shown(effect.action)}" if call is None else call(effect)


def _selector_of_others(effect: Effect) -> str:
    meant = dict(effect.arguments.items).get("from")
    return str(dict(meant.items).get("selector")) if isinstance(meant, Mapping) else ""


def content(tool: Tool, plan: Plan, cell: Cell) -> bytes:
    """faults.json: what the scripts play, and what they leave out."""
    left = left_out(tool, cell)
    lost = {one.name for one in left}
    nodes = plan.architectures[cell.architecture].nodes
    ordered = sorted(cell.faults, key=lambda one: (one.at, one.name, one.instance))
    document = {
        "format": FORMAT,
        "cell": cell.id,
        "labels": {node.name: dict(node.labels) for node in nodes if node.labels},
        "faults": [_fault(tool, one) for one in ordered if one.name not in lost],
        "at_iterations": [_fault(tool, one) for one in cell.reactions if one.name not in lost],
        "left_out": [{"fault": one.name, "why": one.why} for one in left],
    }
    return json_text.dump(document)


def _fault(tool: Tool, fault: Fault | Reaction) -> dict[str, Any]:
    steps = steps_of(fault.steps)
    for step, written in zip(fault.steps, steps, strict=True):
        for effect, row in zip(step, written, strict=True):
            row["call"] = _made(tool, effect)
    instance, at = (fault.instance, float(fault.at)) if isinstance(fault, Fault) else (0, 0.0)
    return {"name": fault.name, "instance": instance, "at": at, "steps": steps}


def warnings(tool: Tool, plan: Plan) -> tuple[Diagnostic, ...]:
    """One for the whole Plan: what the export leaves out, so that nobody takes it for the whole test."""
    left = {one.name: one for cell in plan.cells for one in left_out(tool, cell)}
    if not left:
        return ()
    first, *rest = left.values()
    every = {fault.name for cell in plan.cells for fault in strikers(cell)}
    summary = f"the export for {tool.name} leaves out {len(left)} of {len(every)} faults"
    labels = tuple(Label(one.span, one.why) for one in rest[:9])
    help_ = "erisc itself plays them all: `erisc run`"
    return (
        Diagnostic(tool.code, summary, first.span, note=f"{shown(first.name)}: {first.why}", labels=labels, help=help_),
    )


def header(tool: Tool, cell: Cell) -> Iterator[str]:
    """Lines for the head of a generated file: what it leaves out."""
    left = left_out(tool, cell)
    if left:
        yield f"What {tool.name} cannot do is left out:"
        yield from (f"  {shown(one.name)}: {one.why}" for one in left)


def script(name: str) -> bytes:
    """A file of the folder `scripts`. Raises Failure when the installation is incomplete."""
    path = os.path.join(os.path.dirname(__file__), "scripts", name)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        what = f"this installation of erisc is incomplete: {path}: {error.strerror}"
        raise Failure(what, mend="install erisc again", exit_code=BROKEN_BED) from error


def struck(cell: Cell) -> bool:
    """Whether there is anything to export."""
    return bool(cell.faults or cell.reactions)


def folder(cell: Cell, name: str, files: dict[str, bytes]) -> Files:
    """Files of an export, by path in the bundle."""
    return {f"cells/{cell.id}/{name}/{file}": text for file, text in files.items()}
