"""Experiments without `check`."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial

RULE = Code(
    code="W0203",
    title="an experiment that checks nothing",
    explanation="Without `check` a run records and judges nothing.",
    mend="Add `check` with the SLOs that must hold.",
    example="""\
experiment trial {
  use site, boot, storm
}
""",
    mended="""\
experiment trial {
  use site, boot, storm
  check available
}
""",
)


def check(trial: Trial) -> None:
    """No `check` among its clauses."""
    node = trial.declared.node
    if not any(isinstance(item, ast.Check) for item in node.items):
        summary = f"experiment `{node.name.text}` checks nothing"
        trial.findings.add("W0203", summary, trial.place, help="add `check` with its SLOs")
