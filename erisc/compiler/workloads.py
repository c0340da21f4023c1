"""Workloads: what is run, and the stages of load."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.arguments import Arguments
from erisc.compiler.constants import unquote
from erisc.compiler.context import Context
from erisc.compiler.plan import Mapping, Workload
from erisc.compiler.program import Declared
from erisc.compiler.source import Source
from erisc.compiler.stages import build_stages


def build_workload(context: Context, declared: Declared) -> Workload | None:
    """The workload in the Plan; None when it was refused."""
    node, source = declared.node, declared.source
    context.find("architecture", node.on, source)
    if node.beside is not None:
        context.find("workload", node.beside, source)
    run = _one_run(context, node, source)
    model, stages = build_stages(context, node, source)
    blocks = [item.block for item in node.items if isinstance(item, ast.Run)]
    arguments = Arguments(context, source, node.on.text).mapping(blocks[0]) if blocks and blocks[0] else Mapping(())
    if run is None or not stages or not _drives(context, node, source, run[0], model):
        return None
    driver, scenario = run
    return Workload(node.name.text, driver, scenario, arguments, model, stages, source.span(node))


def _drives(context: Context, node: ast.Workload, source: Source, driver: str, model: str) -> bool:
    """Whether the driver can make load of this model, as the library says."""
    found = context.program.names["load"].get(driver)
    fields = found.node.block.fields if found else ()
    models = [field.value for field in fields if field.key.text == "models" and isinstance(field.value, ast.ListOf)]
    known = [unquote(item.word.text) for item in models[0].items if isinstance(item, ast.String)] if models else [model]
    if model in known:
        return True
    words = {"open": "an open model (req/s)", "closed": "a closed model (users)", "traffic": "traffic (bit/s)"}
    stage = next(item for item in node.items if not isinstance(item, ast.Run))
    help_ = f"it drives {' or '.join(words[one] for one in known)}"
    context.findings.add("E0418", f"`{driver}` cannot drive {words[model]}", source.span(stage), help=help_)
    return False


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
