"""Declarations and imports without a use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erisc.compiler.codes import Code

if TYPE_CHECKING:
    from erisc.compiler.program import Program
    from erisc.compiler.source import Findings

RULE = Code(
    code="W0201",
    title="a name without a use",
    explanation=(
        "A parameter, workload, KPI or import that nothing refers to is usually a slip: a misspelt name, or a thing "
        "that was meant to be in `use`."
    ),
    mend="Use it or remove it.",
    example="param spare: int = 3",
    mended="seed 2",
)

_SHOWN = {"param": "parameter", "kpi": "KPI", "faults": "set of faults"}
_NOT_HERE = ("slo", "experiment", "suite")


def check(program: Program, findings: Findings) -> None:
    """Everything that has an owner and that nobody meant."""
    for name, (kind, span) in program.owners.items():
        if name in program.used or kind in _NOT_HERE:
            continue
        if name in program.imports:
            findings.add("W0201", f"`{name}` is imported and never used", span, help="remove it from the import")
        else:
            shown = _SHOWN.get(kind, kind)
            findings.add("W0201", f"{shown} `{name}` is never used", span, help="remove it, or use it")
