"""What is allowed but looks like a slip. One rule a file, documented beside its check; here they are run.

A rule is a module `wNNNN_what.py` with its page, `RULE`, and `check`. There are three kinds by what they look at, and
one table in `erisc.compiler.lint.rules` for each: the names of a whole program, one experiment, one cell of it. Rules
look only at what compiles: where there are errors, they are silent. A new rule is one file and one line in its table.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from erisc.compiler.codes import Code
    from erisc.compiler.diagnostics import Diagnostic
    from erisc.compiler.lint.rules import CellRule, ExperimentRule, ProgramRule
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell
    from erisc.compiler.program import Program
    from erisc.compiler.source import Findings


def lint_program(program: Program, findings: Findings) -> None:
    """Warn about the declarations and imports of a sound program, once all its experiments are resolved."""
    from erisc.compiler.lint.rules import OF_PROGRAM, due

    rules: list[ProgramRule] = due(OF_PROGRAM, program.sources)
    for rule in rules:
        rule.check(program, findings)


def lint_experiment(trial: Trial, cells: Iterable[Cell]) -> None:
    """Warn about an experiment and each of the given cells."""
    from erisc.compiler.lint.rules import OF_CELL, OF_EXPERIMENT, due

    sources = trial.context.program.sources
    rules: list[ExperimentRule] = due(OF_EXPERIMENT, sources)
    for rule in rules:
        rule.check(trial)
    of_cell: list[CellRule] = due(OF_CELL, sources)
    for cell in cells:
        for one in of_cell:
            one.check(trial, cell)


def silenced(found: list[Diagnostic], sources: Mapping[str, str], complete: str) -> tuple[Diagnostic, ...]:
    """What is left when the author's `// erisc: allow` comments are heard; complete: the file of which all was said."""
    if not any("erisc:" in text for text in sources.values()):
        return tuple(found)
    from erisc.compiler.lint.allow import silence

    return silence(found, sources, complete)


def catalogue() -> tuple[Code, ...]:
    """The pages of all rules, by code."""
    from erisc.compiler.lint import allow
    from erisc.compiler.lint.rules import OF_CELL, OF_EXPERIMENT, OF_PROGRAM, rule

    pages = [rule(name).RULE for rules in (OF_PROGRAM, OF_EXPERIMENT, OF_CELL) for name in rules]
    return tuple(sorted((*pages, *allow.RULES), key=lambda page: page.code))
