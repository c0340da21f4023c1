"""What is allowed but looks like a slip: names nobody uses."""

from __future__ import annotations

from erisc.compiler.program import Program
from erisc.compiler.source import Findings

_WHAT = {
    "param": "parameter", "architecture": "architecture", "topology": "topology", "workload": "workload",
    "faults": "set of faults", "kpi": "KPI", "action": "import", "load": "import",
}  # fmt: skip


def lint_names(program: Program, findings: Findings) -> None:
    """Warn about declarations and imports without a use, and SLOs that no experiment checks."""
    for name, (kind, span) in program.owners.items():
        if name in program.used:
            continue
        if kind == "slo":
            findings.add("W0204", f"SLO `{name}` is never checked", span, help="add it to the `check` of an experiment")
        elif name in program.imports:
            findings.add("W0201", f"`{name}` is imported and never used", span, help="remove it from the import")
        elif kind in _WHAT:
            findings.add("W0201", f"{_WHAT[kind]} `{name}` is never used", span, help="remove it, or use it")
