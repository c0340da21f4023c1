"""Rolling stretches that are wider than their window."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.compiler.lint.planned import stretches
from erisc.compiler.parts import leaves
from erisc.compiler.plan import Aggregate, Formula, Rolling, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Cell

RULE = Code(
    code="W0602",
    title="stretches wider than their window",
    explanation=(
        "A rolling value is taken over every stretch of a width inside a window. Where the window is shorter than one "
        "stretch there is none, and the KPI has no value."
    ),
    mend="Narrower stretches, or a longer window.",
    example="kpi worst: duration = max(p50(boot.duration over 5 min) during boot.steady)\nslo available: worst < 2 s",
    mended="kpi worst: duration = max(p50(boot.duration over 10 s) during boot.steady)\nslo available: worst < 2 s",
)


def check(trial: Trial, cell: Cell) -> None:
    """No planned stretch of the window is as long as the width."""
    for kpi in trial.criteria.kpis:
        for rolling in _rolling(kpi.formula):
            window = rows_of(rolling.of).window
            found = stretches(window, cell)
            longest = max((end - begin for begin, end in found or ()), default=0.0)
            if not found or longest >= rolling.width:
                continue
            note = f"a stretch takes {rolling.width:g} s, the window at most {longest:g} s"
            labels = [(window.span, "the window")] if window else []
            summary = f"KPI `{kpi.name}` has no stretch to look at"
            trial.findings.add("W0602", summary, rolling.span, note=note, labels=labels, help="narrower stretches")


def _rolling(formula: Formula) -> Iterator[Rolling]:
    for part in leaves(formula):
        if isinstance(part, Aggregate) and isinstance(part.over, Rolling):
            yield part.over
