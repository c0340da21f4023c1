"""Declarations and imports without a use."""

from __future__ import annotations

from erisc.compiler.codes import Code

TYPE_CHECKING = False
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
_NOT_HERE = ("slo", "experiment", "limit", "suite")


def check(program: Program, findings: Findings) -> None:
    """Everything that has an owner and that nobody meant; what a file without experiments declares is for others."""
    parts = not any(program.names[kind] for kind in ("experiment", "limit", "suite"))
    for name, (kind, span) in () if parts else program.owners.items():
        if name not in program.used and kind not in _NOT_HERE and name not in program.imported:
            shown = _SHOWN.get(kind, kind)
            findings.add("W0201", f"{shown} `{name}` is never used", span, help="remove it, or use it")
    for one in program.imports:
        if program.used.isdisjoint(one.names):
            from erisc.compiler.lint.removal import without_import

            fix = without_import(program.root, one.span)
            findings.add("W0201", f"`{one.shown}` is imported and never used", one.span, help="remove it", fix=fix)
