"""E05, what no target can do with load and faults yet."""

from __future__ import annotations

from erisc.compiler.codes import Code


def _load(row: str) -> str:
    return f'workload boot on site {{\n  run rally("Dummy.dummy")\n  {row}\n}}'


TIMELINE_CODES = (
    Code(
        "E0508",
        "a stage that only the run can time",
        "In the closed model users take as long for their iterations as the system lets them. The runner's stages and "
        "the windows of the recorded history are bounded by time.",
        "Bound the stage by time, or use the open model (`req/s`), where the time is known.",
        _load("hold 2 users for 500 iterations as steady"),
        _load("hold 2 users for 60 s as steady"),
    ),
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
