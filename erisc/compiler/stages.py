"""Stages of load: how high, how long, in which model."""

from __future__ import annotations

import math

from erisc.base.record import record, replace
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.lasting import step_levels
from erisc.compiler.plan import Stage
from erisc.compiler.quantities import Value
from erisc.compiler.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 366 * 86400.0
"""Of a stage, s."""
MAX_LEVELS = 1000
"""Of a `step` stage."""
MAX_ITERATIONS = 10**9
HIGHEST = 1e6
"""Load, 1/s or users."""
HIGHEST_TRAFFIC = 1e15
"""Load, bit/s."""
MODELS = {"rate": "open", "users": "closed", "bitrate": "traffic"}
"""The type of a level tells the model."""


@record
class _Bound:
    """How long a stage is: s, or iterations. One of them is None."""

    seconds: float | None
    iterations: int | None


def build_stages(context: Context, node: ast.Workload, source: Source) -> tuple[str, tuple[Stage, ...]]:
    """The model and all stages from the workload's begin; no stages when one was refused."""
    items = node.stages
    names: dict[str, ast.Word] = {}
    for item in items:
        _name_once(context, item.name, names, source)
    made = [_stage(context, item, source) for item in items]
    if not items:
        summary = f"workload `{node.name.text}` has no stage of load"
        context.findings.add("E0410", summary, source.span(node.name), help="e.g. hold 2 req/s for 1 min as steady")
    known = [one for one in made if one is not None]
    if not known or not _one_model(context, items, made, source) or len(known) < len(made):
        return "", ()
    model = known[0][0]
    stages = [_long(context, item, stage, model, source) for item, (_, stage) in zip(items, known, strict=True)]
    offset = _offset(context, node, source)
    shared = _shared(context, node, stages, model, source) if isinstance(node, ast.Part) else stages
    if offset is None or not shared or any(stage is None for stage in shared):
        return "", ()
    return model, _in_a_row([stage for stage in shared if stage is not None], offset)


def _offset(context: Context, node: ast.Workload, source: Source) -> float | None:
    """s from t = 0 at which the load begins."""
    if node.after is None:
        return 0.0
    what = f"the begin of `{node.name.text}`"
    return context.constants(source).number(node.after, "duration", what=what, low=0, high=LONGEST)


def _shared(
    context: Context, node: ast.Part, stages: list[Stage | None], model: str, source: Source
) -> list[Stage | None]:
    """What a part of a mix has of the stages; nothing when they cannot be shared."""
    from erisc.compiler.shares import Slice, few_changes, fits_mix, shares_of  # a spec without mixes need not load it

    shares = shares_of(context, node.mix, source)
    fit = [
        fits_mix(context, stage, model, item, source)
        for item, stage in zip(node.stages, stages, strict=True)
        if stage is not None
    ]
    known = [stage for stage in stages if stage is not None]
    if shares is None or not all(fit) or not few_changes(context, node.mix, known, model, source):
        return []
    place = Slice(shares, next(index for index, run in enumerate(node.mix.runs) if run is node.runs[0]))
    return [stage and place.stage(stage, model) for stage in stages]


def _in_a_row(stages: list[Stage], offset: float) -> tuple[Stage, ...]:
    """Every stage begins where the one before ends; only the run can tell when, after one that only it can time."""
    begin: float | None = offset
    found = []
    for stage in stages:
        found.append(replace(stage, start=begin))
        begin = None if begin is None or stage.duration is None else begin + stage.duration
    return tuple(found)


def _name_once(context: Context, name: ast.Word | None, names: dict[str, ast.Word], source: Source) -> None:
    if name is not None and names.setdefault(name.text, name) is not name:
        labels = [(source.span(names[name.text]), "the first")]
        context.findings.add("E0204", f"stage `{name.text}` is declared twice", source.span(name), labels=labels)


def _one_model(
    context: Context,
    items: Sequence[ast.Ramp | ast.Hold | ast.Step],
    made: list[tuple[str, Stage] | None],
    source: Source,
) -> bool:
    """Whether all stages are of the model of the first."""
    known = [(item, one[0]) for item, one in zip(items, made, strict=True) if one is not None]
    first, model = known[0]
    help_ = (
        "use one unit in all stages of a workload: req/s (arrivals on schedule), users (wait for the answer) or bit/s"
    )
    others = [(item, kind) for item, kind in known if kind != model]
    for item, kind in others:
        labels = [(source.span(first), f"this is {_model(model)}")]
        summary = f"this stage is {_model(kind)}: one workload has one model"
        context.findings.add("E0403", summary, source.span(item), labels=labels, help=help_)
    return not others


def _model(kind: str) -> str:
    return {"open": "an open model (req/s)", "closed": "a closed model (users)"}.get(kind, "traffic (bit/s)")


