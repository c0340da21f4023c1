"""E4 again: who is struck, when the run decides, and how load goes on."""

from __future__ import annotations

from erisc.compiler.codes import Code

_SITE = """\
architecture site extends single {
  node controller * 3
  node compute * 2 { labels { az = "az1" } }
}
"""


def _fault(rest: str) -> str:
    return f"faults storm on site {{\n  fault crash: {rest}\n}}"


def _load(*rows: str) -> str:
    return "\n".join(('workload boot on site {\n  run rally("Dummy.dummy")', *(f"  {row}" for row in rows), "}"))


_OFF = "import std.faults { kill, power_off }\n" + _SITE
_KILL = "do kill(rabbitmq on one(controller)) for 5 s"
_SPLIT = "import std.faults { kill, partition }\n"

FAULTS = (
    Code(
        "E0411",
        "a filter that no host fits",
        "Filters compare labels that the architecture gives to its node sets. No host would be left to strike.",
        "Correct the value or the labels of the node set, or leave the filter out.",
        _OFF + _fault('at 20 s do power_off(one(compute[az == "az2"])) for 5 s'),
        _SITE + _fault("at 20 s do kill(nova_compute on one(compute)) for 5 s"),
    ),
    Code(
        "E0412",
        "no such part",
        "A minority is the most hosts that are less than half, a majority the fewest that are more than half. A set of "
        "one or two hosts has no minority; the majority of one host would be all of it.",
        "Use `one` or `all`, or give the set more hosts.",
        _SPLIT + _fault("at 20 s do partition(minority(controller)) for 5 s"),
        _fault("at 20 s do kill(rabbitmq on one(controller)) for 5 s"),
    ),
    Code(
        "E0413",
        "a fault without a last instant",
        "A periodic or random fault goes on until `until`, or else until the load ends. Here a stage of the closed "
        "model is bounded by iterations, and only the run can tell when it is over.",
        "Add `until` and a time, or bound the stages by time.",
        _load("hold 2 users for 100 iterations as steady") + "\n" + _fault(f"every 10 s {_KILL}"),
        _load("hold 2 users for 60 s as steady") + "\n" + _fault(f"every 10 s until 50 s {_KILL}"),
    ),
    Code(
        "E0414",
        "an event that is compared, or is not",
        "`down(service)` happens or not; `error_rate(workload)` is a quantity: only a comparison makes it an event.",
        "Add a comparison with `<`, `<=`, `>` or `>=`, leave it out, or use `at`.",
        _fault(f"when error_rate(boot) {_KILL}"),
        _fault(f"at 20 s {_KILL}"),
    ),
    Code(
        "E0415",
        "a fault that waits for itself",
        "It would strike when it has struck, so it never does.",
        "Name another fault, or use `every`.",
        _fault(f"when ended(crash) after 10 s {_KILL}"),
        _fault(f"every 20 s until 50 s {_KILL}"),
    ),
    Code(
        "E0416",
        "a step that cannot be climbed",
        "`step A -> B by H every T` holds A, A + H, … and B for T each, up or down; the last step is what is left of "
        "the way. H is more than nothing, A is not B, T is a time, and there are at most 1000 steps.",
        "Correct it, or use `hold` or `ramp`.",
        _load("step 2 req/s -> 6 req/s by 0 req/s every 10 s as steady"),
        _load("step 2 req/s -> 6 req/s by 2 req/s every 10 s as steady"),
    ),
    Code(
        "E0417",
        "iterations that never come",
        "In the open model a stage bounded by iterations is as long as its level needs for them. At no load none "
        "comes, and a stage has at most 366 days.",
        "Bound the stage by time, or raise the load.",
        _load("hold 0 req/s for 100 iterations", "hold 2 req/s for load as steady"),
        _load("hold 0 req/s for 10 s", "hold 2 req/s for load as steady"),
    ),
    Code(
        "E0441",
        "more hosts struck at one time than may be",
        "Of a node set of three hosts or more a majority stays unharmed, or as many as `at most N of NODES` leaves, "
        "whichever hosts the selectors pick: a quorum that is gone takes the region with it, and says nothing of one "
        "that is only hurt. All faults of an experiment that hold at one time count together; what is over at once "
        "counts at its instant, a host that reboots for five minutes. A fault that waits for an event is held against "
        "the bound alone; when the run would go beyond it with others, it is withheld.",
        "Strike fewer hosts, move the faults apart, or write `at most N of NODES` (`at most all of NODES`) in the "
        "faults.",
        _SITE + _fault("at 20 s do kill(rabbitmq on all(controller)) for 5 s"),
        _SITE
        + "faults storm on site {\n  at most all of controller\n"
        + "  fault crash: at 20 s do kill(rabbitmq on all(controller)) for 5 s\n}",
    ),
)
