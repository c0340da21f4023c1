"""SLOs that no experiment checks."""

from __future__ import annotations

from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.program import Program
    from erisc.compiler.source import Findings

RULE = Code(
    code="W0204",
    title="an SLO that is never checked",
    explanation="No experiment names the SLO in `check`, so it can never fail.",
    mend="Add it to a `check`, or remove it.",
    example="slo forgotten: success > 10 %",
    mended="seed 2",
)


def check(program: Program, findings: Findings) -> None:
    """Every SLO that nobody meant, in a spec that has experiments at all."""
    if not any(program.names[kind] for kind in ("experiment", "limit", "suite")):
        return
    for name, (kind, span) in program.owners.items():
        if kind == "slo" and name not in program.used:
            findings.add("W0204", f"SLO `{name}` is never checked", span, help="add it to the `check` of an experiment")