def _stage(context: Context, item: ast.Ramp | ast.Hold | ast.Step, source: Source) -> tuple[str, Stage] | None:
    """The model and the stage, beginning at 0; an open one bounded by iterations is still without its duration."""
    constants = context.constants(source)
    nodes = (item.level,) if isinstance(item, ast.Hold) else (item.low, item.high)
    values = [_level(constants, node) for node in nodes]
    by = _level(constants, item.by) if isinstance(item, ast.Step) else None
    bound = _bound(constants, item.every if isinstance(item, ast.Step) else item.length)
    if bound is None or any(value is None for value in values) or (isinstance(item, ast.Step) and by is None):
        return None
    known = [value for value in (*values, by) if value is not None]
    if not _one_unit(constants, item, known):
        return None
    low, high = float(known[0].data), float(known[len(nodes) - 1].data)
    kind = next(kind for type_, kind in MODELS.items() if known[0].dimension == constants.units.dimension(type_))
    if kind == "traffic" and bound.iterations is not None:
        help_ = "write how long, e.g. for 1 min"
        constants.findings.add("E0417", "traffic has no iterations", source.span(item), help=help_)
        return None
    shape, name = type(item).__name__.lower(), item.name.text if item.name else ""
    stage = Stage(shape, name, 0.0, bound.seconds, bound.iterations, low, high, None, None, source.span(item))
    if not isinstance(item, ast.Step):
        return kind, stage
    return _step(constants, item, kind, stage, float(known[-1].data))


def _step(constants: Constants, item: ast.Step, kind: str, stage: Stage, height: float) -> tuple[str, Stage] | None:
    """first, first ± height, … and the last, each for as long; the last step is what is left of the way."""
    source, every = constants.source, stage.duration
    if every is None:
        help_ = "write how long, e.g. every 1 min"
        constants.findings.add("E0416", "a step goes on by time", source.span(item.every), help=help_)
        return None
    if height == 0 or stage.level_from == stage.level_to:
        where, help_ = (item.by, "more than nothing") if height == 0 else (item, "hold it instead")
        constants.findings.add("E0416", "this step goes nowhere", source.span(where), help=help_)
        return None
    count = abs(stage.level_to - stage.level_from) / height
    if count > MAX_LEVELS:
        help_ = "higher steps, or a ramp"
        constants.findings.add("E0416", f"more than {MAX_LEVELS} steps", source.span(item), help=help_)
        return None
    steps = len(step_levels(stage.level_from, stage.level_to, height))
    return kind, replace(stage, duration=every * steps, height=height, every=every)


def _one_unit(constants: Constants, item: ast.Ramp | ast.Hold | ast.Step, values: list[Value]) -> bool:
    if len({value.dimension for value in values}) == 1:
        return True
    nodes = (item.low, item.high, item.by) if isinstance(item, ast.Step) else (item.low, item.high)  # type: ignore[union-attr]
    labels = [
        (constants.source.span(node), f"in {constants.units.base(value.type)}")
        for node, value in zip(nodes, values, strict=True)
    ]
    word = type(item).__name__.lower()
    constants.findings.add("E0403", f"a {word} stays in one unit", constants.source.span(item), labels=labels)
    return False


def _long(
    context: Context, item: ast.Ramp | ast.Hold | ast.Step, stage: Stage, model: str, source: Source
) -> Stage | None:
    """An open stage bounded by iterations is as long as its level needs; of a closed one only the run knows."""
    if stage.iterations is None or model == "closed":
        return stage
    mean = (stage.level_from + stage.level_to) / 2
    seconds = stage.iterations / mean if mean else math.inf
    if seconds > LONGEST:
        summary = "at this load the iterations never come" if mean else "at no load no iteration comes"
        context.findings.add("E0417", summary, source.span(item), help="bound the stage by time, or raise the load")
        return None
    return replace(stage, duration=seconds)


def _bound(constants: Constants, node: ast.Node) -> _Bound | None:
    value = constants.due(node, "duration", "iterations", what="the length of a stage")
    if value is None:
        return None
    high = MAX_ITERATIONS if value.type == "iterations" else LONGEST
    if value.data == 0:
        constants.findings.add("E0404", "this stage has no length", constants.source.span(node))
        return None
    if not 0 < value.data <= high or (value.type == "iterations" and value.data != int(value.data)):
        shown = f"a whole number of at most {high:.0f}" if value.type == "iterations" else "0 to 366 d"
        constants.findings.add("E0306", f"the length of a stage must be {shown}", constants.source.span(node))
        return None
    return _Bound(None, int(value.data)) if value.type == "iterations" else _Bound(float(value.data), None)


def _level(constants: Constants, node: ast.Node) -> Value | None:
    value = constants.due(node, *MODELS, what="the load")
    if value is None:
        return None
    span = constants.source.span(node)
    high = HIGHEST_TRAFFIC if value.dimension == constants.units.dimension("bitrate") else HIGHEST
    if not 0 <= value.data <= high:
        constants.findings.add("E0306", f"the load must be between 0 and {high:.0f}", span)
        return None
    if value.dimension == constants.units.dimension("users") and value.data != int(value.data):
        constants.findings.add("E0306", "users come whole", span, note=f"it is {value.data:g}")
        return None
    return value
