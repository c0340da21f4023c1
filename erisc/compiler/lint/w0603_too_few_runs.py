"""Runs too few for the confidence that they are to carry."""

from __future__ import annotations

import math

from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial

RULE = Code(
    code="W0603",
    title="too few runs for the confidence",
    explanation=(
        "`over N runs` asks what the next run will come to. That so many runs are all good by luck although every "
        "second one is not has the probability 0.5^N: 4 runs carry a confidence of 90 %, 5 one of 95 %, 7 one of 99 %. "
        "With fewer the verdict rests on the assumption that runs spread like a normal distribution."
    ),
    mend="More runs, with `repeat` to match, or less confidence.",
    example="slo available: success >= 50 % over 3 runs\nexperiment trial {\n  use site, boot, storm\n  repeat 3\n  "
    "check available\n}",
    mended="slo available: success >= 50 % over 5 runs\nexperiment trial {\n  use site, boot, storm\n  repeat 5\n  "
    "check available\n}",
)


def check(trial: Trial) -> None:
    """Fewer runs than the sign test needs."""
    for slo in trial.criteria.slos:
        needed = runs_needed(slo.confidence)
        if slo.runs is not None and slo.runs < needed:
            note = f"a confidence of {slo.confidence * 100:g} % takes {needed} runs, {slo.runs} are asked for"
            summary = f"SLO `{slo.name}` asks for too few runs"
            trial.findings.add("W0603", summary, slo.span, note=note, help=f"write `over {needed} runs`")


def runs_needed(confidence: float) -> int:
    """The fewest runs, all of them good, after which half of all runs are good with the confidence: the sign test.

    Source: Hahn and Meeker, "Statistical Intervals" (1991), 5.2, for the median.
    """
    return math.ceil(math.log(1 - confidence) / math.log(0.5) - 1e-9)
