"""E05, what no target can do with load and faults yet."""

from __future__ import annotations

from erisc.compiler.codes import Code


def _fault(rest: str, site: str = "", actions: str = "kill") -> str:
    imports = f"import std.faults {{ {actions} }}\n" if actions != "kill" else ""
    return f"{imports}{site}faults storm on site {{\n  fault crash: {rest}\n}}"


def _load(row: str) -> str:
    return f'workload boot on site {{\n  run rally("Dummy.dummy")\n  {row}\n}}'


_KILL = "do kill(rabbitmq on one(controller)) for 5 s"
_THREE = "architecture site extends single {\n  node controller * 3\n}\n"

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
        "E0521",
        "a way to pick hosts that the fault schedule does not have",
        "The schedule knows `one`, `any(n)` and `all` of a whole node set, and a service on them.",
        "Use one of these.",
        _fault("at 20 s do kill(rabbitmq on minority(controller)) for 5 s", _THREE),
        _fault("at 20 s do kill(rabbitmq on one(controller)) for 5 s", _THREE),
    ),
    Code(
        "E0522",
        "a fault at an impossible time",
        "A fault starts at or after t = 0 and lasts a positive, finite time.",
        "Correct `at` or `for`.",
    ),
    Code(
        "E0523",
        "a fault whose instant only the run can tell",
        "The schedule has instants; the executor does not watch for iterations and events yet.",
        "Use `at`, `every` or `random`.",
        _fault(f"when down(mariadb) after 20 s {_KILL}"),
        _fault(f"at 20 s {_KILL}"),
    ),
    Code(
        "E0524",
        "a fault of several effects",
        "An entry of the schedule is one action on one target.",
        "Write one fault for each: `then` is a later `at`, `together` the same.",
        _fault(f"at 20 s\n    {_KILL}\n    then kill(keystone on one(controller)) for 5 s"),
        f"faults storm on site {{\n  fault crash: at 20 s {_KILL}\n"
        "  fault next: at 25 s do kill(keystone on one(controller)) for 5 s\n}",
    ),
    Code(
        "E0525",
        "an action that the executor does not have",
        "The standard library declares more actions than the executor and the plug-ins installed beside it (group "
        "`erisc.faults` of the entry points) can do.",
        "Use one that it has, or install a package that offers it.",
        _fault("at 20 s do stop(rabbitmq on one(controller)) for 5 s", actions="stop"),
        _fault("at 20 s do kill(rabbitmq on one(controller)) for 5 s"),
    ),
    Code(
        "E0526",
        "an argument that the fault schedule does not carry",
        "The executor does the action with what the standard library gives as default, and with nothing else.",
        "Leave the argument out.",
        _fault('at 20 s do kill(rabbitmq on one(controller), signal = "SEGV") for 5 s'),
        _fault("at 20 s do kill(rabbitmq on one(controller)) for 5 s"),
    ),
)
