"""Workloads: what is run, and the stages of load."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.arguments import Arguments
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.plan import Mapping, Stage, Workload
from erisc.compiler.program import Declared
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source

LONGEST = 366 * 86400.0
"""Of a stage, s."""


def build_workload(context: Context, declared: Declared) -> Workload | None:
    """The workload in the Plan; None when it was refused."""
    node, source = declared.node, declared.source
    context.find("architecture", node.on, source)
    if node.beside is not None:
        context.find("workload", node.beside, source)
    run = _one_run(context, node, source)
    model, stages = _stages(context, node, source)
    blocks = [item.block for item in node.items if isinstance(item, ast.Run)]
    arguments = Arguments(context, source, node.on.text).mapping(blocks[0]) if blocks and blocks[0] else Mapping(())
    if run is None or not stages:
        return None
    driver, scenario = run
    return Workload(node.name.text, driver, scenario, arguments, model, stages, source.span(node))


def beside(program_names: dict[str, Declared], name: str) -> list[str]:
    """The workloads that run beside this one, by `with`, in order."""
    found: list[str] = []
    while name in program_names and program_names[name].node.beside is not None:
        name = program_names[name].node.beside.text
        if name in found:
            break
        found.append(name)
    return found


def _one_run(context: Context, node: ast.Workload, source: Source) -> tuple[str, str] | None:
    runs = [item for item in node.items if isinstance(item, ast.Run)]
    if not runs:
        help_ = 'e.g. run rally("Authenticate.keystone")'
        context.findings.add("E0410", f"workload `{node.name.text}` runs nothing", source.span(node.name), help=help_)
        return None
    for other in runs[1:]:
        labels = [(source.span(runs[0]), "the first")]
        context.findings.add(
            "E0410",
            "a workload runs one scenario",
            source.span(other),
            labels=labels,
            help="make it a workload of its own, `with` this one",
        )
    call = runs[0].call
    driver = context.find("load", call.function.word, source)
    if driver is None:
        return None
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], ast.String):
        word = call.function.word.text
        help_ = f'write {word}("Authenticate.keystone") {{ … }}: arguments stand in the block'
        context.findings.add("E0309", f"`{word}` takes the name of a scenario, a string", source.span(call), help=help_)
        return None
    name = context.constants(source).text(call.arguments[0], what="the scenario")
    if not name:
        context.findings.add("E0309", "the name of the scenario is empty", source.span(call.arguments[0]))
    return (call.function.word.text, name) if name else None


def _stages(context: Context, node: ast.Workload, source: Source) -> tuple[str, tuple[Stage, ...]]:
    model, first = "", None
    stages: list[Stage] = []
    names: dict[str, ast.Word] = {}
    begin, sound = 0.0, True
    for item in node.items:
        if isinstance(item, ast.Run):
            continue
        if isinstance(item, ast.Step):
            context.findings.add(
                "E0490", "`step` is not supported yet", source.span(item), help="write several `hold` stages"
            )
            sound = False
            continue
        _name_once(context, item.name, names, source)
        made = _stage(context, item, source, begin)
        if made is None:
            sound = False
            continue
        kind, stage = made
        if first is not None and kind != model:
            labels = [(source.span(first), f"this is {_model(model)}")]
            help_ = (
                "use one unit in all stages of a workload: req/s (arrivals on schedule) or users (wait for the answer)"
            )
            context.findings.add(
                "E0403",
                f"this stage is {_model(kind)}: one workload has one model",
                source.span(item),
                labels=labels,
                help=help_,
            )
            sound = False
        else:
            model, first = kind, first or item
        stages.append(stage)
        begin += stage.duration or 0.0
    if sound and not stages:
        help_ = "e.g. hold 2 req/s for 1 min as steady"
        context.findings.add(
            "E0410", f"workload `{node.name.text}` has no stage of load", source.span(node.name), help=help_
        )
    return model, tuple(stages) if sound else ()


def _name_once(context: Context, name: ast.Word | None, names: dict[str, ast.Word], source: Source) -> None:
    if name is not None and names.setdefault(name.text, name) is not name:
        labels = [(source.span(names[name.text]), "the first")]
        context.findings.add("E0204", f"stage `{name.text}` is declared twice", source.span(name), labels=labels)


def _model(kind: str) -> str:
    return "an open model (req/s)" if kind == "open" else "a closed model (users)"


def _stage(context: Context, item: ast.Ramp | ast.Hold, source: Source, begin: float) -> tuple[str, Stage] | None:
    constants = context.constants(source)
    ends = (item.low, item.high) if isinstance(item, ast.Ramp) else (item.level, item.level)
    length = _length(constants, item.length)
    low, high = constants.due(ends[0], "rate", "users", what="the load"), None
    high = low if ends[1] is ends[0] else constants.due(ends[1], "rate", "users", what="the load")
    if low is None or high is None or length is None:
        return None
    if low.dimension != high.dimension:
        labels = [
            (source.span(end), f"in {constants.units.base(v.type)}") for end, v in zip(ends, (low, high), strict=True)
        ]
        context.findings.add("E0403", "a ramp stays in one unit", source.span(item), labels=labels)
        return None
    if not all(_level(constants, end, value) for end, value in zip(ends, (low, high), strict=True)):
        return None
    kind = "open" if low.dimension == constants.units.dimension("rate") else "closed"
    name = item.name.text if item.name else ""
    shape = "ramp" if isinstance(item, ast.Ramp) else "hold"
    span = source.span(item)
    return kind, Stage(shape, name, begin, length, None, float(low.data), float(high.data), None, None, span)


def _length(constants: Constants, node: ast.Node) -> float | None:
    value = constants.value(node)
    if value is not None and value.type == "iterations":
        where = constants.source.span(node)
        constants.findings.add(
            "E0490", "bounding a stage by iterations is not supported yet", where, help="bound it by time"
        )
        return None
    length = constants.number(node, "duration", what="the length of a stage", low=0, high=LONGEST)
    if length == 0:
        constants.findings.add("E0404", "this stage has no length", constants.source.span(node))
        return None
    return length


def _level(constants: Constants, node: ast.Node, value: Value) -> bool:
    span, users = constants.source.span(node), value.type == "users"
    if value.data < 0 or value.data > 1e6:
        constants.findings.add("E0306", "the load must be between 0 and 1000000", span)
        return False
    if users and value.data != int(value.data):
        constants.findings.add("E0306", "users come whole", span, note=f"it is {value.data:g}")
        return False
    return True
