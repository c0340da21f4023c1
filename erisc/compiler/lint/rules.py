"""All rules by what they look at, and what a spec must have for a rule to have anything to say.

A rule is loaded when one of its words is in a text of the spec: keywords and functions without which nothing that it
looks at can be written. No words: always.
"""

from __future__ import annotations

from importlib import import_module

from erisc.compiler.program import LIBRARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

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


Rules = dict[str, tuple[str, ...]]
"""Module -> its words."""

OF_PROGRAM: Rules = {
    "w0201_unused_name": (),
    "w0204_unchecked_slo": ("slo",),
    "w0207_hidden_name": (),
}
OF_EXPERIMENT: Rules = {
    "w0202_used_twice": (),
    "w0203_nothing_checked": (),
    "w0205_same_demand": ("slo",),
    "w0206_idle_sweep": ("sweep",),
    "w0603_too_few_runs": ("over",),
    "w0604_confidence_in_a_fact": ("confidence",),
    "w0606_decides_nothing": ("slo",),
}
OF_CELL: Rules = {
    "w0208_unseen_fault": ("fault",),
    "w0401_fault_without_load": ("fault",),
    "w0402_faults_at_once": ("fault",),
    "w0403_no_baseline": ("recover",),
    "w0404_recovery_out_of_sight": ("recover",),
    "w0405_never_strikes": ("every", "random"),
    "w0406_outlasts_load": ("fault",),
    "w0407_never_fires": ("when", "iteration"),
    "w0408_level_jumps": ("ramp",),
    "w0601_too_few_samples": ("slo",),
    "w0602_roll_too_wide": ("over",),
    "w0605_empty_window": ("kpi",),
}


def due(rules: Rules, sources: Mapping[str, str]) -> list[Any]:
    """The modules of the rules that may have something to say about a spec. sources: its texts, and the library's."""
    texts = [text for name, text in sources.items() if not name.startswith(LIBRARY)]

    def may_speak(words: tuple[str, ...]) -> bool:
        return not words or any(word in text for word in words for text in texts)

    return [rule(name) for name, words in rules.items() if may_speak(words)]


def rule(name: str) -> Any:
    """A rule's module."""
    return import_module(f"erisc.compiler.lint.{name}")
