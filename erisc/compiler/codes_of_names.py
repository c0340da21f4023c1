"""E2: names, imports, and what belongs together."""

from __future__ import annotations

from erisc.compiler.codes import Code

NAMES = (
    Code(
        "E0201",
        "an unknown name",
        "Nothing of this name is declared where it is used.",
        "Correct the spelling, or declare it.",
        "slo available: sucess >= 50 %",
        "slo available: success >= 50 %",
    ),
    Code(
        "E0202",
        "an unknown module or an unknown name in it",
        "The module or file has nothing of this name. Modules are those of the standard library that ships with erisc.",
        "Correct the name; the message lists what there is.",
        "import std.faults { kil }",
        "import std.faults { kill }",
    ),
    Code(
        "E0203",
        "not imported",
        "The standard library or a file beside the spec has it, but nothing imports it. Imports say at the top what a "
        "spec may break.",
        "Add the import.",
        "faults storm on site {\n  fault crash: at 20 s do freeze(rabbitmq on one(controller)) for 5 s\n}",
        "faults storm on site {\n  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s\n}",
    ),
    Code(
        "E0204",
        "declared twice",
        "A name has one meaning in a spec, whatever kind of thing it is; a field is given once in a block.",
        "Rename or remove one of them.",
        "seed 1\nseed 2",
        "seed 2",
    ),
    Code(
        "E0205",
        "the wrong kind of thing",
        "The name exists, but it is something else than what is due here.",
        "Name a thing of the right kind.",
        'workload boot on boot {\n  run rally("Dummy.dummy")\n  hold 1 req/s for 60 s as steady\n}',
        'workload boot on site {\n  run rally("Dummy.dummy")\n  hold 1 req/s for 60 s as steady\n}',
    ),
    Code(
        "E0206",
        "an import that leaves the folder",
        "A spec reads `.eris` files beside it or below it and the standard library, nothing else: no absolute path, no "
        "`..`, no link that leads out, no folder `std`.",
        "Keep the file beside the spec.",
        'import "../other.eris"',
        "import std.faults { kill }",
    ),
    Code(
        "E0207",
        "an unknown parameter on the command line",
        "`--set` gives another value to a parameter that the spec declares with `param`.",
        "Correct the name, or declare the parameter.",
        "param spare: int = 3",
        "experiment trial {\n  use site, boot, storm\n  repeat spare\n  check available\n}\nparam spare: int = 3",
        "spar=4",
        "spare=4",
    ),
    Code(
        "E0208",
        "an unknown field",
        "A block has a fixed set of fields; an unknown one would be ignored, so it is refused.",
        "Correct the name.",
        "architecture site extends single {\n  node compute * 2 { vcpu = 4 }\n}",
        "architecture site extends single {\n  node compute * 2 { vcpus = 4 }\n}",
    ),
    Code(
        "E0209",
        "an unknown column",
        "Tables and their columns are declared in the standard library, stdlib/tables.eris.",
        "Name one of the columns.",
        "kpi slow: duration = p50(boot.duraton during boot.steady)",
        "kpi slow: duration = p50(boot.duration during boot.steady)",
    ),
    Code(
        "E0210",
        "an experiment or suite without its parts",
        "An experiment uses exactly one architecture and at least one workload; a suite runs something.",
        "Complete `use`, or add a `run`.",
        "experiment trial {\n  use boot, storm\n  check available\n}",
        "experiment trial {\n  use site, boot, storm\n  check available\n}",
    ),
    Code(
        "E0211",
        "not of this architecture",
        "Topologies, workloads and faults are written against one architecture, and a fault strikes a service "
        "where it runs.",
        "Name the node set the service runs on, or things of the architecture in use.",
        "faults storm on site {\n  fault crash: at 20 s do kill(rabbitmq on one(compute)) for 5 s\n}",
        "faults storm on site {\n  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s\n}",
    ),
    Code(
        "E0212",
        "needed and not used",
        "A checked KPI looks at a workload or fault, or a workload needs a topology, that the experiment does not use.",
        "Add it to `use`.",
        "kpi success: ratio = mean(boot.rate during crash) / mean(boot.rate before crash)\n"
        "experiment trial {\n  use site, boot\n  check available\n}",
        "kpi success: ratio = mean(boot.rate during crash) / mean(boot.rate before crash)\n"
        "experiment trial {\n  use site, boot, storm\n  check available\n}",
    ),
    Code(
        "E0213",
        "which experiment?",
        "`erisc compile` and `erisc run` need one experiment: the only one of the spec, or the one (or the limit) that "
        "`--experiment` names; or the suite that `--suite` names.",
        "Name it, or declare one.",
        "experiment second {\n  use site, boot, storm\n  check available\n}",
        "seed 2",
    ),
    Code(
        "E0215",
        "a circle",
        "KPIs that need each other have no value; an architecture cannot extend itself, nor a file import itself.",
        "Break the circle.",
        "kpi success: ratio = 1 - failure\nkpi failure: ratio = 1 - success",
        "kpi failure: ratio = 1 - success",
    ),
)
