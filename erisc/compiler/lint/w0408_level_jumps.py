"""Ramps that do not begin where the load stands."""

from __future__ import annotations

from itertools import pairwise

from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0408",
    title="a ramp that jumps first",
    explanation="A ramp begins at another level than the stage before it ended at, so the load jumps there at once.",
    mend="Begin the ramp at the level before, or put a `hold` or `step` there to show that the jump is meant.",
    example="""\
workload boot on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
  ramp 4 req/s -> 0 req/s over 10 s
}
""",
    mended="""\
workload boot on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
  ramp 2 req/s -> 0 req/s over 10 s
}
""",
)


def check(trial: Trial, cell: Cell) -> None:
    """Every ramp after a stage that ended elsewhere."""
    for workload in cell.workloads:
        unit = {"open": "req/s", "closed": "users"}.get(workload.model, "bit/s")
        for before, stage in pairwise(workload.stages):
            if stage.kind == "ramp" and abs(stage.level_from - before.level_to) > 1e-9 * max(before.level_to, 1.0):
                summary = f"the load jumps from {before.level_to:g} to {stage.level_from:g} {unit}"
                labels = [(before.span, f"ends at {before.level_to:g} {unit}")]
                trial.findings.add("W0408", summary, stage.span, labels=labels)
