"""A run as its log has it, for what shows runs: a crash with its heal, a partition that is armed, two reactions."""

from __future__ import annotations

from typing import Any

from erisc.executor.bundle import Stage, Workload
from erisc.executor.schedule import AtIteration, Effect, Fault, Filter, Reaction, Schedule, Target, When

KILL = Effect("kill", Target("rabbitmq", "controller", "", "one", 1, "", ()), {}, 8.0, 7)
SPLIT = Effect("partition", Target("", "controller", "", "minority", 0, "", (Filter("az", "==", "az1"),)), {}, 10.0, 7)
FREEZE = Effect("freeze", Target("keystone", "controller", "", "any", 2, "", ()), {}, 5.0, 7)
RATE = When("error_rate", {"workload": "boot", "last": 30.0}, ">", 0.05, 10.0, 3)

SCHEDULE = Schedule(
    {},
    (
        Fault("mq_crash", 0, 10.0, ((KILL,),)),
        Fault("mq_crash", 1, 31.0, ((KILL, FREEZE), (SPLIT,))),
        Fault("split", 0, 36.0, ((SPLIT,),)),
        *(Fault("mq_crash", number, 40.0 + 5 * number, ((KILL,),)) for number in range(2, 8)),
    ),
    (Reaction("worse", RATE, ((KILL,),)), Reaction("midload", AtIteration("boot", 500), ((KILL,),))),
)
WORKLOADS = (
    Workload("boot", "rally", "", (Stage("ramp", 0.0, 10.0, 0.0, 5.0), Stage("steady", 10.0, 90.0, 5.0, 5.0))),
    Workload("keystone", "http", "", (Stage("steady", 0.0, 100.0, 40.0, 40.0),), "closed"),
)


def event(kind: str, fault: str, instance: int, at: float, **more: Any) -> dict[str, Any]:
    """A line of the log."""
    return {"type": kind, "cell": "0001", "fault": fault, "instance": instance, "at": at, **more}


def effect(number: int, action: str, service: str, *hosts: str) -> dict[str, Any]:
    """What the events of an effect carry."""
    return {"step": 0, "effect": number, "action": action, "service": service, "hosts": list(hosts)}


CRASH = effect(0, "kill", "rabbitmq", "c2")
EVENTS = [
    event("fault_armed", "mq_crash", 0, 7.1, planned=10.0, **CRASH),
    event("fault_called", "mq_crash", 0, 10.001, **CRASH),
    event("fault_effective", "mq_crash", 0, 10.004, by_host={"c2": 10.004}, **CRASH),
    event("fault_heal_called", "mq_crash", 0, 18.0, **CRASH),
    event("fault_healed", "mq_crash", 0, 18.35, by_host={"c2": 18.35}, **CRASH),
    event("fault_triggered", "worse", 0, 21.2, by="error_rate(boot, last = 30 s) = 7.1 % > 5 % for 10 s"),
    event("fault_withheld", "worse", 0, 21.21, until=29.2, reason="mq_crash and worse could strike 2 of 3 hosts"),
    event("fault_called", "mq_crash", 1, 31.0, **CRASH),
    event("fault_effective", "mq_crash", 1, 31.002, **CRASH),
    event("fault_called", "mq_crash", 1, 31.0, **effect(1, "freeze", "keystone", "c1", "c3")),
    event("fault_effective", "mq_crash", 1, 31.006, **effect(1, "freeze", "keystone", "c1", "c3")),
    event("fault_armed", "split", 0, 32.0, planned=36.0, **effect(0, "partition", "", "c1")),
]
