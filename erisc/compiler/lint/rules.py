"""All rules, by what they look at."""

from __future__ import annotations

from erisc.compiler.lint import (
    w0201_unused_name,
    w0202_used_twice,
    w0203_nothing_checked,
    w0204_unchecked_slo,
    w0205_same_demand,
    w0206_idle_sweep,
    w0207_hidden_name,
    w0208_unseen_fault,
    w0401_fault_without_load,
    w0402_faults_at_once,
    w0403_no_baseline,
    w0404_recovery_out_of_sight,
    w0405_never_strikes,
    w0406_outlasts_load,
    w0407_never_fires,
    w0408_level_jumps,
    w0601_too_few_samples,
    w0602_roll_too_wide,
    w0603_too_few_runs,
    w0604_confidence_in_a_fact,
    w0605_empty_window,
    w0606_decides_nothing,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from erisc.compiler.codes import Code
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell
    from erisc.compiler.program import Program
    from erisc.compiler.source import Findings

    class ProgramRule(Protocol):
        """Looks at the names of a program."""

        RULE: Code

        def check(self, program: Program, findings: Findings, /) -> None:
            """Say what looks like a slip."""

    class ExperimentRule(Protocol):
        """Looks at one experiment."""

        RULE: Code

        def check(self, trial: Trial, /) -> None:
            """Say what looks like a slip."""

    class CellRule(Protocol):
        """Looks at one cell of an experiment: its timeline, its load."""

        RULE: Code

        def check(self, trial: Trial, cell: Cell, /) -> None:
            """Say what looks like a slip; the same finding at the same place in another cell counts once."""


OF_PROGRAM: tuple[ProgramRule, ...] = (w0201_unused_name, w0204_unchecked_slo, w0207_hidden_name)
OF_EXPERIMENT: tuple[ExperimentRule, ...] = (
    w0202_used_twice,
    w0203_nothing_checked,
    w0205_same_demand,
    w0206_idle_sweep,
    w0603_too_few_runs,
    w0604_confidence_in_a_fact,
    w0606_decides_nothing,
)
OF_CELL: tuple[CellRule, ...] = (
    w0208_unseen_fault,
    w0401_fault_without_load,
    w0402_faults_at_once,
    w0403_no_baseline,
    w0404_recovery_out_of_sight,
    w0405_never_strikes,
    w0406_outlasts_load,
    w0407_never_fires,
    w0408_level_jumps,
    w0601_too_few_samples,
    w0602_roll_too_wide,
    w0605_empty_window,
)
