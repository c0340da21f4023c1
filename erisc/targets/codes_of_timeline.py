"""E05, what no target can do with faults yet."""

from __future__ import annotations

from erisc.compiler.codes import Code

TIMELINE_CODES = (
    Code(
        "E0522",
        "a fault at an impossible time",
        "A fault starts at or after t = 0 and lasts a positive, finite time.",
        "Correct `at` or `for`.",
    ),
    Code(
        "E0525",
        "an action that the executor does not have",
        "The standard library declares more actions than the executor and the plug-ins installed beside it (group "
        "`erisc.faults` of the entry points) can do.",
        "Use one that it has, or install a package that offers it.",
    ),
)
