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
)
