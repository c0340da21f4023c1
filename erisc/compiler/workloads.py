"""Workloads: what is run, and the stages of load."""

from __future__ import annotations

from erisc.base.record import replace
from erisc.compiler import ast
from erisc.compiler.arguments import Arguments
from erisc.compiler.chance import Draw
from erisc.compiler.constants import Constants, unquote
from erisc.compiler.context import Context
from erisc.compiler.plan import Mapping, Workload
from erisc.compiler.program import Declared, Program, is_library
from erisc.compiler.source import Source, did_you_mean, nearest
from erisc.compiler.stages import build_stages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACED = "paced"
ARRIVALS = (PACED, "poisson")
"""Evenly, or as a Poisson process of the planned rate."""
LONGEST_THINK = 86400
"""s"""


def build_workload(context: Context, declared: Declared) -> Workload | None:
    """The workload in the Plan; None when it was refused. A part of a mix has its share of the load."""
    node, source = declared.node, declared.source
    context.find("architecture", node.on, source)
    find_partner(context, node.beside, source)
    run = _one_run(context, node, source)
    model, stages = build_stages(context, node, source)
    given = Arguments(context, source, node.on.text)
    block = node.runs[0].block if node.runs else None
    arguments = given.mapping(block) if block else Mapping(())
    spread, think = _arrivals(context, node, source, model), _think(context, node, source, model)
    if run is None or not _told(context, given.constants, node.runs[0], run):
        return None
    if not stages or not _drives(context, node, source, run[0], model):
        return None
    (driver, takes), scenario = _behind(context, *run), run[1]
    head = (node.name.text, driver, scenario, arguments, model, stages, source.span(node))
    return Workload(*head, arrivals=spread, think=think, takes=takes)


def _behind(context: Context, word: str, scenario: str) -> tuple[str, str | None]:
    """The driver that a load is of, and the parameters of the scenario where a catalogue of the spec's has them."""
    declared = context.program.names["load"][word]
    if is_library(declared.source):
        return word, None
    from erisc.compiler.catalogues import driver_of, takes

    return driver_of(declared.node, word), takes(declared.node, scenario) or ""


def _told(context: Context, constants: Constants, run: ast.Run, names: tuple[str, str]) -> bool:
    """Whether scenario and arguments are those that the library declares for the driver."""
    driver, scenario = names
    found = context.program.names["load"].get(driver)
    if found is None or not (len(found.node.parameters) > 1 or field_named(found.node.block, "scenarios")):
        return True
    from erisc.compiler.load_calls import LoadCall  # Rally's arguments are for its target to check

    return LoadCall(context, constants, found, run).fits(scenario)


def field_named(block: ast.Block, name: str) -> ast.Field | None:
    """A field of a declaration."""
    return next((field for field in block.fields if field.key.text == name), None)


def find_partner(context: Context, word: ast.Word | None, source: Source) -> None:
    """Says so when `with` names no workload and no mix."""
    if word is not None and context.program.get("mix", word.text) is None:
        context.find("workload", word, source)


def drawn(workload: Workload, draw: Draw) -> Workload:
    """With the choice that its arrivals are drawn from. Nothing but the workload's name tells it from another's."""
    if workload.arrivals == PACED:
        return workload
    return replace(workload, choice=draw.of(workload.name)(0, "arrivals"))


def _arrivals(context: Context, node: ast.Workload, source: Source, model: str) -> str:
    """How arrivals are spread: evenly unless the author says otherwise."""
    items = [item for item in node.items if isinstance(item, ast.Arrivals)]
    _once(context, items, "arrivals", source)
    for item in items[:1]:
        word, span = item.kind, source.span(item.kind)
        if word.text not in ARRIVALS:
            guess = nearest(word.text, ARRIVALS)
            fix = (span, guess) if guess else None
            help_ = did_you_mean(word.text, ARRIVALS)
            context.findings.add("E0201", f"arrivals are not `{word.text[:30]}`", span, help=help_, fix=fix)
        elif model and model != "open":
            help_ = "leave it out, or give the load in req/s"
            summary = "only the open model has arrivals: users begin anew when they have their answer"
            context.findings.add("E0434", summary, source.span(item), help=help_)
        else:
            return str(word.text)
    return PACED


def _think(context: Context, node: ast.Workload, source: Source, model: str) -> float:
    """s between two iterations of a user; 0 unless the author says otherwise."""
    items = [item for item in node.items if isinstance(item, ast.Think)]
    _once(context, items, "think", source)
    for item in items[:1]:
        seconds = context.constants(source).number(
            item.time, "duration", what="the think time", low=0, high=LONGEST_THINK
        )
        if model and model != "closed":
            help_ = "leave it out, or give the load in users"
            context.findings.add("E0434", "only users think: they are the closed model", source.span(item), help=help_)
        elif seconds is not None:
            return float(seconds)
    return 0.0


def _once(context: Context, items: list[Any], word: str, source: Source) -> None:
    for item in items[1:]:
        labels = [(source.span(items[0]), "the first")]
        context.findings.add("E0204", f"`{word}` is given twice", source.span(item), labels=labels)


def _drives(context: Context, node: ast.Workload, source: Source, driver: str, model: str) -> bool:
    """Whether the driver can make load of this model, as the library says."""
    found = context.program.names["load"].get(driver)
    fields = found.node.block.fields if found else ()
    models = [field.value for field in fields if field.key.text == "models" and isinstance(field.value, ast.ListOf)]
    known = [unquote(item.word.text) for item in models[0].items if isinstance(item, ast.String)] if models else [model]
    if model in known:
        return True
    words = {"open": "an open model (req/s)", "closed": "a closed model (users)", "traffic": "traffic (bit/s)"}
    stage = node.stages[0]
    help_ = f"it drives {' or '.join(words[one] for one in known)}"
    context.findings.add("E0418", f"`{driver}` cannot drive {words[model]}", source.span(stage), help=help_)
    return False


def beside(program: Program, name: str) -> list[str]:
    """The workloads and mixes that run beside this one, by `with`, in order."""
    found: list[str] = []
    while (declared := program.names["workload"].get(name) or program.names["mix"].get(name)) is not None:
        if declared.node.beside is None or declared.node.beside.text in found:
            break
        name = declared.node.beside.text
        found.append(name)
    return found


def _one_run(context: Context, node: ast.Workload, source: Source) -> tuple[str, str] | None:
    runs = node.runs
    if not runs:
        help_ = 'e.g. run rally("Authenticate.keystone")'
        context.findings.add("E0410", f"workload `{node.name.text}` runs nothing", source.span(node.name), help=help_)
        return None
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
