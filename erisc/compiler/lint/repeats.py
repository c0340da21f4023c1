"""How often an experiment repeats each point."""

from __future__ import annotations

from erisc.compiler import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial


def repeats(trial: Trial) -> int:
    """Of a sound experiment, so that nothing can be wrong about it."""
    for item in trial.declared.node.items:
        if isinstance(item, ast.Repeat):
            value = trial.context.constants(trial.declared.source).value(item.count)
            return int(value.data) if value is not None else 1
    return 1
