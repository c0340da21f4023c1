"""E6: statistics."""

from __future__ import annotations

from erisc.compiler.codes import Code

STATISTICS = (
    Code(
        "E0601",
        "an impossible confidence",
        "A confidence is the share of runs in which the verdict is right; 100 % cannot be reached, 0 % says nothing.",
        "95 % is usual.",
        "slo available: success >= 50 % confidence 100 %",
        "slo available: success >= 50 % confidence 99 %",
    ),
    Code(
        "E0602",
        "more runs asked for than there are",
        "`over N runs` judges the repeats of a sweep point together. With fewer repeats the SLO could never be judged.",
        "Repeat as often, or ask for fewer runs.",
        "slo available: success >= 50 % over 5 runs",
        "slo available: success >= 50 % over 5 runs\n"
        "experiment trial {\n  use site, boot, storm\n  repeat 5\n  check available\n}",
    ),
)
