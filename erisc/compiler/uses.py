"""What an experiment names: architecture, topologies, workloads, faults, SLOs; and whether it fits together."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.mixes import parts_of
from erisc.compiler.parts import references, selections
from erisc.compiler.plan import Kpi, Mapping, OutputRef, Slo, Workload
from erisc.compiler.program import Declared, article
from erisc.compiler.source import Source, did_you_mean, nearest
from erisc.compiler.workloads import beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_USED = ("architecture", "topology", "workload", "faults", "metric")
_MEANT = (*_USED, "mix")
"""What `use` may name."""


@record
class Uses:
    """What an experiment names, by kind, in order."""

    architecture: Declared
    topologies: tuple[Declared, ...]
    workloads: tuple[Declared, ...]
    faults: tuple[Declared, ...]
    metrics: tuple[Declared, ...]


def find_uses(context: Context, node: ast.Experiment, source: Source) -> Uses | None:
    """What `use` names; the partners of its workloads are used with them. None when it is not enough to go on."""
    found: dict[str, dict[str, Declared]] = {kind: {} for kind in _USED}
    words = [word for item in node.items if isinstance(item, ast.Use) for word in item.names.words]
    sound = True
    for word in words:
        kind = context.program.owners.get(word.text, ("", None))[0]
        if kind == "mix":
            _take_parts(context, word.text, found["workload"])
        elif kind in found:
            declared = context.find(kind, word, source)
            if declared is not None:
                found[kind][word.text] = declared
        else:
            sound = False
            _cannot_use(context, word, source, kind)
    for name in list(found["workload"]):
        for other in beside(context.program, name):
            _take_parts(context, other, found["workload"])
    architecture = _one_architecture(context, node, source, found["architecture"], words)
    if not found["workload"] and sound:
        context.findings.add(
            "E0210", f"experiment `{node.name.text}` uses no workload", source.span(node.name), help="add one to `use`"
        )
        sound = False
    if architecture is None or not sound:
        return None
    for kind in ("topology", "workload", "faults"):
        for name, declared in found[kind].items():
            _same_architecture(context, name, kind, declared, architecture, words, source)
    return Uses(architecture, *(tuple(found[kind].values()) for kind in _USED[1:]))


def _take_parts(context: Context, name: str, found: dict[str, Declared]) -> None:
    """A workload, or all parts of a mix."""
    context.program.used.add(name)
    for part in parts_of(context.program, name):
        declared = context.program.get("workload", part)
        if declared is not None:
            found.setdefault(part, declared)


def _cannot_use(context: Context, word: ast.Word, source: Source, kind: str) -> None:
    if kind:
        context.program.used.add(word.text)
        help_ = (
            "SLOs are checked: `check …`"
            if kind == "slo"
            else "an experiment uses an architecture, topologies, workloads, faults and metrics"
        )
        context.findings.add(
            "E0205", f"`{word.text}` is {article(kind)}, it cannot be used", source.span(word), help=help_
        )
    elif word.text not in context.program.lost:
        known = [name for name, (owner, _) in context.program.owners.items() if owner in _MEANT]
        guess = nearest(word.text, known)
        fix = (source.span(word), guess) if guess else None
        context.findings.add(
            "E0201", f"there is no `{word.text}`", source.span(word), help=did_you_mean(word.text, known), fix=fix
        )


def _one_architecture(
    context: Context, node: ast.Experiment, source: Source, found: dict[str, Declared], words: list[ast.Word]
) -> Declared | None:
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        if not any(word.text in context.program.lost for word in words):
            context.findings.add(
                "E0210",
                f"experiment `{node.name.text}` uses no architecture",
                source.span(node.name),
                help="add one to `use`",
            )
        return None
    places = [word for word in words if word.text in found]
    labels = [(source.span(places[0]), "the first")]
    context.findings.add("E0210", "an experiment uses exactly one architecture", source.span(places[1]), labels=labels)
    return None


def _same_architecture(
    context: Context,
    name: str,
    kind: str,
    declared: Declared,
    architecture: Declared,
    words: list[ast.Word],
    source: Source,
) -> None:
    on, used = declared.node.on, architecture.node.name.text
    if on.text == used or on.text not in context.program.names["architecture"]:
        return
    place = next((source.span(word) for word in words if word.text == name), declared.source.span(on))
    labels = [(declared.source.span(on), f"it is on `{on.text}`")]
    context.findings.add("E0211", f"{kind} `{name}` is not on architecture `{used}`", place, labels=labels)


def find_checked(
    context: Context, node: ast.Experiment, source: Source, slos: dict[str, Slo]
) -> tuple[tuple[Slo, ...], tuple[str, ...]]:
    """The SLOs that `check` names, and the KPIs, which are computed without a demand; in order."""
    found: dict[str, Slo] = {}
    reported: list[str] = []
    for item in node.items:
        for word in item.names.words if isinstance(item, ast.Check) else ():
            if context.program.owners.get(word.text, ("",))[0] == "kpi":
                context.program.used.add(word.text)
                reported.append(word.text)
            elif context.find("slo", word, source) is not None and word.text in slos:
                found[word.text] = slos[word.text]
    return tuple(found.values()), tuple(reported)


def needed_kpis(wanted: Iterable[str], kpis: dict[str, Kpi]) -> dict[str, Kpi]:
    """KPIs and those behind them, in the order of dependence."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found and name in kpis:
            found.add(name)
            waiting += [ref.name for ref in references(kpis[name].formula)]
    return {name: kpi for name, kpi in kpis.items() if name in found}


def measured(kpis: Iterable[Kpi]) -> set[str]:
    """The tables that KPIs read."""
    return {selection.table for kpi in kpis for selection in selections(kpi.formula)}


def kpis_fit(context: Context, uses: Uses, needed: dict[str, Kpi], source: Source, node: ast.Experiment) -> None:
    """Every window and workload that a checked KPI looks at is used."""
    workloads = {declared.node.name.text for declared in uses.workloads}
    faults = {item.name.text for declared in uses.faults for item in declared.node.items}
    where = source.span(node.name)
    for kpi in needed.values():
        for selection in selections(kpi.formula):
            window = selection.window
            looked = [selection.workload, *((window.of, window.to) if window else ())]
            for missing in looked:
                workload, dot, _ = missing.partition(".")
                if not missing or workload in workloads or (not dot and missing in faults):
                    continue
                labels = [(where, f"`{node.name.text}` checks it")]
                summary = f"KPI `{kpi.name}` looks at `{missing}`, which experiment `{node.name.text}` does not use"
                context.findings.add(
                    "E0212", summary, selection.span, labels=labels, help="add it to `use`, or check another SLO"
                )


def references_fit(
    context: Context, uses: Uses, workloads: tuple[Workload, ...], source: Source, node: ast.Experiment
) -> None:
    """Every resource an argument names is in a topology that is used. workloads: those of any point."""
    used = {declared.node.name.text for declared in uses.topologies}
    for declared, workload in zip(uses.workloads, workloads, strict=True):
        wanted = {reference.topology for reference in _outputs(workload.arguments)}
        for name in sorted(wanted - used):
            span = declared.source.span(declared.node.name)
            labels = [(source.span(node.name), f"add `{name}` to its `use`")]
            context.findings.add(
                "E0212", f"workload `{workload.name}` needs topology `{name}`, which is not used", span, labels=labels
            )


def _outputs(argument: Any) -> list[OutputRef]:
    if isinstance(argument, OutputRef):
        return [argument]
    parts = [value for _, value in argument.items] if isinstance(argument, Mapping) else argument
    return [found for part in parts for found in _outputs(part)] if isinstance(parts, tuple | list) else []
