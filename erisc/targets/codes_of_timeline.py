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
    Code(
        "W0561",
        "an export for os-faults that is not the whole test",
        "os-faults 0.3.0 kills, terminates, freezes, restarts, stops and starts services, reboots and resets hosts, "
        "drives their power, and stresses whole processors. It cuts and shapes no network (`disconnect` is not "
        "implemented in any driver), watches no events of a run, and asks no service for its primary.",
        "Run the bundle with `erisc run`, or do without these faults; the head of os-faults.yaml lists them.",
    ),
    Code(
        "W0562",
        "an export for Ansible that is not the whole test",
        "The playbook does on hosts what a text of sh can do and take back. It watches no events of a run, asks no "
        "service for its primary, and reaches neither the power of hosts nor servers of a tenant.",
        "Run the bundle with `erisc run`, or do without these faults; the head of faults.yml lists them.",
    ),
)
