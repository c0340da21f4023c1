"""E05, what load drivers of erisc's own would refuse."""

from __future__ import annotations

from erisc.compiler.codes import Code


def _run(driver: str, call: str) -> str:
    return (
        f"import std.load {{ rally, {driver} }}\n"
        f"workload more on site {{\n  run {call}\n  hold 2 req/s for 60 s as steady\n}}\n"
        "experiment trial {\n  use site, more, boot, storm\n  check available\n}"
    )


def _contexts(text: str) -> str:
    return _run("rally", f'rally("Dummy.dummy") {{ contexts {{ {text} }} }}').replace("rally, rally", "rally")


LOAD_CODES = (
    Code(
        "W0563",
        "an export for plain Rally that is not the whole test",
        "Rally runs one task at a time and compares each value of all its iterations with a limit: failure_rate, "
        "max_seconds_per_iteration, max_avg_duration and performance_degradation are what SLOs can become. Other SLOs, "
        "loads of other drivers, the common clock of several loads, and faults that os-faults cannot do are left out.",
        "Run the bundle with `erisc run`; README.txt beside the tasks lists what is left out.",
    ),
    Code(
        "E0509",
        "a context that Rally does not have",
        "`contexts { … }` among the arguments of a Rally scenario are Rally's contexts: what is made in the project "
        "before the load, and removed after it. It has none of this name.",
        "Correct the name; `rally plugin list --plugin-base Context` shows them all.",
        _contexts("quota { nova { instances = 10 } }"),
        _contexts("quotas { nova { instances = 10 } }"),
    ),
    Code(
        "E0510",
        "a context that Rally would refuse",
        "The configuration does not fit the context's schema, or the context is erisc's own business: every cell "
        "has a project and a user of its own, and all that is in the project goes with it.",
        "Correct the configuration; `rally plugin show CONTEXT` says what it takes.",
        _contexts("quotas { nova { instance = 10 } }"),
        _contexts("quotas { nova { instances = 10 } }"),
    ),
    Code(
        "E0561",
        "a request that is none",
        "The scenario of the driver `http` is `[METHOD ]http[s]://HOST[:PORT][/PATH]`, where `{SERVICE}` as the host "
        "stands for the hosts of a service of the architecture.",
        "Correct the request, or add the service to the architecture.",
        _run("http", 'http("GET http://{keystne}/v3")'),
        _run("http", 'http("GET http://{keystone}/v3")'),
    ),
    Code(
        "E0562",
        "text that would be read as the id of a resource",
        "The drivers of erisc's own put the ids of tenant resources where `{{ topology__resource }}` stands.",
        "Name the resource without quotes, `tenant.apps`, or write another text.",
        _run("http", 'http("GET http://{keystone}/v3") { body = "{{ x }}" }'),
        _run("http", 'http("GET http://{keystone}/v3") { body = "{x}" }'),
    ),
    Code(
        "E0563",
        "an operation that a load driver does not have",
        "stdlib/operations.json lists what the drivers of erisc's own can do.",
        "Correct the name.",
        _run("openstack", 'openstack("network.lst")'),
        _run("openstack", 'openstack("network.list")'),
    ),
    Code(
        "E0564",
        "an argument that does not fit the operation",
        "Every operation of a load driver of erisc's own takes its arguments by name, each of its type; "
        "those without a default must be given.",
        "Correct the argument; stdlib/operations.json lists them.",
        _run("openstack", 'openstack("network.list") { pol = 1 s }'),
        _run("openstack", 'openstack("network.list") { poll = 1 s }'),
    ),
)
