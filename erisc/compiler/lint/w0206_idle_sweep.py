"""Sweeps that change nothing."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.program import Program

RULE = Code(
    code="W0206",
    title="a sweep that changes nothing",
    explanation=(
        "The experiment is run for every value of the parameter, but nothing that it uses or checks depends on it: "
        "all points of the sweep are the same."
    ),
    mend="Use the parameter where it was meant, or remove the sweep; `repeat` runs the same thing several times.",
    example="""\
param size: int = 2
workload spare on site {
  run rally("Dummy.dummy") { sleep = size }
  hold 2 req/s for load
}
experiment trial {
  use site, boot, storm
  sweep size in [1, 2, 3]
  check available
}
experiment other {
  use site, spare
  check available
}
kpi success: ratio = count(api[ok]) / count(api)
""",
    mended="""\
param size: int = 2
workload boot on site {
  run rally("Dummy.dummy") { sleep = size }
  hold 2 req/s for load as steady
}
experiment trial {
  use site, boot, storm
  sweep size in [1, 2, 3]
  check available
}
""",
)


def check(trial: Trial) -> None:
    """No word of a swept parameter in anything that the experiment is made of, however far away."""
    items = trial.declared.node.items
    sweeps = [item for item in items if isinstance(item, ast.SweepList | ast.SweepRange)]
    if not sweeps:
        return
    own = [item for item in items if item not in sweeps]
    criteria = trial.criteria
    words = {word for item in own for word in _words(item)} | {slo.name for slo in criteria.slos}
    touched = _closure(trial.context.program, words | {kpi.name for kpi in criteria.kpis} | _used(trial))
    for sweep in sweeps:
        if sweep.param.text not in touched:
            summary = f"nothing that `{trial.declared.node.name.text}` uses depends on `{sweep.param.text}`"
            span = trial.declared.source.span(sweep.param)
            trial.findings.add("W0206", summary, span, help="use it, or remove the sweep")


def _used(trial: Trial) -> set[str]:
    uses = trial.uses
    every = (uses.architecture, *uses.topologies, *uses.workloads, *uses.faults, *uses.metrics)
    return {declared.node.name.text for declared in every}


def _closure(program: Program, names: set[str]) -> set[str]:
    """The names, and all words of the declarations that they and those words name."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        for kind in program.names.values():
            if name in kind:
                waiting |= set(_words(kind[name].node)) - found
    return found


def _words(node: Any) -> Iterator[str]:
    from erisc.compiler.imports import mentioned

    return mentioned(node)
