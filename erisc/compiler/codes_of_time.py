"""E4, the timeline."""

from __future__ import annotations

from erisc.compiler.codes import Code


def _fault(rest: str) -> str:
    return f"faults storm on site {{\n  fault crash: {rest}\n}}"


def _stages(*rows: str) -> str:
    return "\n".join(('workload boot on site {\n  run rally("Dummy.dummy")', *(f"  {row}" for row in rows), "}"))


_KILL = "do kill(rabbitmq on one(controller))"

TIMELINE = (
    Code(
        "E0401",
        "a fault without an end",
        "Every fault ends: what is broken is healed again, by `for` or because the action is over by itself. "
        "Otherwise a test "
        "would leave a broken zone behind.",
        "Add `for` and a duration.",
        _fault(f"at 20 s {_KILL}"),
        _fault(f"at 20 s {_KILL} for 5 s"),
    ),
    Code(
        "E0402",
        "an end for what ends by itself",
        "The action is over when it is done; how long that takes is measured, not chosen.",
        "Leave out the `for`.",
        "import std.faults { kill, restart }\n" + _fault("at 20 s do restart(rabbitmq on one(controller)) for 5 s"),
        "import std.faults { restart }\n" + _fault("at 20 s do restart(rabbitmq on one(controller))"),
    ),
    Code(
        "E0403",
        "two load models in one workload",
        "req/s is an open model: arrivals follow the schedule whatever the system answers. users is a closed "
        "model: each "
        "waits for its answer. A workload is one or the other.",
        "Use one unit in all its stages, or make two workloads.",
        _stages("hold 1 req/s for 60 s as steady", "hold 2 users for 10 s"),
        _stages("hold 1 req/s for 60 s as steady", "hold 2 req/s for 10 s"),
    ),
    Code(
        "E0404",
        "no length",
        "A stage or a window needs a length above zero.",
        "Write how long.",
        _stages("hold 1 req/s for 60 s as steady", "hold 2 req/s for 0 s"),
        _stages("hold 1 req/s for 60 s as steady", "hold 2 req/s for 1 s"),
    ),
    Code(
        "E0405",
        "a period that cannot be kept",
        "The period or rate is zero, the fault ends before it begins, or there is no room for its instants: a fault "
        "never meets itself, so a period is at least its jitter and its length together, and `uniform` needs room for "
        "all.",
        "Make the period longer, or the fault shorter.",
        _fault(f"every 4 s until 30 s {_KILL} for 5 s"),
        _fault(f"every 10 s until 30 s {_KILL} for 5 s"),
    ),
    Code(
        "E0406",
        "too many faults",
        "A periodic or random fault has at most 10 000 instants, a cell 20 000; a fault has at most 100 effects.",
        "A longer period, or `until`.",
        _fault(f"every 10 ms until 200 s {_KILL} for 1 ms"),
        _fault(f"every 10 s until 50 s {_KILL} for 1 s"),
    ),
    Code(
        "E0407",
        "an unknown window",
        "Windows are the named stages of workloads, `boot.steady`, and faults. `recover` looks at the time "
        "after a fault.",
        "Name a stage with `as`, and name the window by workload and stage.",
        "kpi success: ratio = count(boot[ok] during boot.stead) / count(boot during boot.steady)",
        "kpi success: ratio = count(boot[ok] during boot.steady) / count(boot during boot.steady)",
    ),
    Code(
        "E0408",
        "too many cells or variants, or none",
        "An experiment has one cell for every sweep point and repeat, at most 1 000 000. Whatever a sweep changes is "
        "checked in all its variants, so these are bounded as well: 1000 architectures, 1000 sets of KPIs and SLOs, "
        "and as many workloads, topologies and faults as can be checked in seconds.",
        "Sweep fewer values or repeat less.",
        "experiment trial {\n  use site, boot, storm\n  sweep load in 1 us .. 60 s step 1 us\n  check available\n}",
        "experiment trial {\n  use site, boot, storm\n  sweep load in 50 s .. 60 s step 5 s\n  check available\n}",
    ),
    Code(
        "E0410",
        "a workload that does nothing",
        "A workload runs one scenario and has at least one stage of load.",
        "Add `run` or a stage; make a second scenario a workload of its own, `with` this one.",
        _stages(),
        _stages("hold 1 req/s for 60 s as steady"),
    ),
)
